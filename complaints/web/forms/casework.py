"""What investigators fill in. Limits are the services' own; the token against forgery is the guard's business."""

from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, Field, Form, HiddenField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from complaints.services.casework import MESSAGE_LIMIT
from complaints.services.identity import WORDS_LIMIT
from complaints.services.own_labels import LIMIT as LABEL_LIMIT
from complaints.vocabulary import CaseStatus, OpeningReason, Outcome, Priority, Risk
from complaints.web.feedback_words import gaps_left
from complaints.web.languages import lazy_gettext as _

_PASSPHRASE_MISSING = _("Enter your passphrase")


def _plain_lines(text: str | None) -> str | None:
    """A browser sends every line break as two characters; the limits count what was typed."""
    return text.replace("\r\n", "\n") if text else text


def _text_field(missing: Any, **options: Any) -> Field:
    limit = Length(max=MESSAGE_LIMIT, message=_("Write at most 10,000 characters"))
    return TextAreaField(filters=[_plain_lines], validators=[DataRequired(missing), limit], **options)


class ReplyForm(Form):
    """`with_files`: words are not needed beside them."""

    text = _text_field(_("Write what you want to tell the reporter"), id="reply-text")
    with_files = False

    def validate(self, extra_validators: Any = None) -> bool:
        return (self.with_files and not self.text.data.strip()) or super().validate(extra_validators)


class NoteForm(Form):
    text = _text_field(_("Write the note"), id="note-text")


class AskForm(Form):
    """Why somebody needs the identity; or why a lead does not hand it over."""

    text = TextAreaField(id="ask-text", filters=[_plain_lines])


class TaskForm(Form):
    """`due`: as a browser's field for a day sends it, or as people write one, in either era. What can be taken of it the service says."""

    text = TextAreaField(id="task-text", filters=[_plain_lines])
    account = StringField(id="task-account")
    due = StringField(id="task-due")


class OwnForm(Form):
    """What somebody makes of a case for themself alone."""

    mine = BooleanField(id="own-mine")
    label = StringField(id="own-label", validators=[Length(max=LABEL_LIMIT, message=_("Write at most 40 characters"))])


class IdentityForm(Form):
    """`once` is good for one try: a page that is loaded again, and sends its form again, opens nothing."""

    once = HiddenField()
    reason = StringField(
        validators=[AnyOf([reason.value for reason in OpeningReason], message=_("Choose why you need the identity"))]
    )
    words = TextAreaField(
        filters=[_plain_lines],
        validators=[
            DataRequired(_("Say in your own words why you need the identity")),
            Length(max=WORDS_LIMIT, message=_("Write at most 2,000 characters")),
        ],
    )
    passphrase = PasswordField(validators=[DataRequired(_PASSPHRASE_MISSING)])


class ExportForm(Form):
    """`seal_to`: a public key; empty for a copy that anybody can open who has it."""

    once = HiddenField()
    seal_to = TextAreaField()


class ExportIdentityForm(ExportForm, IdentityForm):
    """A copy with the identity, which opens by it."""


class AssignForm(Form):
    """The choices themselves are one field a candidate: `access-<account>`, one of "none", "report", "identity"."""

    epoch = IntegerField()
    assigned = Field(id="assigned")
    passphrase = PasswordField(validators=[DataRequired(_PASSPHRASE_MISSING)])


class HandlingForm(Form):
    """`revision`: of the case as the page showed it. `seen`: what it showed as chosen, status, priority and risk."""

    revision = IntegerField()
    seen = StringField()
    status = StringField(validators=[AnyOf([status.value for status in CaseStatus], message=_("Choose a status"))])
    priority = StringField(validators=[AnyOf([value.value for value in Priority], message=_("Choose a priority"))])
    risk = StringField(validators=[AnyOf([risk.value for risk in Risk], message=_("Choose how great the risk is"))])

    def keep_changes(self, present: tuple[str, str, str]) -> None:
        """After somebody else was quicker: what was not changed here is as they have left it."""
        fields, seen = (self.status, self.priority, self.risk), (self.seen.data or "").split()
        for field, now, before in zip(fields, present, seen, strict=False):
            if field.data == before:
                field.data = now


class _FeedbackForm(Form):
    """What goes to a reporter does not go out half written."""

    def validate_feedback(self, field: Field) -> None:
        if gaps := gaps_left(field.data):
            raise ValidationError(_("Put your own words where the brackets stand: %(gaps)s", gaps=", ".join(gaps)))


class CloseForm(_FeedbackForm):
    revision = IntegerField()
    outcome = StringField(validators=[AnyOf([outcome.value for outcome in Outcome])])
    findings = _text_field(_("Write what was found"), id="findings")
    feedback = _text_field(_("Write what the reporter is told"), id="feedback")


class DuplicateForm(_FeedbackForm):
    """What is said of a duplicate that is closed with the case that leads it. Each has its own prefix on the page."""

    revision = IntegerField()
    findings = _text_field(_("Write what was found"))
    feedback = _text_field(_("Write what the reporter is told"))


_LINK_PROBLEMS: dict[str, dict[str, Any]] = {
    "other": {
        "missing": _("Choose a case, or type its reference"),
        "two": _("Choose a case or type a reference: the two are not the same"),
        "unknown": _("You hold no case with this reference"),
        "same": _("This is the case itself"),
        "excluded": _(
            "The reporter of one of the two excluded somebody who holds the other. They would learn of it by this: write a note instead"
        ),
        "test": _("One of the two is a test report, and is erased when it is done"),
        "linked": _("These two cases are linked already"),
        "closed": _("That case is closed. Only one that is still looked into can lead another"),
        "merged": _("That case is itself looked into together with another. Choose the one that leads"),
        "not-taken-on": _("That case was not taken on yet. Accept it first, then merge this one with it"),
        "leads": _("Other cases are looked into together with this one. Take them out first"),
    },
    "text": {"missing": _("Write why they belong together"), "too-long": _("Write at most 2,000 characters")},
}


class LinkForm(Form):
    """`choice`: one of the cases that the page offers, or none. `other`: the reference of any that is the reader's; it counts when it is filled in.

    `read`: the case whose reporter's words on who must not see it the page showed.
    """

    read = StringField()
    choice = StringField()
    other = StringField()
    text = TextAreaField(id="reason", filters=[_plain_lines])

    def tell(self, problems: Mapping[str, str]) -> None:
        for name, problem in problems.items():
            self[name].errors = [_LINK_PROBLEMS[name][problem]]


class MergeForm(LinkForm):
    """`told`: what the reporter is told of it; nothing when it is empty."""

    revision = IntegerField()
    told = TextAreaField(
        id="told",
        filters=[_plain_lines],
        validators=[Length(max=MESSAGE_LIMIT, message=_("Write at most 10,000 characters"))],
    )


class RecusalForm(Form):
    text = _text_field(_("Write why you leave the case"), id="reason")


class SearchForm(Form):
    """`after`, `looked`: where an earlier post stopped, and how many cases it had looked through. `through`: look into cases whatever is known without."""

    terms = StringField()
    through = HiddenField()
    after = HiddenField()
    looked = HiddenField()

    def tell(self, problem: str) -> None:
        long = _("Write at most 200 characters, and no more than eight words")
        self.terms.errors = [str(_("Write what you are looking for") if problem == "missing" else long)]


class MoveForm(Form):
    """`target`: a channel's id."""

    revision = IntegerField()
    target = StringField(validators=[DataRequired(_("Choose a channel"))])
    reason = _text_field(_("Write why the case goes there"), id="reason")
    told = _text_field(_("Write what the reporter is told"), id="told")
    passphrase = PasswordField(validators=[DataRequired(_PASSPHRASE_MISSING)])


class ReopenForm(Form):
    revision = IntegerField()
    text = _text_field(_("Write why the case is reopened"), id="reason")
