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
    "moment": "{date}, {time} ({zone})",
    # The title
    "title": "Service Response Time Policy",
    "head": "Service Response Time Policy: {policy}, version {version}, in force since {since}",
    "fact.policy": "Policy",
    "fact.version": "Version",
    "fact.since": "In force since",
    "fact.outset": "the outset",
    "fact.period": "Period evaluated",
    "fact.as_of": "As of",
    "fact.missing": "Not included, as their figures cannot be read now",
    "fact.no_period": "none; no tickets to evaluate yet",
    # Introduction
    "introduction": "Introduction",
    "introduction.purpose": "How quickly a service responds is one of the plainest measures of its quality: it shows "
    "customers whether anyone is attending to their request, and how soon it will be dealt with. This document sets "
    "out which response times we promise to which customers, how they are measured, monitored and evaluated, and what "
    "happens when a promise is at risk or has been broken.",
    "introduction.source": "It is generated from version {version} of the policy “{policy}” and from the recorded "
    "ticket events, so the rules and figures in it are the ones actually in use.",
    "introduction.why": "Why response time matters",
    "introduction.satisfaction": "Customer satisfaction",
    "introduction.satisfaction.text": "A prompt answer shows customers that their request is taken seriously.",
    "introduction.loyalty": "Customer loyalty",
    "introduction.loyalty.text": "Customers who are helped in time keep their trust in the service and come back to "
    "it.",
    "introduction.efficiency": "Efficiency",
    "introduction.efficiency.text": "Clear time limits show where work is left waiting and which steps are "
    "unnecessary.",
    "introduction.image": "Reputation",
    "introduction.image.text": "A service that keeps its promises strengthens the reputation of the whole "
    "organization.",
    # Definitions
    "definitions": "Definitions and formulas",
    "definitions.terms": "Definitions",
    "definitions.general": "Service response time is the time between a customer’s request for help and the "
    "service’s response. This document distinguishes four such times, each measured by its own clock on every ticket.",
    "definitions.first_response": "from the creation of the ticket to the first public reply by an agent. Automatic "
    "messages, messages from bots and internal notes are not replies.",
    "definitions.next_response": "after the first response, from the oldest customer message still unanswered to the "
    "next reply. Each wait is measured separately.",
    "definitions.resolution": "from the start of handling to the resolution of the ticket. Handling starts when an "
    "agent is assigned, writes a message or an internal note, or moves the ticket out of the status “new”, whichever "
    "comes first.",
    "definitions.total_response": "from the creation of the ticket to its resolution.",
    "definitions.solve_answers": "Resolving a ticket without a reply also stops its first and next response clocks.",
    "definitions.solve_does_not_answer": "Resolving a ticket without a reply does not stop its first and next "
    "response clocks: only a reply does.",
    "definitions.reopening": "If a ticket is reopened, its resolution time and total response time run on until it "
    "is resolved again; the time it spent resolved does not count towards the promise.",
    "definitions.formulas": "Formulas",
    "formula.first_response": "First response time = time of the first reply − time the ticket was created",
    "formula.next_response": "Next response time = time of the next reply − time of the oldest unanswered customer "
    "message",
    "formula.resolution": "Resolution time = time of resolution − start of handling",
    "formula.total_response": "Total response time = time of resolution − time the ticket was created",
    "formula.by_sum": "Total by formula = first response time + resolution time",
    "formula.compliance": "Compliance = promises kept ÷ (kept + broken + overdue)",
    "formula.sum": "The total by formula is given separately in the figures of each ticket. It is longer than the "
    "total response time if handling starts before the first reply, because the overlap is counted twice, and "
    "shorter if handling starts only after it.",
    "formula.kept": "A promise is kept if the time counted does not exceed the time promised; reaching the limit "
    "exactly still keeps it. A promise is overdue if it is already broken and its clock is still running. Clocks "
    "still running within their limit are left out of the formula.",
    "formula.median": "The median is the time that half of all cases did not exceed; the 90th and 95th percentiles "
    "are the times that 90% and 95% of them did not exceed. All three are times that actually occurred (nearest "
    "rank).",
    "definitions.counting": "What is counted",
    "definitions.business": "Only time within the service hours of the calendar concerned counts towards a promise, "
    "and only while the status of the ticket does not pause the clock.",
    "definitions.pauses": "When clocks are paused",
    "definitions.pauses.clock": "Clock",
    "definitions.pauses.status": "Paused while the ticket is",
    "definitions.pauses.never": "never paused",
    # Classification
    "classification": "Classification of requests",
    "classification.text": "Requests are classified by service type, customer tier and service channel. The policy "
    "distinguishes the following classes.",
    "classification.none": "not distinguished by the policy",
    "classification.others": "Other attributes",
    # Principles
    "principles": "Principles",
    "principles.customer": "Customers come first",
    "principles.customer.text": "Promises follow what customers need and expect. If several apply to a ticket, the "
    "strictest counts.",
    "principles.customer.first": "Promises follow what customers need and expect, and are listed in the order in "
    "which they take precedence.",
    "principles.reasonable": "Promises can be kept",
    "principles.reasonable.text": "They take account of service hours, staffing and the nature of the request.",
    "principles.measurable": "Promises can be measured",
    "principles.measurable.text": "Every promise is a definite time in a definite calendar, and every result can be "
    "traced back to the recorded events.",
    "principles.dynamic": "Promises are reviewed",
    "principles.dynamic.text": "They are compared regularly with actual results, and changed by publishing a new "
    "version of the policy with the date on which it takes effect.",
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
    "standards.everything": "All tickets",
    "standards.choice": "If more than one standard applies",
    "standards.strictest": "If several standards apply to a ticket, the strictest governs: for each clock, the one "
    "that falls due first.",
    "standards.first": "If several standards apply to a ticket, the one that the policy lists first governs.",
    "standards.attributes.follow": "If a ticket’s attributes change, the standard for its new attributes applies, "
    "counted from the start of the clock.",
    "standards.attributes.from_change": "If a ticket’s attributes change, the standard for its new attributes "
    "applies, counted from the change.",
    "standards.attributes.pin": "If a ticket’s attributes change, the standard that applied when the clock started "
    "continues to apply.",
    "standards.policy.follow": "A new version of the policy also applies to clocks that are already running.",
    "standards.policy.pin": "A new version of the policy applies only to clocks that start under it.",
    "standards.service_type.caption": "Promised times by service type",
    "standards.tier.caption": "Promised times by customer tier",
    "standards.channel.caption": "Promised times by service channel",
    "standards.other.caption": "Promised times for combinations and other attributes",
    "calendars": "Service hours",
    "calendars.caption": "Service hours by calendar",
    "calendars.name": "Calendar",
    "calendars.zone": "Time zone",
    "calendars.week": "Weekly hours",
    "calendars.exceptions": "Exceptions",
    "calendars.always": "Round the clock",
    "calendars.only_always": "All promises are counted round the clock, every day of the year.",
    "calendars.also_always": "Promises without a calendar are counted round the clock, every day of the year.",
    "calendars.days": "{first} to {last}",
    "calendars.next_day": "{hours} the next day",
    "calendars.region": "Closed on public holidays ({regions}); make-up working days are worked",
    "calendars.holidays": "Closed on {dates}",
    "calendars.break": "Closed on {date}, {hours}",
    "calendars.shift": "Open on {date}, {hours}",
    # Monitoring
    "monitoring": "Monitoring",
    "monitoring.indicators": "Indicators",
    "monitoring.indicators.text": "The indicators monitored are {clocks}; compliance; and the number of open tickets "
    "that are overdue or at risk.",
    "monitoring.frequency": "Reporting frequency",
    "monitoring.every": "Frequency",
    "monitoring.class": "Tickets",
    "monitoring.none": "The policy does not specify how often reports are sent.",
    "monitoring.real_time": "Real-time monitoring",
    "monitoring.real_time.text": "In addition to the regular reports, every running clock is monitored to the "
    "second. Warnings and alerts are sent at the points stated in section {section}.",
    "monitoring.caption": "Reports by class of ticket",
    # Evaluation
    "evaluation": "Evaluation",
    "evaluation.no_data": "No data yet: no tickets were created in the period.",
    "evaluation.scope": "The figures cover tickets created from {period}, as of {at}. Unless stated otherwise, times "
    "are elapsed time, including nights and holidays. Weekdays and hours are those of the time zone {zone}.",
    "evaluation.results": "Results",
    "evaluation.tickets": "Tickets",
    "evaluation.figure": "Figure",
    "evaluation.value": "Value",
    "figure.created": "Tickets created",
    "figure.resolved": "Of these, resolved",
    "figure.open": "Of these, still open",
    "figure.backlog_begin": "Open tickets at the start of the period",
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
    "evaluation.kaplan_meier": "Median of all cases",
    "evaluation.kaplan_meier.text": "“Not completed” counts the cases whose final time is not known yet, only that "
    "it will be longer; most of them are still open. The last column takes them into account (Kaplan–Meier "
    "estimate), so that slow cases are not overlooked merely because they have not finished.",
    "evaluation.first.text": "First response time here counts replies only: tickets resolved without one are listed "
    "as not completed.",
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
    "evaluation.satisfied": "Satisfied (ratings)",
    "evaluation.trends": "Trends",
    "evaluation.trends.caption": "Compared with the preceding period of equal length",
    "evaluation.no_trend": "There were no tickets in the preceding period of equal length, so no trend can be shown.",
    "evaluation.now": "This period",
    "evaluation.before": "Previous period",
    "evaluation.difference": "Difference (95% confidence interval)",
    "evaluation.difference.value": "{difference} ({low} to {high})",
    "evaluation.difference.points": "{difference} points ({low} to {high})",
    "evaluation.verdict": "Finding",
    "evaluation.trends.text": "“Better” and “Worse” are stated only if the confidence interval excludes zero and "
    "each period has at least 30 cases. “Too early to say” means that the figure may still change by itself, because "
    "tickets are still open or the period has only just ended. Medians here take cases not completed into account.",
    "verdict.better": "Better",
    "verdict.worse": "Worse",
    "verdict.no difference shown": "No clear difference",
    "verdict.too few": "Too few cases",
    "verdict.too early": "Too early to say",
    "change.median_seconds": "{metric}, median",
    "change.compliance": "{metric}, compliance",
    "change.satisfaction.response_rate": "Survey response rate",
    "change.satisfaction.mean": "Mean rating",
    "change.satisfaction.satisfied_share": "Satisfied customers",
    "evaluation.satisfaction": "Customer satisfaction",
    "evaluation.by.service_type.caption": "Response, resolution and satisfaction by service type",
    "evaluation.by.tier.caption": "Response, resolution and satisfaction by customer tier",
    "evaluation.by.channel.caption": "Response, resolution and satisfaction by service channel",
    "satisfaction.none": "No customer has rated a ticket of the period.",
    "satisfaction.text": "{ratings}; {rate} of the resolved tickets were rated. The mean rating is {mean} out of 5, "
    "and {share} of the ratings were 4 or 5.",
    "satisfaction.caption": "Satisfaction by first response time",
    "satisfaction.band": "First response time",
    "satisfaction.up_to": "Up to {time}",
    "satisfaction.over": "Over {time}",
    "satisfaction.n": "Ratings",
    "satisfaction.mean": "Mean rating",
    "satisfaction.share": "Rated 4 or 5",
    "satisfaction.no_data": "No data yet: no ratings have been received.",
    # Causes
    "causes": "What lengthens response times",
    "causes.phases": "Where the time goes",
    "causes.phase": "Phase",
    "causes.phase_share": "Share of time",
    "causes.none": "Nothing stands out: no attribute of the tickets explains a notable part of the differences in "
    "time.",
    "causes.text": "The following groups of tickets take noticeably longer than the others. Differences that may be "
    "due to chance, or that a stronger cause explains, are left out. The last column shows how much of all the "
    "variation in that time goes back to the attribute concerned.",
    "causes.caption": "Groups that take longer",
    "causes.group": "Group",
    "causes.measure": "Time measured",
    "causes.n": "Cases",
    "causes.inside": "Median in the group",
    "causes.outside": "Median of other tickets",
    "causes.effect": "Variation explained",
    "causes.no_data": "No data yet in which causes could be found.",
    # Staffing
    "staffing": "Staffing",
    "staffing.none": "Staffing needs cannot be calculated: nothing arrived in the period, or there is no first "
    "response promise to staff for.",
    "staffing.text": "The table shows how many agents are needed at the same time, in the busiest hour of each "
    "weekday, so that {share} of customers are answered within the promised time.",
    "staffing.caption": "Agents needed in the busiest hour (start of that hour in brackets)",
    "staffing.weekday": "Weekday",
    "staffing.inputs": "Inputs to the calculation",
    "staffing.channel": "Channel",
    "staffing.target": "First response promised within",
    "staffing.handling": "Handling time per ticket",
    "staffing.week": "Arrivals per week",
    "staffing.no_data": "No data yet: staffing needs are calculated from the arrivals of a period.",
    "staffing.assumed": "The handling time is an assumption, not a measurement: ticket events do not show how long "
    "an agent is busy with a ticket.",
    # Advice
    "advice": "Review of targets",
    "advice.none": "There are no promises to review: too few clocks have run under the standards of the policy.",
    "advice.text": "For each promise, the table shows the time that would have been kept in 90%, 95% and 99% of "
    "cases. It is a basis for adjusting targets, not a recommendation. Promises with fewer than {fewest} cases are "
    "left out.",
    "advice.caption": "Promised times and achievable times",
    "advice.target": "Promised",
    "advice.would": "Kept in {share}",
    "advice.out_of_reach": "no estimate",
    "advice.no_data": "No data yet with which targets could be compared.",
    # What figures rest on
    "assumptions": "Method and assumptions",
    "assumption.by_ranks": "Times are compared by rank, so that a few extreme cases do not decide the result.",
    "assumption.unfinished_times_last_longer_than_seen": "Times that have not ended are taken to be longer than "
    "observed so far.",
    "assumption.solved_unanswered_is_unfinished": "If a ticket is resolved without a reply, its first response "
    "counts as not completed: the customer would have waited longer.",
    "assumption.phases_unfinished_until_resolved": "Until a ticket is resolved, its phases count as not completed.",
    "assumption.small_groups_left_out": "Groups of fewer than {fewest} tickets are left out.",
    "assumption.stronger_causes_taken_out": "The effect of stronger causes is removed before weaker ones are examined.",
    "assumption.outstanding_groups_set_aside_one_by_one": "Groups that stand out are set aside one at a time before "
    "the rest are compared, so that one slow group does not make all the others look fast.",
    "assumption.association_is_not_proof": "A difference between groups does not in itself prove its cause.",
    "assumption.arrivals_by_chance": "Customers arrive independently of one another.",
    "assumption.handling_times_exponential": "Handling times vary around their mean as the Erlang C model assumes "
    "(exponentially).",
    "assumption.one_ticket_at_a_time": "Each agent works on one ticket at a time.",
    "assumption.nobody_gives_up": "Customers wait until they are answered.",
    "assumption.agents_of_one_channel": "Each agent works on one channel only; breaks and absences must be added.",
    "assumption.strictest_promise_for_all_of_a_channel": "All tickets of a channel are planned for at the strictest "
    "promise made on it.",
    "assumption.work_spread_over_the_time_promised": "Work that is not due at once is spread over the service hours "
    "until it is due.",
    "assumption.each_hour_by_itself": "Each hour is calculated on its own; no backlog is carried over from the hour "
    "before.",
    "assumption.as_many_come_as_came": "Future arrivals are as numerous as those in the period evaluated.",
    "assumption.business_time_from_the_start": "Times are counted in service hours, from the start of the clock.",
    "assumption.running_clocks_last_longer_than_seen": "Clocks still running are taken to last longer than observed "
    "so far.",
    "assumption.cancelled_clocks_would_have_gone_on": "Clocks cancelled because their ticket was merged or deleted "
    "are treated as if they would have run on.",
    "assumption.resolving_answers_where_the_policy_says_so": "Resolving a ticket counts as a response where the "
    "policy says so.",
    "assumption.people_work_as_they_did": "Under different promises, people would work as they do under the present "
    "ones.",
    # Measures
    "measures": "Improvement measures",
    "measures.no_data": "Measures are drawn from the causes found by the evaluation. There is no data yet, so none "
    "are listed.",
    "measures.none": "Measures are drawn from the causes found by the evaluation. It found none that stand out, so "
    "no measures are listed.",
    "measures.text": "The following measures are drawn from the causes found by the evaluation, strongest first.",
    "measures.finding": "{group}.",
    "measures.longer": "{measure} {inside} (other tickets {outside})",
    "measures.weekday": "Match staffing on {name} to arrivals, and above all make sure that new tickets are taken up.",
    "measures.hour": "Match staffing in the hour from {name} to arrivals, or shift working hours so that they "
    "overlap then.",
    "measures.staffed.weekday": "Agents needed in the busiest hour of that day on each channel, by Erlang C: {agents}.",
    "measures.needed": "{agents} for {channel}",
    "measures.before_assignment": "Route these tickets to the responsible team automatically, and assign an agent as "
    "soon as they come in.",
    "measures.third_parties": "Agree binding response times with the third parties involved, follow up when they are "
    "due, and keep customers informed in the meantime.",
    "measures.customer": "Ask for everything needed in the first reply, and remind customers of open questions.",
    "measures.channel": "Review how the channel is handled: who looks after it, how they are notified, and whether "
    "there are enough agents to keep the promise.",
    "measures.staffed.channel": "By Erlang C, its busiest hour takes {agents}.",
    "measures.agent": "Discuss the cases with the agent: workload, type of tickets and training needs. The figure "
    "alone is not an assessment of performance.",
    "measures.group": "Review the group’s workload and staffing, and have it share experience with faster groups.",
    "measures.category": "Prepare better for these cases: knowledge base articles, reply templates, checklists and "
    "training.",
    "measures.complexity": "Identify difficult cases early, and hand them directly to specialists.",
    "measures.language": "Provide enough agents for this language, or reliable translation.",
    "measures.priority": "Check that these tickets reach the top of the work queues in time, and that the priority "
    "is set correctly.",
    "measures.tier": "Check that these customers’ tickets reach the top of the work queues in time.",
    "measures.service_type": "Review the workflow for this type of service step by step, and remove unnecessary steps.",
    "measures.brand": "Compare the workflow for this brand with that of the others, and adopt what is faster.",
    # Escalation
    "escalation": "Contingency and escalation",
    "escalation.levels": "Warnings, alerts and escalation",
    "escalation.text": "The people named below are notified when the stated percentage of the promised time has "
    "elapsed.",
    "escalation.caption": "Who is notified, and when",
    "escalation.warning": "Warning before the limit",
    "escalation.breach": "Alert at the limit",
    "escalation.escalation": "Escalation after the limit",
    "escalation.reminder": "Reminder",
    "escalation.at": "{percent}%: {names}",
    "escalation.everyone": "subscribers",
    "escalation.nobody": "“Subscribers” means everyone who has subscribed to alerts in general.",
    "escalation.steps": "What to do",
    "escalation.on_warning": "On a warning",
    "escalation.on_warning.text": "Whoever holds the ticket answers it or passes it on to someone who can; an "
    "unassigned ticket is assigned at once.",
    "escalation.on_breach": "When a promise is broken",
    "escalation.on_breach.text": "The ticket takes precedence over those still within their limits, and the customer "
    "is told when to expect an answer.",
    "escalation.on_escalation": "On an escalation",
    "escalation.on_escalation.text": "The person notified decides whether to add staff, reassign the ticket, or "
    "contact the customer directly.",
    "escalation.contingency": "In exceptional situations",
    "escalation.storm": "Many alerts at once",
    "escalation.storm.text": "If many promises of one standard are broken at the same time, the alerts are combined "
    "into a summary that names the longest waits. This usually points to a common cause, such as an outage, which is "
    "dealt with first.",
    "escalation.late": "Interrupted connections",
    "escalation.late.text": "Events that arrive late count from the time at which they occurred. Alerts that prove "
    "wrong are explicitly corrected.",
    "escalation.none": "The policy sets no standards, so nobody is notified.",
    # Conclusion
    "conclusion": "Conclusion",
    "conclusion.no_data": "This document states what is promised and how it is measured. Once tickets have been "
    "recorded, it will also show how well the promises are kept and what should be improved.",
    "conclusion.kept": "In the period evaluated, {kept} of {judged} first response promises were kept ({share}).",
    "conclusion.unjudged": "In the period evaluated, no first response promise could be judged.",
    "conclusion.measures": "The evaluation leads to {measures}, set out in section {section}.",
    "conclusion.no_measures": "The evaluation gives no reason for particular measures.",
    "conclusion.next": "Clear standards, continuous monitoring and regular evaluation keep response times short and "
    "customers’ trust high. Results and measures are to be reviewed at the next evaluation, and the policy adjusted "
    "where needed.",
    "every": "Every {time}",
    "every.hour": "Every hour",
    "every.day": "Every day",
    "trends.no_data": "No data yet, so no trend can be shown.",
    # Counts
    "ratings.one": "{n} rating was received",
    "ratings.many": "{n} ratings were received",
    "agents.one": "{n} agent",
    "agents.many": "{n} agents",
    "measures.one": "{n} improvement measure",
    "measures.many": "{n} improvement measures",
    "measures.medians": "These tickets take longer. Their medians: {medians}.",
    "not": "any except {values}",
    "set": "any",
    "unset": "none",
    "condition": "{name}: {value}",
}

_WORDS = {
    "metric": {
        "first_response": "first response time",
        "next_response": "next response time",
        "resolution": "resolution time",
        "total_response": "total response time",
    },
    "measure": {
        "first_response": "first response time",
        "before_assignment": "time before assignment",
        "before_first_reply": "time from assignment to the first reply",
        "on_us": "our handling after the first reply",
        "on_customer": "time waiting for the customer",
        "on_third_parties": "time waiting for third parties",
        "resolution": "resolution time",
    },
    "phase": {
        "before_assignment": "before assignment",
        "before_first_reply": "from assignment to the first reply",
        "on_us": "with us after the first reply",
        "on_customer": "waiting for the customer",
        "on_third_parties": "waiting for third parties",
    },
    "dimension": {
        "service_type": "service type",
        "tier": "customer tier",
        "channel": "service channel",
        "priority": "priority",
        "category": "category",
        "complexity": "complexity",
        "brand": "brand",
        "language": "language",
        "tags": "tags",
        "group": "group",
        "assignee": "assignee",
        "tenant": "tenant",
        "source": "source",
        "agent": "agent",
        "weekday": "weekday",
        "hour": "hour",
    },
    "service_type": {"urgent": "urgent", "general": "general"},
    "tier": {"vip": "VIP customers", "regular": "regular customers"},
    "channel": {
        "phone": "phone",
        "chat": "live chat",
        "email": "email",
        "web": "web form",
        "social": "social media",
        "sms": "SMS",
        "api": "API",
        "app": "app",
    },
    "priority": {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent"},
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
