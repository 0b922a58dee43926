"""Signing in."""

from flask_babel import lazy_gettext as _
from wtforms import Form, PasswordField, StringField
from wtforms.validators import InputRequired


class SignInForm(Form):
    """A passphrase may be pasted, and is taken as it is: length and spaces are its owner's business."""

    name = StringField(validators=[InputRequired(_("Enter your sign-in name"))])
    code = StringField()
    """One on paper, from whoever is kept waiting by somebody else's mistakes."""
    passphrase = PasswordField(validators=[InputRequired(_("Enter your passphrase"))])
