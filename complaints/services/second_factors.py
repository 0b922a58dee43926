"""Second factors: an authenticator's codes (TOTP, RFC 6238), passkeys (WebAuthn), and codes on paper for when these are lost.

They guard sessions, not keys: whoever has the database, the pepper and the passphrase needs none of them.
"""

import hashlib
import json
import time
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from secrets import choice
from typing import Any

import pyotp
import webauthn
from sqlalchemy import delete, select, update
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidJSONStructure, InvalidRegistrationResponse
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    UserVerificationRequirement,
)

from complaints.errors import Invalid, NotFound, Refused
from complaints.models import Account, SecondFactor, new_id
from complaints.policy import Staff
from complaints.services import accounts, backoff, paper_codes, sessions, vouching
from complaints.services.unit import Unit
from complaints.vocabulary import Event, FactorKind
from crypto import Context, CryptoError, PrivateKey, PublicKey, SecretKey, unwrap, wrap

STEP = 30
"""Seconds that a code lasts (RFC 6238 §5.2)."""

_SECRET = 20
"""Bytes of an authenticator's secret (RFC 4226 §4, R6)."""

_PAPER_CODES = 10
_PAPER_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAPER_LENGTH = 16
"""Symbols of 5 bits: 80 bits, which a hash of it does not give away."""

_KEY_ID = 16
_LABEL_LIMIT = 60


@dataclass(frozen=True, slots=True)
class FactorLine:
    """One that somebody has, as they see it."""

    id: bytes
    kind: FactorKind
    label: str
    added: date


@dataclass(frozen=True, slots=True)
class Site:
    """Where passkeys count: the host, the whole origin, and the name that a browser shows."""

    host: str
    origin: str
    name: str


def of_account(unit: Unit, actor: Staff) -> tuple[FactorLine, ...]:
    """Authenticators and passkeys, the oldest first."""
    rows = unit.session.scalars(
        select(SecondFactor)
        .where(SecondFactor.account_id == actor.account, SecondFactor.kind != FactorKind.PAPER)
        .order_by(SecondFactor.added, SecondFactor.id)
    )
    return tuple(FactorLine(row.id, FactorKind(row.kind), row.label, row.added) for row in rows)


def who_has(unit: Unit) -> frozenset[bytes]:
    """The accounts with an authenticator or a passkey."""
    return frozenset(
        unit.session.scalars(select(SecondFactor.account_id).where(SecondFactor.kind != FactorKind.PAPER).distinct())
    )


def count_paper(unit: Unit, actor: Staff) -> int:
    """How many codes on paper are left."""
    return len(_rows(unit, actor, FactorKind.PAPER))


def remove(unit: Unit, actor: Staff, factor: bytes) -> None:
    """Takes one away; with the last, the codes on paper as well. Raises NotFound."""
    own = (SecondFactor.account_id == actor.account, SecondFactor.kind != FactorKind.PAPER)
    done = unit.session.execute(delete(SecondFactor).where(SecondFactor.id == factor, *own))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound
    if not of_account(unit, actor):
        unit.session.execute(delete(SecondFactor).where(SecondFactor.account_id == actor.account))
    unit.enter(Event.FACTOR_REMOVED, actor)


def digest_of(unit: Unit, account: bytes) -> bytes:
    """SHA-256 that tells which authenticators and passkeys an account has. Codes on paper, which go one by one, are left out."""
    ids = unit.session.scalars(
        select(SecondFactor.id)
        .where(SecondFactor.account_id == account, SecondFactor.kind != FactorKind.PAPER)
        .order_by(SecondFactor.id)
    )
    return hashlib.sha256(b"".join(ids)).digest()


def take_all(unit: Unit, actor: Staff, account: bytes) -> None:
    """Takes every second factor of another's account away, codes on paper as well. It is signed out everywhere, every browser a stranger's.

    Whoever has its passphrase enrols another before anything opens. It is for two people to do: see `approvals`.
    """
    unit.session.execute(delete(SecondFactor).where(SecondFactor.account_id == account))
    sessions.end_all(unit, account)  # last: also what was begun with a factor while these were taken
    backoff.forget_devices(unit, account)
    unit.enter(Event.FACTORS_TAKEN, actor, subject=account.hex())


# -- Authenticators --------------------------------------------------------------------------------------------------


def secret_text(key: SecretKey) -> str:
    """What an authenticator is given: 32 symbols of base 32, of the key's first 20 bytes."""
    return b32encode(key.export()[:_SECRET]).decode("ascii")


def provisioning_address(key: SecretKey, sign_in_name: str, organisation: str) -> str:
    """`otpauth://…`, as a QR code carries it."""
    return str(pyotp.TOTP(secret_text(key)).provisioning_uri(name=sign_in_name, issuer_name=organisation or None))


def add_authenticator(unit: Unit, actor: Staff, key: SecretKey, label: str, code: str) -> tuple[str, ...]:
    """Adds one that shows the right code now. Returns codes on paper, if this is the first factor. Raises Invalid: `code` "wrong"."""
    step = _step_of(key, code, after=0)
    if step is None:
        raise Invalid({"code": "wrong"})
    account = unit.session.get_one(Account, actor.account)
    factor = new_id()
    envelope = wrap(key, PublicKey.from_bytes(account.work_public), _context(actor.account, factor, key.key_id))
    return _add(unit, actor, FactorKind.AUTHENTICATOR, label, id=factor, secret=key.key_id + envelope, counter=step)


def give_code(unit: Unit, actor: Staff, work: PrivateKey, code: str) -> bool:
    """Whether an authenticator of theirs shows this code now, and it was not given before. A code on paper is good once."""
    digits = "".join(code.split())
    for row in _rows(unit, actor, FactorKind.AUTHENTICATOR):
        step = _step_of(_open(row, work), digits, after=row.counter)
        if step is not None:
            return _take(unit, actor, row, step)
    return _use_paper(unit, actor, code)


def refuse(unit: Unit, actor: Staff, source: bytes) -> None:
    """Counts and enters a wrong code, apart from wrong passphrases and by where it comes from (`backoff.source_of`).

    Whoever stole a passphrase keeps its owner neither from their open session nor from signing in at a device that is known.

    While the account waits nothing is counted or entered: tries cannot lengthen the wait, nor flood the log.
    """
    if has_to_wait(unit, actor, source):
        return
    backoff.count_mistake(unit, actor.account, backoff.SECOND_FACTOR + source)
    unit.enter(Event.FACTOR_REFUSED, actor)


def has_to_wait(unit: Unit, actor: Staff, source: bytes) -> bool:
    """Whether wrong codes came from there so often that none may be tried for now."""
    return backoff.is_waiting(unit, actor.account, backoff.SECOND_FACTOR + source)


def forget_refusals(unit: Unit, actor: Staff, source: bytes) -> None:
    """The code was right."""
    backoff.forget_mistakes(unit, actor.account, backoff.SECOND_FACTOR + source)


def _take(unit: Unit, actor: Staff, row: SecondFactor, counter: int) -> bool:
    """Notes the use. Of two that give the same code at once, one is late."""
    done = unit.session.execute(
        update(SecondFactor)
        .where(SecondFactor.id == row.id, SecondFactor.counter == row.counter)
        .values(counter=counter)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return False
    unit.enter(Event.FACTOR_GIVEN, actor, reason=row.kind)
    return True


def _step_of(key: SecretKey, code: str, after: int) -> int | None:
    """The step whose code this is: the present one or one beside it, for clocks that are a little off; none up to `after`.

    By the second: a unit's minute would take the code of a clock that runs late for one of the next step but one.
    """
    present = int(time.time()) // STEP
    generator = pyotp.HOTP(secret_text(key))
    return next(
        (
            step
            for step in (present, present - 1, present + 1)
            if step > after and pyotp.utils.strings_equal(code, generator.at(step))
        ),
        None,
    )


def _open(row: SecondFactor, work: PrivateKey) -> SecretKey:
    sealed = row.secret or b""
    try:
        return unwrap(sealed[_KEY_ID:], work, _context(row.account_id, row.id, sealed[:_KEY_ID]))
    except (CryptoError, ValueError) as error:
        raise Refused("an authenticator's secret that does not open") from error


def _context(account: bytes, factor: bytes, key_id: bytes) -> Context:
    return Context("second factor", key_id=key_id, record=account + factor)


# -- Codes on paper --------------------------------------------------------------------------------------------------


def draw_paper(unit: Unit, actor: Staff) -> tuple[str, ...]:
    """Ten new codes in place of all before, entered. Each is good once."""
    unit.session.execute(
        delete(SecondFactor).where(SecondFactor.account_id == actor.account, SecondFactor.kind == FactorKind.PAPER)
    )
    codes = tuple("".join(choice(_PAPER_SYMBOLS) for _ in range(_PAPER_LENGTH)) for _ in range(_PAPER_CODES))
    for code in codes:
        _store(unit, actor, FactorKind.PAPER, "", digest=paper_codes.digest_of(actor.account, code), counter=0)
    unit.enter(Event.FACTOR_ADDED, actor, reason=FactorKind.PAPER.value)
    return tuple("-".join(code[i : i + 4] for i in range(0, _PAPER_LENGTH, 4)) for code in codes)


def _use_paper(unit: Unit, actor: Staff, text: str) -> bool:
    digest = paper_codes.digest_of(actor.account, text)
    row = next((row for row in _rows(unit, actor, FactorKind.PAPER) if row.digest == digest), None)
    if row is None:
        return False
    done = unit.session.execute(delete(SecondFactor).where(SecondFactor.id == row.id))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return False
    unit.enter(Event.FACTOR_GIVEN, actor, reason=FactorKind.PAPER.value)
    return True


# -- Passkeys --------------------------------------------------------------------------------------------------------


def registration_options(unit: Unit, actor: Staff, site: Site) -> tuple[str, bytes]:
    """What a browser is asked to make (JSON), and the challenge in it."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name or site.host,
        user_name=accounts.read_account(unit, actor.account).sign_in_name,
        user_id=actor.account,
        user_display_name=actor.name,
        authenticator_selection=AuthenticatorSelectionCriteria(user_verification=UserVerificationRequirement.PREFERRED),
        exclude_credentials=_descriptors(unit, actor),
    )
    return webauthn.options_to_json(options), options.challenge


def add_passkey(unit: Unit, actor: Staff, site: Site, challenge: bytes, answer: str, label: str) -> tuple[str, ...]:
    """Adds what the browser made. Returns codes on paper, if this is the first factor. Raises Invalid: `passkey` "wrong"."""
    try:
        made = webauthn.verify_registration_response(
            credential=json.loads(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except (InvalidRegistrationResponse, InvalidJSONStructure, ValueError, TypeError) as error:
        raise Invalid({"passkey": "wrong"}) from error
    known = select(SecondFactor.id).where(SecondFactor.credential == made.credential_id)
    if unit.session.scalar(known) is not None:
        raise Invalid({"passkey": "wrong"})
    return _add(
        unit,
        actor,
        FactorKind.PASSKEY,
        label,
        credential=made.credential_id,
        public_key=made.credential_public_key,
        counter=made.sign_count,
    )


def authentication_options(unit: Unit, actor: Staff, site: Site) -> tuple[str, bytes] | None:
    """What a browser is asked to sign (JSON), and the challenge in it; None without a passkey."""
    allowed = _descriptors(unit, actor)
    if not allowed:
        return None
    options = webauthn.generate_authentication_options(
        rp_id=site.host, allow_credentials=allowed, user_verification=UserVerificationRequirement.PREFERRED
    )
    return webauthn.options_to_json(options), options.challenge


def give_passkey(unit: Unit, actor: Staff, site: Site, challenge: bytes, answer: str) -> bool:
    """Whether this is one of their passkeys' signature over the challenge."""
    try:
        credential = json.loads(answer)
        wanted = base64url_to_bytes(credential["rawId"])
        row = next((r for r in _rows(unit, actor, FactorKind.PASSKEY) if r.credential == wanted), None)
        if row is None or row.public_key is None:
            return False
        given = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.counter,
        )
    except (InvalidAuthenticationResponse, InvalidJSONStructure, ValueError, TypeError, KeyError):
        return False
    return _take(unit, actor, row, given.new_sign_count)


def _descriptors(unit: Unit, actor: Staff) -> list[PublicKeyCredentialDescriptor]:
    rows = _rows(unit, actor, FactorKind.PASSKEY)
    return [PublicKeyCredentialDescriptor(id=row.credential) for row in rows if row.credential is not None]


# -- What they share -------------------------------------------------------------------------------------------------


def _rows(unit: Unit, actor: Staff, kind: FactorKind) -> Sequence[SecondFactor]:
    """Those that bear the server's word: no other is believed."""
    own = (SecondFactor.account_id == actor.account, SecondFactor.kind == kind)
    rows = unit.session.scalars(select(SecondFactor).where(*own).order_by(SecondFactor.id))
    return [row for row in rows if is_vouched(unit, row)]


def is_vouched(unit: Unit, row: SecondFactor) -> bool:
    """Whether this program stored it, for this account."""
    return vouching.is_kept(vouching.for_factor(unit.secrets, row), row.vouched)


def _store(unit: Unit, actor: Staff, kind: FactorKind, label: str, **values: Any) -> None:
    shown = label.strip()[:_LABEL_LIMIT]
    row = SecondFactor(
        account_id=actor.account, kind=kind.value, label=shown, added=unit.today, **{"id": new_id()} | values
    )
    row.vouched = vouching.for_factor(unit.secrets, row)
    unit.session.add(row)
    unit.session.flush()


def _add(unit: Unit, actor: Staff, kind: FactorKind, label: str, **values: bytes | int) -> tuple[str, ...]:
    first = not of_account(unit, actor)
    _store(unit, actor, kind, label, **values)
    unit.enter(Event.FACTOR_ADDED, actor, reason=kind.value)
    return draw_paper(unit, actor) if first else ()
