"""Becoming one of the staff, setting an installation up, and what takes two people."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from complaints.vocabulary import Duty, Role

_MISSING = _("Fill this in")
_TOO_LONG = _("This is too long")

_WORDS: Mapping[tuple[str, str], Any] = {
    ("organisation_th", "missing"): _("Enter the organisation’s name in Thai"),
    ("organisation_en", "missing"): _("Enter the organisation’s name in English"),
    ("name_th", "missing"): _("Enter the channel’s name in Thai"),
    ("name_en", "missing"): _("Enter the channel’s name in English"),
    ("text_th", "missing"): _("Write the text in Thai"),
    ("text_en", "missing"): _("Write the text in English"),
    ("text_th", "unfilled"): _("Put the organisation’s own particulars where the brackets stand, in Thai"),
    ("text_en", "unfilled"): _("Put the organisation’s own particulars where the brackets stand, in English"),
    ("wording_th", "missing"): _("Write the question in Thai"),
    ("wording_en", "missing"): _("Write the question in English"),
    ("purpose_th", "missing"): _("Say in Thai what it is for: nothing is asked without a purpose"),
    ("purpose_en", "missing"): _("Say in English what it is for: nothing is asked without a purpose"),
    ("choices_th", "few"): _("Write at least two answers to choose from, one a line"),
    ("choices_th", "too-many"): _("Twelve answers to choose from are the most"),
    ("choices_en", "uneven"): _("Write as many answers in English as in Thai, in the same order"),
    ("compartment", "too-many"): _(
        "This channel asks as much as it may: ten questions of the report, three about who somebody is. Retire one first"
    ),
    ("digits", "missing"): _("Type the last twenty digits that the person reads out"),
    ("passphrase", "missing"): _("Enter your passphrase"),
    ("passphrase", "too-short"): _("A passphrase has at least 15 characters"),
    ("passphrase", "guessable"): _(
        "This passphrase is easy to guess. Take the six words, or others that nobody connects with you"
    ),
    ("passphrase", "refused"): _("This is not your passphrase. The attempt is in the access log"),
    ("passphrase", "waiting"): _("It was mistaken too often. Wait five minutes, then try again"),
    ("chosen", "missing"): _("Enter a new passphrase"),
    ("chosen", "too-short"): _("A passphrase has at least 15 characters"),
    ("chosen", "guessable"): _(
        "This passphrase is easy to guess. Take the six words, or others that nobody connects with you"
    ),
    ("name", "missing"): _("Enter your sign-in name"),
    ("recovery_code", "missing"): _("Enter the recovery code"),
    ("recovery_code", "mistyped"): _("A letter or digit of the code is wrong. Look at it again, group by group"),
    ("recovery_code", "refused"): _(
        "This name and this code do not belong together, or no custodian has confirmed yet. Call the custodian again"
    ),
    ("email", "malformed"): _("Enter an e-mail address like name@example.org, or leave this empty"),
    ("repeated", "different"): _("This is not the same passphrase"),
    ("passphrase", "not-drawn-with"): _("The keys behind this link were not made with this passphrase"),
    ("sign_in_name", "missing"): _("Enter a sign-in name"),
    ("sign_in_name", "taken"): _("There is an account with this sign-in name already"),
    ("display_name", "missing"): _("Enter the name that colleagues see"),
    ("undertaking", "missing"): _("Without the undertaking nobody can be given a key"),
    ("roles", "exclusive"): _(
        "These roles cannot be held together: an administrator or an auditor holds no other role"
    ),
    ("roles", "two-people"): _(
        "It takes two people to make an administrator: invite without any role, then ask for it on the account’s page"
    ),
    ("roles", "last-holder"): _("Nobody else holds a case that this account holds. Hand it over first"),
    ("roles", "lead"): _("Whoever leads a channel cannot be a custodian"),
    ("roles", "last-administrator"): _("The last administrator keeps the role: nobody could give it back"),
    ("roles", "on-roster"): _(
        "Whoever is on a channel’s roster cannot be an administrator. Take them off the roster first"
    ),
    ("person", "last-administrator"): _("The last administrator keeps the role: nobody could give it back"),
    ("person", "on-roster"): _(
        "Whoever is on a channel’s roster cannot be an administrator. Take them off the roster first"
    ),
    ("person", "unknown"): _("Choose a person"),
    ("person", "suspended"): _("The account is suspended. Let it back first"),
    ("person", "oneself"): _("Whoever is signed in has not lost their passphrase"),
    ("person", "no-investigator"): _("Only an active investigator can be on a roster"),
    ("person", "custodian"): _("A custodian cannot lead a channel"),
    ("person", "present"): _("That is how it stands already"),
    ("person", "nobody-signs"): _(
        "Nobody could sign it: no lead of a channel is left whose roster verifies. See what the channels’ page says"
    ),
    ("person", "self"): _("You cannot take your own keys here: leave each case from its own page"),
    ("person", "missing"): _("Choose somebody from a channel that you lead"),
    ("by", "unknown"): _("Choose a person"),
    ("by", "missing"): _("Choose somebody from a channel that you lead"),
    ("by", "same"): _("Choose somebody else than the person who is replaced"),
    ("acknowledge_days", "out-of-range"): _("Enter a number of days from 1 to 7"),
    ("feedback_days", "out-of-range"): _("Enter a number of days up to 90, and no fewer than to acknowledge"),
    ("duty", "first-leads"): _("The first person on a roster leads the channel"),
    ("duty", "last-lead"): _("The last lead cannot go: nobody could sign the next roster"),
    ("digits", "different"): _(
        "These are not the last twenty digits. Ask again, on a line you trust; if they differ, do not confirm"
    ),
    ("code", "missing"): _("Enter the six digits"),
    ("code", "wrong"): _("This is not the code that the app shows now. Check the clock of your device"),
    ("passkey", "wrong"): _("The passkey could not be used here. Try again"),
    ("passkey", "missing"): _("Use your device first: press the button"),
    ("fallback", "itself"): _("A channel cannot stand in for itself"),
    ("fallback", "unknown"): _("Choose a channel"),
}


def show(form: Form, problems: Mapping[str, str]) -> Form:
    """Puts what a service says beside the fields it says it of."""
    for name, problem in problems.items():
        general = _TOO_LONG if problem == "too-long" else _MISSING
        form[name].errors = [str(_WORDS.get((name, problem), general))]
    return form


def problem_words(problems: Mapping[str, str]) -> str:
    """What a service says, where there is no field to put it beside."""
    return str(next((_WORDS[named] for named in problems.items() if named in _WORDS), _MISSING))


class AcceptForm(Form):
    """`suggestion`: the six words that were drawn for the page, so that a page sent back shows the same."""

    organisation_th = StringField()
    organisation_en = StringField()
    display_name = StringField()
    sign_in_name = StringField()
    suggestion = HiddenField()
    passphrase = PasswordField()
    repeated = PasswordField()
    undertaking = BooleanField()
    version = HiddenField()


class InviteForm(Form):
    display_name = StringField()
    roles = SelectMultipleField(choices=[role.value for role in Role])


class TextsForm(Form):
    """A text that is published in both languages."""

    text_th = TextAreaField()
    text_en = TextAreaField()


class ChannelForm(Form):
    name_th = StringField()
    name_en = StringField()
    fallback = SelectField(validate_choice=False)
    person = SelectField(validate_choice=False)


class FallbackForm(Form):
    fallback = SelectField(validate_choice=False)


class DeadlinesForm(Form):
    """Whole days, as typed."""

    acknowledge_days = StringField()
    feedback_days = StringField()


class QuestionForm(Form):
    """A channel's own question, in both languages."""

    wording_th = StringField()
    wording_en = StringField()
    purpose_th = TextAreaField()
    purpose_en = TextAreaField()
    kind = StringField()
    choices_th = TextAreaField()
    choices_en = TextAreaField()
    compartment = StringField()
    required = BooleanField()


class DutyForm(Form):
    """`duty` empty: the person leaves."""

    person = SelectField(validate_choice=False)
    duty = SelectField(choices=[*(duty.value for duty in Duty), ""])


class ConfirmForm(Form):
    digits = StringField()
    passphrase = PasswordField()


class AuthenticatorForm(Form):
    label = StringField()
    code = StringField()
    passphrase = PasswordField()


class PasskeyForm(Form):
    """`passkey`: what the browser made, as JSON."""

    label = StringField()
    passphrase = PasswordField()
    passkey = HiddenField()


class ReplaceForm(Form):
    """`after`: the last case that an earlier post looked at."""

    person = SelectField(validate_choice=False)
    by = SelectField(validate_choice=False)
    after = HiddenField()
    passphrase = PasswordField()


class PassphraseForm(Form):
    passphrase = PasswordField()


class AddressForm(Form):
    """Where reminders go; empty: nowhere."""

    email = StringField()
    passphrase = PasswordField()


class NewPassphraseForm(Form):
    """`passphrase`: the present one. `suggestion`: as in AcceptForm."""

    passphrase = PasswordField()
    suggestion = HiddenField()
    chosen = PasswordField()
    repeated = PasswordField()


class RecoverForm(Form):
    name = StringField()
    recovery_code = StringField()


class HandAgainForm(Form):
    """`person`: whose keys were lost. `after`: where a post before has stopped."""

    person = SelectField(validate_choice=False)
    after = HiddenField()
    passphrase = PasswordField()


class NewKeysForm(Form):
    """`suggestion`: as in AcceptForm."""

    suggestion = HiddenField()
    passphrase = PasswordField()
    repeated = PasswordField()


class FinishForm(RecoverForm):
    suggestion = HiddenField()
    passphrase = PasswordField()
    repeated = PasswordField()


class GiveForm(Form):
    code = StringField()
    passkey = HiddenField()


def id_of(field: Any) -> bytes | None:
    """The id that a choice stands for; None for no choice, or none of ours."""
    text = field.data or ""
    return bytes.fromhex(text) if len(text) == 32 and set(text) <= set("0123456789abcdef") else None


def number_in(text: str) -> int | None:
    """The whole number that a form or an address carries, as our own pages write them; None for anything else, however long it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
