"""Searching the access log, and verifying it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Form, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from complaints.services.audit import GROUPS, Group
from complaints.services.questions import read_day
from complaints.vocabulary import Event
from complaints.web.audit_terms import GROUP_WORDS
from complaints.web.languages import gettext
from complaints.web.view_models import words

_NOT_LISTED = _("Choose one of those listed")


class _Choice(SelectField):
    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError as error:
            raise ValidationError(str(_NOT_LISTED)) from error


class SearchForm(Form):
    """Entries of one kind or group of kinds, about one case, by one person, of one channel, of some days. A case is named by its reference or its id."""

    event = _Choice(validators=[Optional()])
    person = _Choice(validators=[Optional()])
    channel = _Choice(validators=[Optional()])
    case = StringField(validators=[Optional(), Length(max=64)])
    since = StringField(validators=[Optional()])
    until = StringField(validators=[Optional()])

    UNKNOWN_CASE = _("No case has this reference")
    NOT_A_DAY = _("Write a day like 27/3/2026 or 27/3/2569")
    REVERSED = _("The last day is before the first")

    @classmethod
    def of(cls, values: object, people: Iterable[tuple[str, str]], channels: Iterable[tuple[str, str]]) -> "SearchForm":
        """The form with what can be chosen, in the page's language. `people`, `channels`: ids and names."""
        form = cls(values)
        form.event.choices = {
            "": [("", gettext("Every kind"))],
            **{str(GROUP_WORDS[group][0]): _kinds(group) for group in Group},
        }
        form.person.choices = [("", gettext("Anybody")), *people]
        form.channel.choices = [("", gettext("Every channel")), *channels]
        return form

    def validate_since(self, field: StringField) -> None:
        if read_day(field.data or "") is None:
            raise ValidationError(str(self.NOT_A_DAY))

    def validate_until(self, field: StringField) -> None:
        last, first = read_day(field.data or ""), read_day(self.since.data or "")
        if last is None:
            raise ValidationError(str(self.NOT_A_DAY))
        if first is not None and last < first:
            raise ValidationError(str(self.REVERSED))

    @property
    def kind(self) -> Event | Group | None:
        text = self.event.data
        return None if not text else Group(text) if text in set(Group) else Event(text)

    @property
    def days(self) -> tuple[date | None, date | None]:
        return read_day(self.since.data or ""), read_day(self.until.data or "")


def _kinds(group: Group) -> list[tuple[str, str]]:
    together = gettext("%(group)s: everything", group=GROUP_WORDS[group][0])
    return [(group.value, together), *((event.value, words(event)) for event in GROUPS[group])]


class VerifyForm(Form):
    """A checkpoint that was kept outside, if there is one: a signed note of four or five lines."""

    NOT_OURS = _(
        "This is no checkpoint that the log’s key signed. If you are sure that it is, then the log or its key was replaced"
    )

    checkpoint = TextAreaField(validators=[Optional(), Length(max=4000, message=NOT_OURS)])
