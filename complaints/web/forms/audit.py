"""Searching the access log, and verifying it."""

from flask_babel import lazy_gettext as _
from wtforms import Form, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from complaints.vocabulary import Event
from complaints.web.view_models import words


class SearchForm(Form):
    """Entries of one kind, about one case, or both. A case is named by its reference or its id."""

    event = SelectField(validators=[Optional()])
    case = StringField(validators=[Optional(), Length(max=64)])

    UNKNOWN_CASE = _("No case has this reference")

    @classmethod
    def of(cls, values: object) -> "SearchForm":
        """The form with the kinds of entry in the page's language."""
        form = cls(values)
        form.event.choices = [
            ("", _("Every kind")),
            *sorted(((e.value, words(e)) for e in Event), key=lambda choice: choice[1]),
        ]
        return form


class VerifyForm(Form):
    """A checkpoint that was kept outside, if there is one: a signed note of four or five lines."""

    NOT_OURS = _(
        "This is no checkpoint that the log’s key signed. If you are sure that it is, then the log or its key was replaced"
    )

    checkpoint = TextAreaField(validators=[Optional(), Length(max=4000, message=NOT_OURS)])
