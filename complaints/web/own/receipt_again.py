"""The receipt, asked for again where it gives what a session does not hold: the identity key."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _

from complaints.errors import Invalid
from complaints.services import own_identity
from complaints.web.reporter.pages import FormField
from complaints.web.visit import Visit
from crypto import AccountSeed, Context, CryptoError, Mistyped, PrivateKey, Receipt

_LABEL = re.compile(r"\A[^\d:：]{1,40}[:：]")
"""Words without a digit, and a colon."""

SYMBOLS = 28
"""Letters and digits of a code."""

PROBLEMS = {
    "missing": _("Type or paste your tracking code."),
    "short": _("Something is missing in this code. It has 28 letters and digits, in seven groups of four."),
    "long": _("There is something too much in this code. It has 28 letters and digits, in seven groups of four."),
    "mistyped": _(
        "There is a typing mistake in this code. It has 28 letters and digits; please compare it with yours."
    ),
    "altered": _("A letter or digit of this code is wrong. Please compare it with yours, group by group."),
    "other": _("This is not the code of this report. It is typed as a code should be: perhaps it is of another one."),
}


@dataclass(frozen=True, slots=True)
class Again:
    """The receipt of the open case, and what it gives."""

    receipt: Receipt = field(repr=False)
    seed: AccountSeed = field(repr=False)


def ask_again(visit: Visit) -> Again:
    """To be a view's `prepare`. Raises Invalid with the problem under `code`."""
    typed = request.form.get("code", "")
    if not typed.strip():
        raise Invalid({"code": "missing"})
    try:
        receipt = read_code(typed)
    except Mistyped:
        raise Invalid({"code": mistake_in(typed)}) from None
    with visit.app.units.reading() as unit:
        own_identity.require_receipt(unit, visit.reporter, receipt)
    return Again(receipt, receipt.seed())


def read_code(typed: str) -> Receipt:
    """The receipt that was typed, or pasted with a label of words and a colon before it: "Code: …". Raises Mistyped.

    No code that reads has a colon in it, on any keyboard, so that none loses anything; and what follows must read by itself.
    """
    return Receipt.parse(_LABEL.sub("", typed, count=1))


def mistake_in(typed: str) -> str:
    """What is wrong with a code that does not read: the first thing to look for, told from the code alone."""
    typed = _LABEL.sub("", typed, count=1)
    symbols = [symbol for symbol in typed if symbol.isalnum()]
    if not typed.isascii():
        return "mistyped"  # with a Thai keyboard on, what was typed is counted otherwise
    if len(symbols) == SYMBOLS:
        return "altered"
    return "short" if len(symbols) < SYMBOLS else "long"


def code_field(problem: str | None = None) -> FormField:
    """The field to type it in. What was typed with a mistake comes back, to be compared."""
    typed = request.form.get("code", "")[:200] if problem else ""
    errors: list[Any] = [PROBLEMS[problem]] if problem else []
    return FormField("code", "code", typed, errors)


def seal_for_page(visit: Visit, key: PrivateKey) -> str:
    """The identity key for the form on one page, sealed under the cookie: worth nothing without it, and never in the database."""
    opened = visit.opened
    if opened is None:
        raise RuntimeError("there is no session to seal under")
    return base64.urlsafe_b64encode(opened.token.seal(key.export_seed(), _context(visit))).decode()


def open_from_page(visit: Visit, text: str) -> PrivateKey | None:
    """The key back from the form; None when it was sealed in another session."""
    if visit.opened is None:
        return None
    try:
        return PrivateKey.from_seed(visit.opened.token.open(base64.urlsafe_b64decode(text), _context(visit)))
    except (CryptoError, binascii.Error, ValueError):
        return None


def _context(visit: Visit) -> Context:
    return Context("identity key for a page", case=visit.reporter.case)
