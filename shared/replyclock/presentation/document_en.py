"""The service response time document in English."""

from __future__ import annotations

from .language import Language

_TEXTS = {
    "nothing": "–",
    "section": "{section}. {title}",
    "subsection": "{section}.{subsection} {title}",
    "term": "{term}:",
    "in_brackets": "{text} ({more})",
    "from_to": "{begin} to {end}",
    # The title
    "title": "Service Response Time Policy",
    "head": "Service Response Time Policy: {policy}, version {version}, in force since {since}",
    "fact.policy": "Policy",
    "fact.version": "Version",
    "fact.since": "In force since",
    "fact.period": "Period evaluated",
    "fact.as_of": "As of",
    "fact.no_period": "none: there are no tickets to evaluate",
    # Introduction
    "introduction": "Introduction",
    "introduction.purpose": "How quickly a service responds is one of the plainest measures of its quality: it shows "
    "customers whether anyone is attending to their request, and how soon it will be dealt with. This document sets "
    "out which response times we promise to which customers, how they are measured, monitored and evaluated, and what "
    "happens when a promise is at risk or has been broken.",
    "introduction.source": "It is generated from version {version} of the policy “{policy}” and from the recorded "
    "ticket events. The rules and figures in it are therefore the ones actually in use.",
    "introduction.why": "Why response time matters",
    "introduction.satisfaction": "Customer satisfaction",
    "introduction.satisfaction.text": "A prompt answer shows customers that their request is taken seriously.",
    "introduction.loyalty": "Customer loyalty",
    "introduction.loyalty.text": "Customers who are helped in time keep their trust in the service and come back to "
    "it.",
    "introduction.efficiency": "Efficiency",
    "introduction.efficiency.text": "Clear time limits show where work is waiting and which steps can be left out.",
    "introduction.image": "Reputation",
    "introduction.image.text": "A service that keeps its promises strengthens the standing of the whole organization.",
    # Definitions
    "definitions": "Definitions and formulas",
    "definitions.terms": "Definitions",
    "definitions.general": "Service response time is the time between a customer asking for help and the service "
    "responding. Four times are distinguished, each with its own clock on every ticket.",
    "definitions.first_response": "from the creation of the ticket to the first public reply by an agent. Automatic "
    "messages, bots and internal notes are not replies.",
    "definitions.next_response": "from the oldest customer message that is still unanswered, once the first response "
    "has been given, to the next reply. Each wait is measured separately.",
    "definitions.resolution": "from the start of handling to the resolution of the ticket. Handling starts when an "
    "agent is assigned, writes a message or an internal note, or moves the ticket out of the status “new”, whichever "
    "comes first.",
    "definitions.total_response": "from the creation of the ticket to its resolution.",
    "definitions.solve_answers": "A ticket that is resolved without a reply also stops the clocks of the first and "
    "the next response.",
    "definitions.solve_does_not_answer": "Resolving a ticket without a reply does not stop the clocks of the first "
    "and the next response: only a reply does.",
    "definitions.reopening": "If a ticket is reopened, its resolution time and total response time run on until it is "
    "resolved again; the time for which it stood resolved does not count towards the promise.",
    "definitions.formulas": "Formulas",
    "formula.first_response": "First response time = time of the first reply − time the ticket was created",
    "formula.next_response": "Next response time = time of the next reply − time of the oldest unanswered customer "
    "message",
    "formula.resolution": "Resolution time = time of resolution − start of handling",
    "formula.total_response": "Total response time = time of resolution − time the ticket was created",
    "formula.compliance": "Compliance = promises kept ÷ (kept + broken + overdue)",
    "formula.sum": "The sum of first response time and resolution time is reported separately, as the total by "
    "formula. It exceeds the total response time where handling starts before the first reply, because that stretch "
    "is counted in both, and falls short of it where handling starts only afterwards.",
    "formula.kept": "A promise is kept if no more time than promised has been counted; reaching the limit exactly "
    "still keeps it. Overdue promises are those already broken on clocks that are still running. Clocks that are "
    "running within their limit are in neither part of the formula.",
    "formula.median": "The median is the time that half of all cases did not exceed; the 90th and 95th percentiles "
    "are the times that 90% and 95% of them did not exceed. All three are times that really occurred (nearest rank).",
    "definitions.counting": "What is counted",
    "definitions.business": "Against a promise, only time within the service hours of its calendar is counted, and "
    "none during which the clock stands still because of the ticket’s status.",
    "definitions.pauses": "When clocks stand still",
    "definitions.pauses.clock": "Clock",
    "definitions.pauses.status": "Stands still while the ticket is",
    "definitions.pauses.never": "never stands still",
    # Classification
    "classification": "Classification",
    "classification.text": "Requests are classified by service type, customer tier and service channel. The policy "
    "distinguishes the following classes.",
    "classification.none": "not distinguished by the policy",
    "classification.others": "Other characteristics",
    # Principles
    "principles": "Principles",
    "principles.customer": "Customers come first",
    "principles.customer.text": "Promises follow what customers need and expect. If several apply to a ticket, "
    "customers can rely on the strictest.",
    "principles.customer.first": "Promises follow what customers need and expect, and are listed in the order in "
    "which they take precedence.",
    "principles.reasonable": "Promises can be kept",
    "principles.reasonable.text": "They take account of service hours, staffing and the nature of the request.",
    "principles.measurable": "Promises can be measured",
    "principles.measurable.text": "Every promise is a definite time in a definite calendar, and every result can be "
    "traced back to the recorded events.",
    "principles.dynamic": "Promises are reviewed",
    "principles.dynamic.text": "They are compared regularly with what was achieved, and changed by publishing a new "
    "version of the policy with a date on which it takes effect.",
    # Standards
    "standards": "Response time standards",
    "standards.service_type": "Standards by service type",
    "standards.tier": "Standards by customer tier",
    "standards.channel": "Standards by service channel",
    "standards.other": "Further standards",
    "standards.none": "The policy sets no standard by this criterion alone.",
    "standards.applies_to": "Applies to",
    "standards.name": "Standard",
    "standards.hours": "Service hours",
    "standards.everything": "all tickets",
    "standards.choice": "If more than one standard applies",
    "standards.strictest": "If several standards apply to a ticket, the strictest governs: for each clock, the one "
    "whose time runs out first.",
    "standards.first": "If several standards apply to a ticket, the one that the policy lists first governs.",
    "standards.attributes.follow": "If a ticket’s characteristics change, the standard for the new ones applies, "
    "counted from the start of the clock.",
    "standards.attributes.from_change": "If a ticket’s characteristics change, the standard for the new ones applies, "
    "counted from the change.",
    "standards.attributes.pin": "If a ticket’s characteristics change, the standard that applied when the clock "
    "started remains.",
    "standards.policy.follow": "A new version of the policy also applies to clocks that are already running.",
    "standards.policy.pin": "A new version of the policy applies only to clocks that start under it.",
    "standards.service_type.caption": "Promised times by service type",
    "standards.tier.caption": "Promised times by customer tier",
    "standards.channel.caption": "Promised times by service channel",
    "standards.other.caption": "Promised times for combinations and other characteristics",
    "calendars": "Service hours",
    "calendars.caption": "Service hours by calendar",
    "calendars.name": "Calendar",
    "calendars.zone": "Time zone",
    "calendars.week": "Weekly hours",
    "calendars.exceptions": "Exceptions",
    "calendars.always": "Round the clock",
    "calendars.only_always": "All promises are counted round the clock, on every day of the year.",
    "calendars.also_always": "Promises without a calendar are counted round the clock, on every day of the year.",
    "calendars.days": "{first} to {last}",
    "calendars.next_day": "{hours} the next day",
    "calendars.region": "Closed on the public holidays of {regions}; moved working days are worked",
    "calendars.holidays": "Closed on {dates}",
    "calendars.break": "Closed on {date}, {hours}",
    "calendars.shift": "Open on {date}, {hours}",
    # Monitoring
    "monitoring": "Monitoring",
    "monitoring.indicators": "Indicators",
    "monitoring.indicators.text": "The following are monitored: the {clocks}, compliance, and the number of open "
    "tickets that are overdue or at risk.",
    "monitoring.frequency": "Frequency",
    "monitoring.every": "Report",
    "monitoring.class": "Tickets",
    "monitoring.none": "The policy does not lay down how often reports are sent.",
    "monitoring.real_time": "Real-time monitoring",
    "monitoring.real_time.text": "Independently of the reports, every running clock is watched to the second. "
    "Warnings and alerts are sent at the moments stated in section {section}.",
    "monitoring.caption": "Reports by class of tickets",
    # Evaluation
    "evaluation": "Evaluation",
    "evaluation.no_data": "There are no data yet: no tickets were created in the period.",
    "evaluation.scope": "The figures cover the tickets created in the period from {period}, as of {at}. Times are "
    "those that passed on the clock, including nights and holidays, unless stated otherwise.",
    "evaluation.results": "Results",
    "evaluation.tickets": "Tickets",
    "evaluation.figure": "Figure",
    "evaluation.value": "Value",
    "figure.created": "Tickets created",
    "figure.resolved": "of which resolved",
    "figure.open": "of which still open",
    "figure.backlog_begin": "Open tickets at the beginning of the period",
    "figure.backlog_end": "Open tickets at the end of the period",
    "figure.reopen_rate": "Reopened after resolution",
    "figure.replies_per_ticket": "Replies per resolved ticket",
    "figure.one_touch_share": "Resolved with a single reply",
    "evaluation.times": "Response and resolution times",
    "evaluation.clock": "Clock",
    "evaluation.n": "Completed",
    "evaluation.median": "Median",
    "evaluation.p90": "90th percentile",
    "evaluation.p95": "95th percentile",
    "evaluation.business_median": "Median in service hours",
    "evaluation.censored": "Not completed",
    "evaluation.kaplan_meier": "Median including not completed",
    "evaluation.kaplan_meier.text": "Cases not completed are those of which it is only known that they take longer, "
    "most of them still open. The last column includes them (Kaplan–Meier estimate), so that slow cases do not drop "
    "out of the picture merely because they are slow.",
    "evaluation.first.text": "The first response time counts replies only: tickets resolved without one are among the "
    "not completed.",
    "evaluation.compliance": "Promises kept",
    "evaluation.kept": "Kept",
    "evaluation.broken": "Broken",
    "evaluation.overdue": "Overdue",
    "evaluation.share": "Compliance",
    "evaluation.interval": "95% confidence interval",
    "evaluation.by.service_type": "Results by service type",
    "evaluation.by.tier": "Results by customer tier",
    "evaluation.by.channel": "Results by service channel",
    "evaluation.unknown": "not stated",
    "evaluation.created": "Tickets",
    "evaluation.first_median": "First response, median",
    "evaluation.first_p90": "First response, 90th percentile",
    "evaluation.first_compliance": "First response, compliance",
    "evaluation.resolution_median": "Resolution, median",
    "evaluation.satisfied": "Satisfied",
    "evaluation.trends": "Trends",
    "evaluation.trends.caption": "Compared with the period of equal length before",
    "evaluation.no_trend": "There are no tickets from the period of equal length before, so no trend can be shown.",
    "evaluation.now": "This period",
    "evaluation.before": "Before",
    "evaluation.difference": "Difference (95% confidence interval)",
    "evaluation.difference.value": "{difference} ({low} to {high})",
    "evaluation.verdict": "Finding",
    "evaluation.trends.text": "“Better” and “worse” are stated only where the confidence interval excludes zero and "
    "each period has at least 30 cases. Medians here include the cases not completed.",
    "verdict.better": "better",
    "verdict.worse": "worse",
    "verdict.no difference shown": "no difference shown",
    "verdict.too few": "too few cases",
    "verdict.too early": "too early to say",
    "change.median_seconds": "{metric}, median",
    "change.compliance": "{metric}, compliance",
    "change.satisfaction.response_rate": "Survey response rate",
    "change.satisfaction.mean": "Mean rating",
    "change.satisfaction.satisfied_share": "Satisfied customers",
    "points": "{points} pp",
    "evaluation.satisfaction": "Customer satisfaction",
    "evaluation.by.service_type.caption": "Response, resolution and satisfaction by service type",
    "evaluation.by.tier.caption": "Response, resolution and satisfaction by customer tier",
    "evaluation.by.channel.caption": "Response, resolution and satisfaction by service channel",
    "satisfaction.none": "No customer has given a rating for a ticket of the period.",
    "satisfaction.text": "{ratings} were given; {rate} of the tickets resolved were rated. The mean rating is {mean} "
    "of 5, and {share} of the ratings were 4 or 5.",
    "satisfaction.caption": "Satisfaction by first response time",
    "satisfaction.band": "First response",
    "satisfaction.up_to": "up to {time}",
    "satisfaction.over": "over {time}",
    "satisfaction.n": "Ratings",
    "satisfaction.mean": "Mean",
    "satisfaction.share": "Rated 4 or 5",
    "satisfaction.no_data": "There are no data yet: no ratings have been given.",
    # Causes
    "causes": "What lengthens response times",
    "causes.phases": "Where the time of the tickets goes",
    "causes.phase": "Phase",
    "causes.phase_share": "Share of the time",
    "causes.none": "No characteristic of the tickets stands out: none explains a noteworthy part of the differences "
    "in time.",
    "causes.text": "The following groups of tickets take noticeably longer than the others. What can be put down to "
    "chance, or to a stronger cause, is left out.",
    "causes.caption": "Groups that take longer",
    "causes.group": "Group",
    "causes.measure": "Time",
    "causes.n": "Cases",
    "causes.inside": "Median in the group",
    "causes.outside": "Median elsewhere",
    "causes.effect": "Variation explained",
    "causes.no_data": "There are no data yet in which causes could be found.",
    # Staffing
    "staffing": "Staffing",
    "staffing.none": "Staffing needs cannot be calculated: the period holds no arrivals, or there is no first "
    "response promise to staff for.",
    "staffing.text": "The table shows how many agents are needed at the same time, in the busiest hour of each "
    "weekday, so that {share} of the customers are answered within the promised time.",
    "staffing.caption": "Agents needed in the busiest hour (its beginning in brackets)",
    "staffing.weekday": "Weekday",
    "staffing.inputs": "Inputs to the calculation",
    "staffing.channel": "Channel",
    "staffing.target": "First response within",
    "staffing.handling": "Handling time per ticket",
    "staffing.week": "Arrivals per week",
    "staffing.no_data": "There are no data yet: staffing needs follow from the arrivals of a period.",
    "staffing.assumed": "The handling time is an assumption, not a measurement: events do not tell how long an agent "
    "is busy with a ticket.",
    # Advice
    "advice": "Review of targets",
    "advice.none": "There are no promises to review: too few clocks ran under the standards of the policy.",
    "advice.text": "For each promise, the table shows the time that would have been kept in 90%, 95% and 99% of all "
    "cases. It is a basis for adjusting targets, not a proposal. Promises with fewer than {fewest} cases are left out.",
    "advice.caption": "Promised times and times that could be kept",
    "advice.target": "Promised",
    "advice.would": "Kept in {share}",
    "advice.out_of_reach": "not reached",
    "advice.no_data": "There are no data yet with which targets could be compared.",
    # What figures rest on
    "assumptions": "What these figures rest on",
    "assumption.by_ranks": "Times are compared by rank, so that a few extreme cases do not decide the result.",
    "assumption.unfinished_times_last_longer_than_seen": "Times that have not ended are taken to last longer than "
    "seen so far.",
    "assumption.solved_unanswered_is_unfinished": "The first response to a ticket resolved without a reply is taken "
    "to be unfinished: the customer would have waited longer.",
    "assumption.phases_unfinished_until_resolved": "The phases of a ticket have not ended until it is resolved.",
    "assumption.small_groups_left_out": "Groups of fewer than {fewest} tickets are left out.",
    "assumption.stronger_causes_taken_out": "The effect of stronger causes is taken out before weaker ones are "
    "examined.",
    "assumption.outstanding_groups_set_aside_one_by_one": "Groups that stand out are set aside one at a time before "
    "the rest are compared, so that one slow group does not make all others look quick.",
    "assumption.association_is_not_proof": "That times differ between groups does not in itself prove why.",
    "assumption.arrivals_by_chance": "Customers arrive independently of one another.",
    "assumption.handling_times_exponential": "Handling times vary about their mean as in the Erlang C model "
    "(exponentially).",
    "assumption.one_ticket_at_a_time": "An agent works on one ticket at a time.",
    "assumption.nobody_gives_up": "Customers wait until they are answered.",
    "assumption.agents_of_one_channel": "Agents work on one channel only; breaks and absences come on top.",
    "assumption.strictest_promise_for_all_of_a_channel": "All tickets of a channel are planned for by the strictest "
    "promise made there.",
    "assumption.work_spread_over_the_time_promised": "Work that is not due at once is spread over the service hours "
    "until it is due.",
    "assumption.each_hour_by_itself": "Each hour is calculated by itself; nothing is carried over from the hour "
    "before.",
    "assumption.as_many_come_as_came": "As many customers will come as came in the period.",
    "assumption.business_time_from_the_start": "Times are counted in service hours, from the start of the clock.",
    "assumption.running_clocks_last_longer_than_seen": "Clocks that are still running are taken to last longer than "
    "seen so far.",
    "assumption.cancelled_clocks_would_have_gone_on": "Clocks cancelled by a merger or a deletion would otherwise "
    "have gone on.",
    "assumption.resolving_answers_where_the_policy_says_so": "Resolving a ticket counts as an answer where the policy "
    "says so.",
    "assumption.people_work_as_they_did": "Under other promises, people would work as they did under the present ones.",
    # Measures
    "measures": "Improvement measures",
    "measures.no_data": "Measures are drawn from the causes found. There are no data yet, so none is stated here.",
    "measures.none": "Measures are drawn from the causes found. The evaluation found none, so none is stated here.",
    "measures.text": "The following measures are drawn from the causes found in the evaluation, the strongest first.",
    "measures.finding": "{group}.",
    "measures.longer": "{measure} {inside} (elsewhere {outside})",
    "measures.weekday": "Staff {name} to match arrivals, above all for taking on new tickets.",
    "measures.hour": "Staff the hour from {name} to match arrivals, or move shifts so that they overlap there.",
    "measures.staffed.weekday": "By Erlang C, the agents needed in the busiest hour of that day are: {agents}.",
    "measures.needed": "{channel} {agents}",
    "measures.before_assignment": "Route these tickets to the responsible team automatically, and have an agent "
    "assigned when they come in.",
    "measures.third_parties": "Agree binding response times with the third parties involved, follow up on their "
    "deadlines, and keep customers informed meanwhile.",
    "measures.customer": "Ask for everything that is needed in the first reply, and remind customers of open "
    "questions.",
    "measures.channel": "Review how the channel is worked: who attends to it, how they are notified, and whether the "
    "agents there are enough for the promise.",
    "measures.staffed.channel": "By Erlang C, its busiest hour needs {agents}.",
    "measures.agent": "Talk the cases through with the agent: workload, kind of tickets and training needs. The "
    "figure alone is no assessment of performance.",
    "measures.group": "Review the workload and staffing of the group, and exchange experience with quicker ones.",
    "measures.category": "Prepare these cases better: knowledge base articles, reply templates, checklists and "
    "training.",
    "measures.complexity": "Sort out difficult cases early, and hand them to specialists directly.",
    "measures.language": "Provide enough agents for this language, or reliable translation.",
    "measures.priority": "Check that these tickets come up in the work queues in time, and that the priority is set "
    "correctly.",
    "measures.tier": "Check that these customers’ tickets come up in the work queues in time.",
    "measures.service_type": "Check the workflow for this type of service step by step, and leave out what is not "
    "needed.",
    "measures.brand": "Compare the workflow for this brand with the others, and adopt what is quicker there.",
    # Escalation
    "escalation": "Contingency and escalation",
    "escalation.levels": "Warnings, alerts and escalation",
    "escalation.text": "As a clock runs, the following are notified when the stated percentage of the promised time "
    "has passed.",
    "escalation.caption": "Who is notified, and when",
    "escalation.warning": "Warning before the limit",
    "escalation.breach": "Alert when broken",
    "escalation.escalation": "Escalation afterwards",
    "escalation.reminder": "Reminder",
    "escalation.at": "{percent}%: {names}",
    "escalation.everyone": "no one by name",
    "escalation.nobody": "“No one by name” means that the alert goes to those who have subscribed to alerts in "
    "general.",
    "escalation.steps": "What to do",
    "escalation.on_warning": "On a warning",
    "escalation.on_warning.text": "Whoever holds the ticket answers it or passes it on to someone who can; a ticket "
    "that nobody holds is assigned at once.",
    "escalation.on_breach": "When a promise is broken",
    "escalation.on_breach.text": "The ticket is dealt with before those that are still in time, and the customer is "
    "told when to expect an answer.",
    "escalation.on_escalation": "On an escalation",
    "escalation.on_escalation.text": "The person notified decides whether to add staff, reassign the ticket, or "
    "contact the customer directly.",
    "escalation.contingency": "In exceptional situations",
    "escalation.storm": "Many alerts at once",
    "escalation.storm.text": "If many promises of one standard break at the same time, the alerts are combined into a "
    "summary that names the longest waits. It points to a common cause, such as an outage, which is dealt with first.",
    "escalation.late": "Interrupted connections",
    "escalation.late.text": "Events that arrive late count at the time at which they occurred. Alerts that prove "
    "wrong are explicitly corrected.",
    "escalation.none": "The policy sets no standards, so nobody is notified.",
    # Conclusion
    "conclusion": "Conclusion",
    "conclusion.no_data": "This document states what is promised and how it is measured. Once tickets have been "
    "recorded, it will also show how well the promises are kept and what should be improved.",
    "conclusion.kept": "In the period evaluated, {kept} of {judged} first response promises were kept ({share}).",
    "conclusion.unjudged": "In the period evaluated, no first response promise came to be judged.",
    "conclusion.measures": "The evaluation leads to {measures}, set out in section {section}.",
    "conclusion.no_measures": "The evaluation gives no cause for particular measures.",
    "conclusion.next": "Clear standards, continuous monitoring and regular evaluation keep response times short and "
    "customers’ trust high. Results and measures are to be reviewed at the next evaluation, and the policy adjusted "
    "where needed.",
    "every": "every {time}",
    "every.hour": "every hour",
    "every.day": "every day",
    "trends.no_data": "There are no data yet, so no trend can be shown.",
    # Counts
    "ratings.one": "{n} rating",
    "ratings.many": "{n} ratings",
    "agents.one": "{n} agent",
    "agents.many": "{n} agents",
    "measures.one": "{n} measure",
    "measures.many": "{n} measures",
    "measures.medians": "These tickets take longer. Medians: {medians}.",
    "not": "any but {values}",
    "condition": "{name}: {value}",
}

_WORDS = {
    "metric": {
        "first_response": "First response time",
        "next_response": "Next response time",
        "resolution": "Resolution time",
        "total_response": "Total response time",
    },
    "measure": {
        "first_response": "first response",
        "before_assignment": "time before assignment",
        "before_first_reply": "time from assignment to the first reply",
        "on_us": "handling after the first reply",
        "on_customer": "waiting for the customer",
        "on_third_parties": "waiting for third parties",
        "resolution": "resolution",
    },
    "phase": {
        "before_assignment": "Before assignment",
        "before_first_reply": "From assignment to the first reply",
        "on_us": "With us after the first reply",
        "on_customer": "Waiting for the customer",
        "on_third_parties": "Waiting for third parties",
    },
    "dimension": {
        "service_type": "Service type",
        "tier": "Customer tier",
        "channel": "Service channel",
        "priority": "Priority",
        "category": "Category",
        "complexity": "Complexity",
        "brand": "Brand",
        "language": "Language",
        "tags": "Tags",
        "group": "Group",
        "agent": "Agent",
        "weekday": "Weekday",
        "hour": "Hour",
    },
    "service_type": {"urgent": "Urgent", "general": "General"},
    "tier": {"vip": "VIP customers", "regular": "Regular customers"},
    "channel": {
        "phone": "Phone",
        "chat": "Live chat",
        "email": "E-mail",
        "web": "Web form",
        "social": "Social media",
        "sms": "SMS",
        "api": "API",
        "app": "App",
    },
    "priority": {"low": "Low", "normal": "Normal", "high": "High", "urgent": "Urgent"},
    "weekday": {
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
    },
    "status": {
        "new": "new",
        "open": "open",
        "pending": "pending (waiting for the customer)",
        "on_hold": "on hold (waiting for third parties)",
        "solved": "solved",
        "closed": "closed",
    },
}

ENGLISH = Language(
    "en",
    _TEXTS,
    _WORDS,
    (" d", " h", " min", " s"),
    ("{days} business day ({time})", "{days} business days ({time})"),
    "{day} {month} {year}",
    (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    ", ",
    " ",
    " and ",
    " or ",
    tuple(str(number) for number in range(1, 13)),
)
