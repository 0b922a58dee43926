"""What the reporter's pages are made from: plain values, with every word translated when the page is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from complaints.config import Settings
from complaints.services import questions
from complaints.services.contact_doubts import doubts
from complaints.services.exhibits import Exhibit
from complaints.services.intake import Received
from complaints.services.organisation import PublishedText
from complaints.services.report_draft import ANSWER_LIMIT, EXCLUDED_LIMIT, NARRATIVE_LIMIT, answers_to_seal
from complaints.services.routing import ChannelOffer, Recipient, Recipients
from complaints.services.telltales import telltales
from complaints.vocabulary import (
    IDENTITY_FIELD_SIZE,
    SEVERAL,
    CompartmentName,
    Duty,
    IdentityField,
    Locale,
    ReportField,
)
from complaints.web import receipt_picture
from complaints.web.replies import Page
from complaints.web.reporter.asking import Asking
from complaints.web.reporter.fragments import HOLE, filled, kept
from complaints.web.reporter.posted import ASKED, Posted, RefusedFile, choice_of, ride_along
from complaints.web.reporter.questions import ASKING, IDENTITY_LABELS, STEP_OF, STEPS, choices, step_of
from complaints.web.view_models import answered, asked_text, words
from complaints.web.visit import Visit
from crypto import Mistyped, Receipt

EXIT_SITE = "https://www.google.com/"
"""Where "leave now" leads: somewhere that everybody goes, that loads at once, and that says nothing of where one was."""


_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the components want it."""

    id: str
    name: str
    data: Any
    errors: Sequence[Any] = ()

    def with_hole(self) -> "FormField":
        """The same field, to be kept and filled in later."""
        return replace(self, data=HOLE)


@dataclass(frozen=True, slots=True)
class Review:
    """What the check page shows beside the answers: who receives them."""

    recipients: Recipients
    chosen: bool
    notice: PublishedText | None


class Card:
    """The receipt as it is handed over. Its picture is drawn when the page is made, after the commit."""

    def __init__(self, receipt: Receipt) -> None:
        self._receipt = receipt

    @property
    def code(self) -> str:
        return self._receipt.grouped()

    @cached_property
    def picture(self) -> Markup:
        """A QR code of the grouped receipt."""
        return receipt_picture.draw(self.code)


def other(locale: Locale) -> Locale:
    return Locale.ENGLISH if locale is Locale.THAI else Locale.THAI


def page(visit: Visit, template: str, values: Mapping[str, Any] | None = None, status: int = 200) -> Page:
    """A reporter's page: with the way out, the way home and, where it can simply be asked for again, the other language."""
    frame: dict[str, Any] = {
        "exit_url": url_for("reporter.leave", locale=visit.locale),
        "home_url": url_for("reporter.home", locale=visit.locale),
    }
    return Page(template, frame | dict(values or {}), status)


def form(
    visit: Visit,
    offers: Sequence[ChannelOffer],
    posted: Posted,
    asking: Asking,
    *,
    problems: Mapping[str, str] | None = None,
    review: Review | None = None,
    changed: bool = False,
) -> Page:
    """The form with what is in it; with `review`, also the page to check it. `problems`: fields, and what is wrong with each."""
    settings = visit.app.settings
    wrong = {name: problem_text(name, problem) for name, problem in (problems or {}).items()}
    if posted.refused:
        wrong["files"] = [refusal_text(refused, settings) for refused in posted.refused]
    fields = _fields(posted, wrong) | fields_asked(asking, posted, wrong)
    steps = (*STEPS, _("A few more questions")) if asking.questions else STEPS
    check = len(steps) + 1
    first = check if review else ASKING if asking.due else 1
    shown = min((step_of(name, check) for name in wrong), default=first)
    values = {
        "kept": partial(kept, visit.locale),
        "filled": filled,
        "hole": HOLE,
        "steps": steps,
        "asking": asking,
        "asked": asked_on_page(visit.locale, asking, fields),
        "step_of": STEP_OF,
        "shown": shown,
        "fields": fields,
        "offers": [_offer(visit, offer, offers) for offer in offers],
        "offered": tuple(offers),
        "groups": _exclusion_groups(visit, offers, posted),
        "elsewhere": sorted(
            account.hex()
            for account in posted.excluded
            if account not in {person.account for offer in offers for person in _people(offer)}
        ),
        "posted": posted,
        "ride_along": partial(ride_along, visit.app.secrets),
        "who_gets": who_gets,
        "errors": [{"text": text, "href": f"#{fields[name].id}"} for name, text in _listed(wrong, check)],
        "nobody_left": (problems or {}).get("excluded") == "nobody-left",
        "review": review,
        "fingerprint": _fingerprint(posted, review, asking) if review else "",
        "changed": changed,
        "chosen": _chosen(visit, offers, posted, review) if review else "",
        "receiving": _name(visit, review.recipients) if review else "",
        "shut_out": _shut_out(offers, posted),
        "choices": choices,
        "answers": _answers(posted) if review else {},
        "telltales": _telltales(posted) if review else [],
        "doubts": doubt_lines(posted.identity_to_seal) if review else [],
        "identity_given": _identity_given(posted) if review else [],
        "limits": {
            "file": settings.file_limit // _MIB,
            "report": settings.report_limit // _MIB,
            "count": settings.file_count_limit,
            "bytes": settings.report_limit,
        },
        "other": other(visit.locale),
    }
    return page(visit, "reporter/form.html", values, 400 if wrong else 200)


def _chosen(visit: Visit, offers: Sequence[ChannelOffer], posted: Posted, review: Review) -> Any:
    """What it is about, in the reporter's own choice; where somebody else receives it, who, and on whose account."""
    offer = next(one for one in offers if posted.channel in {None, one.id})
    chosen = _name(visit, offer) if review.chosen else _("Not sure")
    if not review.recipients.is_fallback:
        return chosen
    leads = ", ".join(person.display_name for person in review.recipients.leads)
    out = [person.display_name for person in offer.recipients if person.account in posted.excluded]
    instead = _("(It goes to %(leads)s instead: you do not want %(out)s to see it.)", leads=leads, out=", ".join(out))
    return f"{chosen}\n{instead}"


def _fingerprint(posted: Posted, review: Review, asking: Asking) -> str:
    version = review.notice.version if review.notice else 0
    return posted.fingerprint(review.recipients, version, asking.questions)


def receipt(
    visit: Visit,
    received: Received,
    given: Receipt,
    recipients: Recipients | None = None,
    *,
    any_excluded: bool = False,
) -> Page:
    """`recipients`: those whom this very post was sealed to. Of a report that was there already, the mailbox says who can open it."""
    who: dict[str, Any] = {"recipients": recipients, "any_excluded": any_excluded}
    if recipients is not None and recipients.is_fallback:
        who["receiving"] = _name(visit, recipients)
    return _receipt_page(visit, received, given, FormField("typed", "typed", ""), who)


def asked_back(visit: Visit, received: Received, given: Receipt, typed: str) -> Page:
    """The receipt again, and whether it is what the reporter typed from their note; if not, where it first differs.

    Who received it is not on it: to look that up opens keys, which is entered in the log, and is the mailbox's.
    """
    field = FormField("typed", "typed", typed[:200])
    if not typed.strip():
        return _receipt_page(visit, replace(received, repeated=False), given, field, {"nothing": True})
    right = _reads_as(typed, given)
    told = {"right": right, "wrong_group": None if right else given.first_wrong_group(typed)}
    return _receipt_page(visit, replace(received, repeated=False), given, field, told)


def _receipt_page(visit: Visit, received: Received, given: Receipt, typed: FormField, more: Mapping[str, Any]) -> Page:
    values = {
        "kept": partial(kept, visit.locale),
        "filled": filled,
        "hole": HOLE,
        "received": received,
        "card": Card(given),
        "typed": typed,
        "right": None,
        "nothing": False,
        "recipients": None,
        **more,
    }
    return page(visit, "reporter/receipt.html", values)


def _reads_as(typed: str, given: Receipt) -> bool:
    try:
        return Receipt.parse(typed) == given
    except Mistyped:
        return False


def problem_text(name: str, problem: str) -> list[Any]:
    """What is wrong with a field, for whoever filled it in."""
    if (name, problem) in _PROBLEMS:
        return [_PROBLEMS[name, problem]]
    if problem in _PROBLEMS_ASKED:
        return [_PROBLEMS_ASKED[problem]]
    if problem == "too-long" and name in _WITH_ROOM_BELOW:
        return [
            _(
                "This is too long: there is room for about %(count)s Thai letters. "
                "Put the rest into “Anything else that tells who you are” below.",
                count=_THAI_LETTERS,
            )
        ]
    if problem == "too-long" and name.startswith("q-"):
        return [_("This is too long. Please shorten it.")]
    if problem == "too-long" and name in set(IdentityField):
        return [_("This is too long: there is room for about %(count)s Thai letters. Shorten it.", count=_THAI_LETTERS)]
    limit = {ReportField.NARRATIVE: NARRATIVE_LIMIT, "excluded_words": EXCLUDED_LIMIT}.get(name, ANSWER_LIMIT)
    return [_("This is too long. There is room for %(count)s characters.", count=f"{limit:,}")]


_THAI_LETTERS = IDENTITY_FIELD_SIZE // 3 // 10 * 10
"""Of three bytes each."""
_WITH_ROOM_BELOW = frozenset(
    {
        IdentityField.NAME,
        IdentityField.ADDRESS,
        IdentityField.WORKPLACE,
        IdentityField.PHONE,
        IdentityField.EMAIL,
        IdentityField.LINE_ID,
    }
)
"""What does not fit belongs among what is sealed like it, and never into the report, which more people read."""

_PROBLEMS_ASKED = {
    "left-out": _("This would help us most, and it is empty. If you cannot say it, or do not want to, just go on."),
    "no-date": _("We could not read this as a day. Write it as 27/3/2026; or leave it as it is, and go on."),
    "no-number": _("We could not read this as a number. Write it in figures; or leave it as it is, and go on."),
}
"""Said once of a channel's own question: nobody is held up by it."""

_PROBLEMS = {
    (ReportField.NARRATIVE.value, "missing"): _("Tell us what happened. One sentence is enough."),
    ("channel", "unknown"): _("Choose again what it is about: the one you chose no longer takes reports."),
    ("excluded", "nobody-left"): _("If none of these people may see it, nobody is left who can receive it here."),
    ("declared", "missing"): _("Tick the declaration, if it is true. We need it before you send."),
}


def refusal_text(refused: RefusedFile, settings: Settings) -> Any:  # noqa: PLR0911 - one answer for each reason
    """Why a file was not taken."""
    name = refused.name
    match refused.reason:
        case "empty":
            return _("“%(name)s” is empty.", name=name)
        case "too-large":
            file, report = settings.file_limit // _MIB, settings.report_limit // _MIB
            return _(
                "“%(name)s” is too large. One file can have %(file)s MB, all together %(report)s MB.",
                name=name,
                file=file,
                report=report,
            )
        case "too-many":
            return _(
                "“%(name)s” is one too many. You can add %(count)s files.", name=name, count=settings.file_count_limit
            )
        case "program":
            return _(
                "“%(name)s” is a program. We cannot take it, because it is not safe to open. Send a picture of what it shows.",
                name=name,
            )
        case "bomb":
            return _("“%(name)s” unpacks into far too much. Send what is in it, file by file.", name=name)
        case "none-chosen":
            return _("Choose a file first, then add it.")
        case "expired":
            return _("“%(name)s” waited too long and is gone. Please choose it again.", name=name)
        case _:
            return _("A file was damaged on its way. Please choose it again.")


def who_gets(exhibit: Exhibit) -> FormField:
    """Who gets what could not be cleaned: the fewest, unless the reporter says otherwise."""
    name = choice_of(exhibit)
    return FormField(name, name, (CompartmentName.REPORT if exhibit.shared else CompartmentName.IDENTITY).value)


def _fields(posted: Posted, wrong: Mapping[str, Sequence[Any]]) -> dict[str, FormField]:
    data: dict[str, Any] = {
        "channel": posted.channel.hex() if posted.channel else "",
        **{name.value: _as_data(name, posted.answers.get(name, "")) for name in ASKED},
        "excluded_words": posted.excluded_words,
        **{name.value: posted.identity.get(name, "") for name in IdentityField},
        "declared": False,  # ticked anew for what is on the page now
        "files": None,
        "excluded": [account.hex() for account in posted.excluded],
    }
    return {name: FormField(name, name, value, wrong.get(name, ())) for name, value in data.items()}


def fields_asked(asking: Asking, posted: Posted, wrong: Mapping[str, Sequence[Any]]) -> dict[str, FormField]:
    names = {questions.field_of(question.id): question.id for question in asking.questions}
    return {
        name: FormField(name, name, posted.asked.get(known, ""), wrong.get(name, ())) for name, known in names.items()
    }


def asked_on_page(locale: Locale, asking: Asking, fields: Mapping[str, FormField]) -> list[dict[str, Any]]:
    """The channel's own questions as the form asks them, and as the check page shows what was answered."""
    texts = {question.id: fields[questions.field_of(question.id)].data for question in asking.questions}
    answers = {answer.question: asked_text(answer) for answer in questions.given(asking.questions, texts)}
    return [
        {
            "field": fields[questions.field_of(question.id)],
            "kind": question.kind,
            "wording": question.wording(locale),
            "purpose": question.purpose(locale),
            "apart": question.compartment == CompartmentName.IDENTITY,
            "items": [{"value": str(n), "text": text} for n, text in enumerate(question.choices(locale), start=1)],
            "answer": answers.get(question.id, ""),
        }
        for question in asking.questions
    ]


def _answers(posted: Posted) -> dict[str, str]:
    """Every answer as the check page puts it; empty where nothing was answered."""
    given = answers_to_seal(posted.answers)
    return {name.value: answered(name, given.get(name, "")) for name in ASKED}


def _telltales(posted: Posted) -> list[dict[str, Any]]:
    """What may tell who the reporter is, with the way to where it stands. Of this page alone: kept and logged nowhere."""
    found = telltales(posted.answers, posted.identity)
    return [{"text": words(kind), "href": f"#{name.value}", "field": words(name)} for kind, name in found.items()]


def doubt_lines(identity: Mapping[IdentityField, str]) -> list[dict[str, Any]]:
    """Which contact details may be mistyped, with the way to each. Of this page alone, as what may tell who they are."""
    return [
        {"text": words(kind), "href": f"#{name.value}", "field": words(name)} for kind, name in doubts(identity).items()
    ]


def _identity_given(posted: Posted) -> list[tuple[str, Any, str]]:
    """Field, label and text of what would be sealed about the reporter and whom they report for."""
    sealed = posted.identity_to_seal
    asked = ((name, label) for name, label in IDENTITY_LABELS.items() if name is not IdentityField.WITNESSES)
    return [(name.value, label, sealed[name]) for name, label in asked if sealed.get(name)]


def _as_data(name: ReportField, answer: str) -> Any:
    return answer.split() if name in SEVERAL else answer


def _listed(wrong: Mapping[str, Sequence[Any]], check: int) -> list[tuple[str, Any]]:
    """Every problem, in the order of the steps."""
    return [(name, text) for name in sorted(wrong, key=lambda name: step_of(name, check)) for text in wrong[name]]


def _name(visit: Visit, channel: ChannelOffer | Recipients) -> str:
    return channel.name_th if visit.locale is Locale.THAI else channel.name_en


def _offer(visit: Visit, offer: ChannelOffer, offers: Sequence[ChannelOffer]) -> dict[str, Any]:
    instead = next((other for other in offers if other.id == offer.fallback), None)
    return {
        "value": offer.id.hex(),
        "text": _name(visit, offer),
        "leads": [person.display_name for person in offer.recipients if person.duty is Duty.LEAD],
        "triage": [person.display_name for person in offer.recipients if person.duty is Duty.TRIAGE],
        "later": [person.display_name for person in offer.members],
        "instead": [p.display_name for p in instead.recipients if p.duty is Duty.LEAD] if instead else [],
    }


def _people(offer: ChannelOffer) -> tuple[Recipient, ...]:
    """Everybody who receives the channel's reports, or may be given one later."""
    return offer.recipients + offer.members


def _exclusion_groups(visit: Visit, offers: Sequence[ChannelOffer], posted: Posted) -> list[dict[str, Any]]:
    """For each channel the people who would receive its reports, or may later. Whoever is in two channels can be ticked in either."""
    ticked = [account.hex() for account in posted.excluded]
    return [
        {
            "field": FormField("excluded" if number == 0 else f"excluded-{number}", "excluded", ticked),
            "legend": _name(visit, offer),
            "people": _people(offer),
        }
        for number, offer in enumerate(offers)
    ]


def _shut_out(offers: Sequence[ChannelOffer], posted: Posted) -> str:
    """Who gets no key, by name, one a line."""
    names = {person.account: person.display_name for offer in offers for person in _people(offer)}
    return "\n".join(sorted(name for account, name in names.items() if account in posted.excluded))
