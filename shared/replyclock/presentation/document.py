"""The service response time document: what is promised, how it is measured, and what came of it.

It follows the first of the source documents, section by section, and is written from the policy in force and the
results of an evaluation, so that it is never out of date. Both languages and all formats come from one tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from replyclock.domain.policy import PolicyDocument

from . import document_policy, document_results
from .as_html import to_html
from .as_json import to_json
from .as_markdown import to_markdown
from .blocks import Article, Block, Items, Note, Paragraph, Section
from .document_en import ENGLISH
from .document_measures import measures
from .document_results import Results, period_words
from .document_zh import CHINESE
from .language import Language
from .words import shown

LanguageCode = Literal["en", "zh"]
LANGUAGES: dict[LanguageCode, Language] = {"en": ENGLISH, "zh": CHINESE}
Format = Literal["html", "md", "json"]
FORMATS: tuple[Format, ...] = ("html", "md", "json")
_WRITERS: Mapping[Format, Callable[[Article], str]] = {"html": to_html, "md": to_markdown, "json": to_json}

SECTIONS = (
    "introduction",
    "definitions",
    "classification",
    "principles",
    "standards",
    "monitoring",
    "evaluation",
    "measures",
    "escalation",
    "conclusion",
)
"""The sections in their order; each is a key of the texts."""


def render_document(
    policy: PolicyDocument,
    results: Results | None,
    at: int,
    zone: str,
    language: LanguageCode,
    form: Format,
    missing: Sequence[str] = (),
) -> str:
    """The document as a whole file. For the parameters see `service_document`."""
    article = service_document(policy, results, at, zone, LANGUAGES[language], missing)
    return _WRITERS[form](article)


def service_document(
    policy: PolicyDocument,
    results: Results | None,
    at: int,
    zone: str,
    language: Language,
    missing: Sequence[str] = (),
) -> Article:
    """The document as a tree.

    `policy` is the version in force, `at` the instant (microseconds) as of which it is written, `zone` the IANA time
    zone of its dates. Without results, or with those of no ticket, each section that needs them says so. `missing` are
    the days (UTC) whose figures could not be read.
    """
    known = results if results is not None and results.tickets else None
    found = measures(known, language)
    number = {key: language.numerals[i] for i, key in enumerate(SECTIONS)}
    blocks: dict[str, tuple[Block, ...]] = {
        "introduction": _introduction(policy, language),
        "definitions": document_policy.definitions(policy, language),
        "classification": document_policy.classification(policy, language),
        "principles": document_policy.principles(policy, language),
        "standards": document_policy.standards(policy, language),
        "monitoring": document_policy.monitoring(policy, language, number["escalation"]),
        "evaluation": document_results.evaluation(known, zone, language),
        "measures": _measures(known, found, language),
        "escalation": document_policy.escalation(policy, language),
        "conclusion": (
            *_outcome(known, len(found), number["measures"], language),
            Paragraph(language.text("conclusion.next")),
        ),
    }
    name, begin = shown(policy.policy), policy.effective_from
    # The default policy is in force from the epoch on, a date that would only puzzle.
    outset = language.text("fact.outset") if begin == 0 else None
    facts = {
        "policy": name,
        "version": str(policy.version),
        "since": outset or language.moment(begin, zone),
        "period": language.text("fact.no_period") if known is None else period_words(known, zone, language),
        "as_of": language.moment(at, zone),
        **({"missing": ", ".join(missing)} if missing else {}),
    }
    return Article(
        language.tag,
        language.text("title"),
        language.text("head", policy=name, version=policy.version, since=outset or language.date(begin, zone)),
        tuple((language.text("term", term=language.text(f"fact.{fact}")), value) for fact, value in facts.items()),
        tuple(_numbered(i, language.text(key), blocks[key], language) for i, key in enumerate(SECTIONS)),
    )


def _numbered(i: int, title: str, blocks: tuple[Block, ...], language: Language) -> Section:
    section, inside, subsections = language.numerals[i], list[Block](), 0
    for block in blocks:
        if isinstance(block, Section):
            number = language.numerals[subsections]
            subsections += 1
            named = language.text("subsection", section=section, subsection=number, title=block.title)
            inside.append(Section(named, block.blocks))
        else:
            inside.append(block)
    return Section(language.text("section", section=section, title=title), tuple(inside))


def _introduction(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    source = language.text("introduction.source", policy=shown(policy.policy), version=policy.version)
    reasons = document_policy.explained(language, "introduction", ("satisfaction", "loyalty", "efficiency", "image"))
    return (
        Paragraph(language.text("introduction.purpose")),
        Paragraph(source),
        Section(language.text("introduction.why"), (reasons,)),
    )


def _measures(results: Results | None, found: tuple[tuple[str, str], ...], language: Language) -> tuple[Block, ...]:
    if results is None or results.causes is None:
        return (Note(language.text("measures.no_data")),)
    if not found:
        return (Note(language.text("measures.none")),)
    return (Paragraph(language.text("measures.text")), Items(found))


def _outcome(results: Results | None, found: int, section: str, language: Language) -> tuple[Block, ...]:
    if results is None:
        return (Note(language.text("conclusion.no_data")),)
    first = results.summary["total"]["clocks"]["first_response"]
    judged = first["kept"] + first["broken"] + first["overdue"]
    numbers = {"kept": language.number(first["kept"]), "judged": language.number(judged)}
    kept = "conclusion.kept" if judged else "conclusion.unjudged"
    said = [language.text(kept, share=language.share(first["compliance"]), **numbers)]
    if found:
        said.append(language.text("conclusion.measures", measures=language.count("measures", found), section=section))
    elif results.causes is not None:
        said.append(language.text("conclusion.no_measures"))
    return tuple(Paragraph(one) for one in said)
