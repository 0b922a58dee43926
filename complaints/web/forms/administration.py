"""What administrators change."""

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import Form, IntegerField, SelectMultipleField
from wtforms.validators import InputRequired

from complaints.vocabulary import Role


class RolesForm(Form):
    """Any of the roles. `version` is the account's as the administrator saw it."""

    roles = SelectMultipleField(choices=[role.value for role in Role])
    version = IntegerField(validators=[InputRequired()])

    PROBLEMS: ClassVar[dict[str, Any]] = {
        "exclusive": _("These roles cannot be held together: an administrator or an auditor holds no other role"),
        "two-people": _("It takes two people to make an administrator: ask for it below"),
        "two-people-to-take": _("It takes two people to take this role from another administrator: ask for it below"),
        "last-holder": _("Nobody else holds a case that this account holds. Hand it over first"),
        "on-roster": _("Whoever is on a channel’s roster cannot be an administrator. Take them off the roster first"),
        "lead": _("Whoever leads a channel cannot be a custodian"),
        "last-administrator": _("The last administrator keeps the role: nobody could give it back"),
    }
    CHANGED_MEANWHILE = _("Somebody else has changed this account. Here is how it stands now")
