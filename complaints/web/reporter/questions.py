"""The questions of the form: its steps, on which of them each field stands, and what can be chosen there."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _

from complaints.vocabulary import CHOICES, IdentityField, ReportField, Way
from complaints.web.view_models import words

STEPS = (
    _("Before you start"),
    _("Who will see this?"),
    _("How do you want to report?"),
    _("How are you connected to us?"),
    _("What is it about?"),
    _("What happened? In your own words"),
    _("When? Is it still happening?"),
    _("Where did it happen?"),
    _("Who was involved?"),
    _("Who must not see this?"),
    _("Who else knows? How many?"),
    _("Do you have any evidence?"),
    _("Reported elsewhere? With what result?"),
    _("Are you afraid, or being punished?"),
    _("Name, address, safe way to reach you"),
)
"""The steps of the form. Another follows where the chosen channel asks questions of its own, and one to check the answers."""

ASKING = len(STEPS) + 1
"""The step of the chosen channel's own questions, where it has some."""

STEP_OF: Mapping[str, int] = {
    ReportField.WAY: 3,
    ReportField.LINK: 4,
    "channel": 5,
    ReportField.NARRATIVE: 6,
    ReportField.KNOWLEDGE: 6,
    ReportField.SENSITIVE: 6,
    ReportField.GROUND: 6,
    ReportField.WHEN: 7,
    ReportField.ONGOING: 7,
    ReportField.WHERE: 8,
    ReportField.PEOPLE: 9,
    "excluded": 10,
    "excluded_words": 10,
    ReportField.KNOWN_BY: 11,
    IdentityField.WITNESSES: 11,
    "files": 12,
    ReportField.ELSEWHERE: 13,
    ReportField.FEAR: 14,
    ReportField.FEAR_WORDS: 14,
    **dict.fromkeys((name for name in IdentityField if name is not IdentityField.WITNESSES), 15),
}
"""On which step a field stands; the declaration on the last."""


def step_of(name: str, check: int) -> int:
    """On which step a field stands; `check`: the last one."""
    return check if name == "declared" else STEP_OF.get(name, ASKING)


IDENTITY_LABELS: Mapping[IdentityField, Any] = {
    IdentityField.NAME: _("Name"),
    IdentityField.ADDRESS: _("Address"),
    IdentityField.WORKPLACE: _("Workplace"),
    IdentityField.PHONE: _("Telephone"),
    IdentityField.EMAIL: _("E-mail"),
    IdentityField.LINE_ID: _("LINE ID"),
    IdentityField.OTHER: _("Anything else that tells who you are"),
    IdentityField.BEHALF_NAME: _("Name of the person you report for"),
    IdentityField.BEHALF_CONTACT: _("How to reach that person"),
    IdentityField.WITNESSES: _("Who else knows of it, and witnesses"),
}
"""As the reporter is asked; staff read other words."""

_HINTS: Mapping[StrEnum, Any] = {
    Way.ANONYMOUS: _(
        "Nobody here is told who you are, though what you write, or a file, may show it. "
        "With your tracking code you still read our answers and write to us."
    ),
    Way.NAMED: _("Locked apart from the report. Whoever opens it must give a reason, and each opening is logged."),
    Way.BEHALF: _("You can tell us who they are and who you are. Both are sealed like any name here."),
}


def choices(name: ReportField) -> list[dict[str, Any]]:
    """What can be chosen for an answer of a closed list, as the components want it."""
    return [{"value": value.value, "text": words(value), "hint": _HINTS.get(value)} for value in CHOICES[name]]
