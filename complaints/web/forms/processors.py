"""What an administrator says of an outside processor."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import Form, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField

from complaints.services.processors import Particulars
from complaints.services.questions import read_day
from complaints.vocabulary import Locale, Meets
from complaints.web.view_models import BUDDHIST_ERA

_DAYS = ("since", "until", "signed")
_NOT_A_DAY = _("Write a day like 27/3/2026 or 27/3/2569")

_WORDS: Mapping[tuple[str, str], Any] = {
    ("name_th", "missing"): _("Enter the processor’s name in Thai"),
    ("name_en", "missing"): _("Enter the processor’s name in English"),
    ("purpose_th", "missing"): _("Say in Thai what they do for the organisation"),
    ("purpose_en", "missing"): _("Say in English what they do for the organisation"),
    ("meets", "missing"): _("Choose what of the data they can meet"),
    ("country", "missing"): _("Choose a country"),
    ("since", "missing"): _("Enter the day since which they work for the organisation"),
    ("until", "reversed"): _("This is before the day on which they began"),
    ("until", "not-yet"): _("This day has not come. Enter it when the contract has ended: the notice changes with it"),
    ("undertaking", "missing"): _("Say which undertaking was signed, or leave out by whom and when as well"),
    ("signed_by", "missing"): _("Say who signed the undertaking"),
    ("signed", "missing"): _("Enter the day on which the undertaking was signed"),
    ("signed", "not-yet"): _("This day has not come"),
    **{(name, "not-a-day"): _NOT_A_DAY for name in _DAYS},
}
_TOO_LONG = _("Write at most 300 characters")


class ProcessorForm(Form):
    """`version`: what the register said when the page was made. Days as typed, in either era."""

    version = IntegerField()
    name_th = StringField()
    name_en = StringField()
    purpose_th = TextAreaField()
    purpose_en = TextAreaField()
    meets = SelectMultipleField(choices=[kind.value for kind in Meets])
    country = SelectField(validate_choice=False)
    since = StringField()
    until = StringField()
    undertaking = StringField()
    signed_by = StringField()
    signed = StringField()

    @classmethod
    def of(cls, said: Particulars, version: int, locale: Locale) -> "ProcessorForm":
        values: dict[str, Any] = {name: getattr(said, name) for name in Particulars.__dataclass_fields__}
        values |= {"version": version, "meets": [kind.value for kind in said.meets]}
        values |= {name: _typed(values[name], locale) for name in _DAYS}
        return cls(data=values)

    @property
    def said(self) -> Particulars:
        """As somebody typed it; a day that cannot be read is none."""
        texts = ("name_th", "name_en", "purpose_th", "purpose_en", "country", "undertaking", "signed_by")
        values: dict[str, Any] = {name: (self[name].data or "").strip() for name in texts}
        values |= {name: read_day(self[name].data or "") for name in _DAYS}
        return Particulars(meets=tuple(kind for kind in Meets if kind in (self.meets.data or ())), **values)

    @property
    def unreadable(self) -> dict[str, str]:
        """Days that somebody typed and nobody can read."""
        days = {name: (self[name].data or "").strip() for name in _DAYS}
        return {name: "not-a-day" for name, text in days.items() if text and read_day(text) is None}

    def show(self, problems: Mapping[str, str]) -> "ProcessorForm":
        for name, problem in problems.items():
            self[name].errors = [str(_WORDS.get((name, problem), _TOO_LONG))]
        return self


def _typed(day: date | None, locale: Locale) -> str:
    if day is None:
        return ""
    return f"{day.day}/{day.month}/{day.year + (BUDDHIST_ERA if locale == Locale.THAI else 0)}"
