"""What a reporter is about to send: what of it is sealed, and whether it can be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from complaints.errors import Invalid
from complaints.models.base import ID_BYTES
from complaints.policy import Staff
from complaints.services import questions, rosters
from complaints.services.questions import Question
from complaints.services.unit import Unit
from complaints.services.uploads import StagedFile
from complaints.vocabulary import (
    CHOICES,
    IDENTITY_FIELD_SIZE,
    OF_THE_OTHER,
    SEVERAL,
    CompartmentName,
    Fear,
    Ground,
    IdentityField,
    Locale,
    Priority,
    ReportField,
    Source,
    Way,
)

NARRATIVE_LIMIT = 20_000
ANSWER_LIMIT = 5_000
UNSURE = b"unsure"
"""Sealed where a channel's id would stand, of whoever is not sure what it is about."""
EXCLUDED_LIMIT = 1_000
"""Characters: at most 4,000 bytes, for the record of exclusions is padded to one size."""


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What a reporter is about to send. Lives in one request."""

    channel: bytes
    answers: Mapping[ReportField, str] = field(repr=False)
    identity: Mapping[IdentityField, str] = field(repr=False)
    excluded: frozenset[bytes] = field(repr=False)
    excluded_words: str = field(repr=False)
    files: tuple[StagedFile, ...] = field(repr=False)
    locale: Locale = Locale.THAI
    asked: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    """Answers to the channel's own questions, by question: see `questions.given`."""
    unsure: bool = False
    """The reporter did not say what it is about: `channel` is the one for whoever is not sure."""

    @property
    def identity_to_seal(self) -> Mapping[IdentityField, str]:
        return identity_to_seal(self.answers.get(ReportField.WAY, ""), self.identity)

    @property
    def about_to_seal(self) -> bytes:
        """What the reporter says it is about: a channel's id, whoever then receives it, or `UNSURE`."""
        return UNSURE if self.unsure else self.channel

    @property
    def answers_to_seal(self) -> Mapping[ReportField, str]:
        return answers_to_seal(self.answers)

    def asked_of(self, unit: Unit) -> list[Question]:
        """What the channel asks of whoever reports in this way."""
        return asked_of(unit, self.channel, self.answers.get(ReportField.WAY, ""))

    @property
    def priority(self) -> Priority:
        """Raised for whoever is afraid or punished. It is clear, like every priority: the form says so beside the question."""
        urgent = self.answers.get(ReportField.FEAR, "") in {Fear.AFRAID, Fear.PUNISHED}
        return Priority.HIGH if urgent else Priority.NORMAL


def asked_of(unit: Unit, channel: bytes | None, way: str) -> list[Question]:
    """The channel's own questions; of whoever stays anonymous none about who they are."""
    apart = CompartmentName.IDENTITY if way == Way.ANONYMOUS else None
    return [question for question in questions.of_channel(unit, channel) if question.compartment != apart]


@dataclass(frozen=True, slots=True)
class TakenDownBy:
    """Who takes a report down for somebody, and how it came."""

    staff: Staff
    source: Source


def answers_to_seal(answers: Mapping[ReportField, str]) -> Mapping[ReportField, str]:
    """With the ground for using what is sensitive: the reporter's consent if they gave it, else the law; none where nothing is."""
    ground = answers.get(ReportField.GROUND) or Ground.LEGAL if answers.get(ReportField.SENSITIVE) else ""
    return {**answers, ReportField.GROUND: ground}


def identity_to_seal(way: str, identity: Mapping[IdentityField, str]) -> Mapping[IdentityField, str]:
    """What of the fields for people is sent: what was typed before an anonymous way was chosen stays behind. Witnesses are always sent."""
    left_behind: frozenset[IdentityField] = frozenset()
    if way == Way.ANONYMOUS:
        left_behind = frozenset(IdentityField) - {IdentityField.WITNESSES}
    elif way == Way.NAMED:
        left_behind = OF_THE_OTHER
    return {name: text for name, text in identity.items() if name not in left_behind}


def validate(unit: Unit, draft: ReportDraft) -> None:
    """Raises Invalid naming each field that cannot be taken, and why: missing, too-long, unknown."""
    problems = _problems_of_answers(draft.answers)
    if draft.channel not in rosters.channels_by_id(unit):
        problems["channel"] = "unknown"
    if any(len(account) != ID_BYTES for account in draft.excluded):
        problems["excluded"] = "unknown"  # they are kept side by side: one of another length would shift the rest
    if len(draft.excluded_words) > EXCLUDED_LIMIT:
        problems["excluded_words"] = "too-long"
    for part, text in draft.identity_to_seal.items():
        if len(text.encode("utf-8")) >= IDENTITY_FIELD_SIZE:
            problems[part] = "too-long"
    problems |= {
        questions.field_of(question): "too-long" for question in questions.too_long(draft.asked_of(unit), draft.asked)
    }
    if problems:
        raise Invalid(problems)


def _problems_of_answers(answers: Mapping[ReportField, str]) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not answers.get(ReportField.NARRATIVE, "").strip():
        problems[ReportField.NARRATIVE] = "missing"
    for name, text in answers.items():
        if name in CHOICES:
            chosen = text.split() if name in SEVERAL else [text] if text else []
            if not set(chosen) <= set(CHOICES[name]):
                problems[name] = "unknown"
        elif len(text) > (NARRATIVE_LIMIT if name is ReportField.NARRATIVE else ANSWER_LIMIT):
            problems[name] = "too-long"
    return problems
