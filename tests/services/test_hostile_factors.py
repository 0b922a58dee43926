"""Whoever writes to the database plants, moves or changes a second factor: it opens no session, and the check names its account."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import select, update

from complaints.models import SecondFactor, new_id
from complaints.services import paper_codes, second_factors
from complaints.services.access_log import AccessLog
from complaints.services.unit import Unit
from complaints.vocabulary import FactorKind
from crypto import SecretKey, wrap
from tests.cast import Cast, Person
from tests.services.test_approvals import findings
from tests.services.test_lost_factors import code_of, enrol

CODE = "ABCD-EFGH-JKMN-PQRS"


def planted(unit: Unit, who: Person, kind: FactorKind, **values: Any) -> None:
    row = {
        "id": new_id(),
        "account_id": who.account,
        "kind": kind.value,
        "label": "",
        "added": unit.today,
        "counter": 0,
    }
    unit.session.add(SecondFactor(**row | values))
    unit.session.flush()


def give(cast: Cast, who: Person, code: str) -> bool:
    with cast.units.writing() as unit:
        return second_factors.give_code(unit, who.actor, who.keys.work, code)


def plant_paper(unit: Unit, cast: Cast) -> str:
    who = cast.investigator
    planted(unit, who, FactorKind.PAPER, digest=paper_codes.digest_of(who.account, CODE))
    return CODE


def plant_authenticator(unit: Unit, cast: Cast) -> str:
    """Sealed as it should be: an account's public key is no secret."""
    who, factor, key = cast.investigator, new_id(), SecretKey.generate()
    context = second_factors._context(who.account, factor, key.key_id)
    secret = key.key_id + wrap(key, who.keys.work.public_key(), context)
    planted(unit, who, FactorKind.AUTHENTICATOR, id=factor, secret=secret)
    return code_of(key)


def give_them_anothers_word(unit: Unit, cast: Cast) -> str:
    """A code that the lead knows, with the word that the server gave it."""
    row = unit.session.scalars(select(SecondFactor).where(SecondFactor.account_id == cast.lead.account)).first()
    assert row is not None
    digest = paper_codes.digest_of(cast.investigator.account, CODE)
    planted(unit, cast.investigator, FactorKind.PAPER, digest=digest, vouched=row.vouched)
    return CODE


@pytest.mark.parametrize("plant", [plant_paper, plant_authenticator, give_them_anothers_word])
def test_it_is_not_believed(cast: Cast, access_log: AccessLog, plant: Callable[[Unit, Cast], str]) -> None:
    enrol(cast, cast.lead)
    assert findings(cast.units, access_log) == []
    with cast.units.writing() as unit:
        code = plant(unit, cast)
    assert not give(cast, cast.investigator, code)
    (what,) = findings(cast.units, access_log)
    assert cast.investigator.account.hex() in what


def test_one_that_was_changed_is_not_believed(cast: Cast, access_log: AccessLog) -> None:
    enrol(cast, cast.investigator)
    known = paper_codes.digest_of(cast.investigator.account, CODE)
    with cast.units.writing() as unit:
        row = unit.session.scalars(select(SecondFactor).where(SecondFactor.kind == FactorKind.PAPER)).first()
        assert row is not None
        row.digest = known
    assert not give(cast, cast.investigator, CODE)
    assert len(findings(cast.units, access_log)) == 1


def test_those_of_before_are_vouched_for_by_the_upgrade(cast: Cast, access_log: AccessLog) -> None:
    enrol(cast, cast.investigator)
    revision = import_module("complaints.migrations.versions.0023_factors_are_vouched")
    with cast.units.writing() as unit:
        unit.session.execute(update(SecondFactor).values(vouched=None))
    assert len(findings(cast.units, access_log)) == 11
    with cast.units.writing() as unit:
        revision.fill(unit.session.connection(), unit.secrets.vouch)
    assert findings(cast.units, access_log) == []
