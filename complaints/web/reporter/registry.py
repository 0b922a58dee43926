"""The register of fields: of everything a reporter is asked, what it is for and where it lies. The notice is made from it.

A field that is not here has no purpose, and a test fails on it: nothing is asked that the notice does not tell of (policy 1.3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from complaints.services import processors, questions, rosters
from complaints.services.unit import Unit
from complaints.vocabulary import CompartmentName, IdentityField, Locale, ReportField
from complaints.web.reporter.questions import IDENTITY_LABELS
from complaints.web.view_models import WORDS

_REPORT, _IDENTITY = CompartmentName.REPORT, CompartmentName.IDENTITY


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked. `compartment` None: it lies there in clear, or nowhere, as `purpose` says."""

    label: Any
    purpose: Any
    compartment: CompartmentName | None


_FOR_ANSWERS: Mapping[ReportField, Any] = {
    ReportField.WAY: _("So that we know whom we speak with, and what not to ask."),
    ReportField.LINK: _("So that we understand from where you see it, and which rules protect you."),
    ReportField.NARRATIVE: _("So that we can look into it. The only answer we need."),
    ReportField.KNOWLEDGE: _("So that we know what to look for as proof."),
    ReportField.WHEN: _("So that we find the right papers and the right people."),
    ReportField.ONGOING: _("So that we know whether something must be stopped now."),
    ReportField.WHERE: _("So that we know where to look."),
    ReportField.PEOPLE: _("So that we know whom it concerns, and give it to nobody who has a part in it."),
    ReportField.KNOWN_BY: _("So that we look into it without pointing at you."),
    ReportField.ELSEWHERE: _("So that we neither repeat nor disturb what others do."),
    ReportField.FEAR: _("So that we protect you, and look at it first."),
    ReportField.FEAR_WORDS: _("So that we know what to protect you from."),
    ReportField.SENSITIVE: _("So that what the law guards most is used with particular care."),
    ReportField.GROUND: _("The law asks us to keep the ground on which we use such matters."),
    ReportField.LANGUAGE: _("So that we answer in the language you chose."),
}

_FOR_IDENTITY: Mapping[IdentityField, Any] = {
    **dict.fromkeys(
        (IdentityField.NAME, IdentityField.WORKPLACE, IdentityField.OTHER),
        _("So that we know who you are when we must protect you or verify something."),
    ),
    **dict.fromkeys(
        (IdentityField.ADDRESS, IdentityField.PHONE, IdentityField.EMAIL, IdentityField.LINE_ID),
        _("So that we can reach you in a way that is safe for you."),
    ),
    IdentityField.BEHALF_NAME: _("So that we can protect the person you report for."),
    IdentityField.BEHALF_CONTACT: _("So that we can reach that person in a safe way, if they wish it."),
    IdentityField.WITNESSES: _("So that we can ask them, and protect them as we protect you."),
}

FIELDS: Mapping[str, Field] = {
    "channel": Field(
        _("What it is about"),
        _("So that it goes to the right people. What you chose is sealed with the report; who handles it is not."),
        None,
    ),
    **{name.value: Field(WORDS[ReportField][name], purpose, _REPORT) for name, purpose in _FOR_ANSWERS.items()},
    "excluded": Field(
        _("Who must not see it"), _("So that they get no key, and are not given the case later."), _REPORT
    ),
    "excluded_words": Field(
        _("Anybody else who must not see it"), _("So that whoever assigns the case keeps it from them."), _REPORT
    ),
    "files": Field(_("Files: content, name, type and size"), _("So that we can see the evidence."), _REPORT),
    "text": Field(_("Messages"), _("So that we can ask and answer without knowing who you are."), _REPORT),
    **{name.value: Field(IDENTITY_LABELS[name], purpose, _IDENTITY) for name, purpose in _FOR_IDENTITY.items()},
    "declared": Field(
        _("The declaration"),
        _("So that we know you report in good faith. Without it nothing is sent; no mark of it is kept."),
        None,
    ),
    "receipt": Field(
        _("Your tracking code"),
        _("It opens your report for you. We keep only a value made from it, by which we find the report."),
        None,
    ),
}
"""By the names of the form's fields, and `text`, the mailbox's."""

COMMENT = Field(
    _("A comment on this notice"),
    _("So that the next version says it better. No name is asked, and no code given."),
    _REPORT,
)
"""Of no report: sealed on its own, to others."""

CARRIED = frozenset({"shown", "staged", "drop", "step", "asked", "again"})
"""What the form carries for itself, and nobody is asked: what the check page showed, keys of sealed files, which button was
pressed, which of a channel's own questions were asked."""


def of_channels(unit: Unit, locale: Locale) -> list[Field]:
    """What the channels ask of their own, each under its channel's name."""
    channels = rosters.channels_by_id(unit)
    names = {channel.id: channel.name_th if locale is Locale.THAI else channel.name_en for channel in channels.values()}
    return [
        Field(
            f"{names[question.channel_id]}: {question.wording(locale)}",
            question.purpose(locale),
            CompartmentName(question.compartment),
        )
        for question in questions.asked_now(unit)
    ]


def of_processors(unit: Unit, locale: Locale) -> list[tuple[str, str]]:
    """Who works for the operator now, and what for."""
    return [(one.name(locale), one.purpose(locale)) for one in processors.current(unit)]


def groups(asked_by_channels: Sequence[Field] = ()) -> list[dict[str, Any]]:
    """The register as the notice shows it: by who can open it, and for how long it is kept."""
    kept = _(
        "Until the case is closed and no longer needed for what follows from it. Copies in backups go with the backups."
    )
    told = [
        (
            _IDENTITY,
            _("Sealed apart: names"),
            _("The leads of the channel whom you did not exclude, an investigator to whom a lead gives it, and you."),
            _("As long as the report, or until you withdraw it: then it is erased at once."),
        ),
        (
            _REPORT,
            _("Sealed: the report"),
            _("The leads and first readers of the channel whom you did not exclude, assigned investigators, and you."),
            kept,
        ),
        (None, _("Not sealed, or not kept"), _("As it says beside each."), kept),
    ]
    comments = {
        "title": _("Sealed: comments"),
        "who": _("The leads and first readers of the channel that stands in for the others."),
        "kept": _("Until the comment is settled: then its words are erased at once."),
        "fields": [COMMENT],
    }
    asked = (*FIELDS.values(), *asked_by_channels)
    return [
        *(
            {
                "title": title,
                "who": who,
                "kept": how_long,
                "fields": [field for field in asked if field.compartment is compartment],
            }
            for compartment, title, who, how_long in told
        ),
        comments,
    ]
