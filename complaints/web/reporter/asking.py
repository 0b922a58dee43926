"""A channel's own questions on the form: asked once the channel is known, on a step of their own, and never in anybody's way.

What is required is asked again once, and so is what cannot be read as a day or a number. Then it goes as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from complaints.services import questions, report_draft
from complaints.services.questions import Question
from complaints.services.unit import Unit
from complaints.vocabulary import ReportField
from complaints.web.reporter.posted import Posted


@dataclass(frozen=True, slots=True)
class Asking:
    """The questions on the page, and what rides along: which were asked before, and answers to those that are not on the page."""

    questions: Sequence[Question] = ()
    seen: frozenset[bytes] = frozenset()
    seen_again: frozenset[bytes] = frozenset()
    elsewhere: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    problems: Mapping[str, str] = field(default_factory=dict)
    due: bool = False
    """Something is asked before there is anything to check."""


NOTHING_ASKED = Asking()


def questions_for(unit: Unit, posted: Posted) -> list[Question]:
    """Those of the channel that was chosen; none for whoever is not sure."""
    return report_draft.asked_of(unit, posted.channel, posted.answers.get(ReportField.WAY, ""))


def as_it_stands(unit: Unit, posted: Posted) -> Asking:
    """Nothing is asked that was not asked before."""
    asked = questions_for(unit, posted)
    return _asking(asked if posted.seen & {question.id for question in asked} else [], posted)


def next_for(unit: Unit, posted: Posted) -> Asking:
    """What is still to be asked before the answers are checked: what was never asked, then once more what was left out."""
    asked = questions_for(unit, posted)
    unanswered = {
        question.id
        for question in asked
        if not questions.is_answered(question, posted.asked) and not questions.is_declined(question, posted.asked)
    }
    ids = frozenset(question.id for question in asked)
    if unanswered - posted.seen:
        return _asking(asked, posted, seen=posted.seen | ids, due=True)
    problems = {
        question.id: problem
        for question in asked
        if question.id not in posted.seen_again and (problem := _problem(question, posted, unanswered))
    }
    named = {questions.field_of(question): problem for question, problem in problems.items()}
    return _asking(
        asked,
        posted,
        seen=posted.seen | ids,
        seen_again=posted.seen_again | problems.keys(),
        problems=named,
        due=bool(problems),
    )


def _problem(question: Question, posted: Posted, unanswered: set[bytes]) -> str:
    if question.id in unanswered:
        return "left-out" if question.required else ""
    return "" if questions.is_readable(question, posted.asked[question.id]) else f"no-{question.kind}"


def _asking(
    asked: Sequence[Question],
    posted: Posted,
    *,
    seen: frozenset[bytes] | None = None,
    seen_again: frozenset[bytes] | None = None,
    problems: Mapping[str, str] | None = None,
    due: bool = False,
) -> Asking:
    on_page = {question.id for question in asked}
    return Asking(
        asked,
        posted.seen if seen is None else seen,
        posted.seen_again if seen_again is None else seen_again,
        {question: text for question, text in posted.asked.items() if question not in on_page and text},
        problems or {},
        due,
    )
