"""Invitations against somebody who writes to the database and holds no secret file: none of theirs makes an account."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from complaints import clock
from complaints.errors import NotFound, Refused
from complaints.models import Invitation, new_id
from complaints.services import accounts, invitations
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.organisation import OrganisationNames
from complaints.services.unit import Units
from complaints.vocabulary import Locale, Role
from crypto import SessionToken, SigningKey
from tests.cast import Cast, Person, person

PLANTED_ADMINISTRATOR = """
INSERT INTO account SELECT :id, 'ghost', 'Ghost', email, 'active', 'administrator', locale, created, work_public, identity_public,
:verify, seed_locked, 1, zeroblob(32), NULL FROM account WHERE id = :like
"""


def sql(units: Units, statement: str, **values: object) -> int:
    with units.database.writing() as session:
        return session.connection().execute(text(statement), values).rowcount


def accept(units: Units, token: SessionToken, who: Person, names: OrganisationNames | None = None) -> None:
    with units.writing() as unit:
        invitations.accept(
            unit,
            token,
            who.new,
            sign_in_name=who.name,
            display_name=who.display_name,
            locale=Locale.THAI,
            names=names,
            undertaking=1,
        )


def findings(units: Units, access_log: AccessLog) -> list[str]:
    with units.reading() as unit:
        return [finding.what for finding in examine(unit, access_log) if finding.area == "invitation"]


def invite(cast: Cast, *roles: Role) -> SessionToken:
    admin = cast.administrator
    with cast.units.writing() as unit:
        return invitations.invite(unit, admin.actor, admin.keys.signing, "Newcomer", frozenset(roles))


def store(cast: Cast, token: SessionToken, inviter: bytes | None, roles: Role, signature: bytes) -> None:
    with cast.units.database.writing() as session:
        session.add(
            Invitation(
                lookup=token.lookup(),
                display_name="",
                roles=roles.value,
                invited_by=inviter,
                expires=clock.now() + timedelta(hours=3),
                signature=signature,
            )
        )


@pytest.fixture
def newcomer() -> Person:
    return person("newcomer", Role.AUDITOR)


def test_a_planted_administrator_invites_nobody(cast: Cast, access_log: AccessLog, newcomer: Person) -> None:
    ghost, signing, token = new_id(), SigningKey.generate(), SessionToken.generate()
    planted = {"id": ghost, "verify": signing.verify_key().to_bytes(), "like": cast.administrator.account}
    assert sql(cast.units, PLANTED_ADMINISTRATOR, **planted) == 1
    expires = clock.now() + timedelta(hours=3)
    statement = invitations._statement(token.lookup(), "", frozenset({Role.AUDITOR}), ghost, expires)
    store(cast, token, ghost, Role.AUDITOR, signing.sign(statement, invitations.DOMAIN))
    with pytest.raises(NotFound):
        accept(cast.units, token, newcomer)
    assert any("not what the log says" in what for what in findings(cast.units, access_log))


def test_a_founding_row_of_somebody_elses_founds_nothing(units: Units, newcomer: Person) -> None:
    with units.writing() as unit:
        assert invitations.found(unit) is not None
    token = SessionToken.generate()
    assert sql(units, "UPDATE invitation SET lookup = :theirs", theirs=token.lookup()) == 1
    with pytest.raises(NotFound):
        accept(units, token, newcomer, OrganisationNames("ก", "A"))


def test_nothing_is_founded_twice_when_the_accounts_are_set_aside(
    units: Units, access_log: AccessLog, newcomer: Person
) -> None:
    with units.writing() as unit:
        token = invitations.found(unit)
    assert token is not None
    assert findings(units, access_log) == []
    sql(units, "CREATE TABLE aside AS SELECT * FROM invitation")
    accept(units, token, newcomer, OrganisationNames("ก", "A"))
    for statement in (
        "DELETE FROM session",
        "DELETE FROM account",
        "DELETE FROM organisation",
        "INSERT INTO invitation SELECT * FROM aside",
    ):
        sql(units, statement)
    with pytest.raises(NotFound):
        accept(units, token, person("another", Role.AUDITOR), OrganisationNames("ก", "A"))
    with units.writing() as unit:
        assert invitations.found(unit) is None
    assert any("not needed any more" in what for what in findings(units, access_log))


def test_one_that_was_used_and_is_put_back_is_used(cast: Cast, access_log: AccessLog, newcomer: Person) -> None:
    token = invite(cast, Role.AUDITOR)
    assert findings(cast.units, access_log) == []
    sql(cast.units, "CREATE TABLE aside AS SELECT * FROM invitation")
    accept(cast.units, token, newcomer)
    assert findings(cast.units, access_log) == []
    sql(cast.units, "INSERT INTO invitation SELECT * FROM aside")
    with pytest.raises(NotFound):
        accept(cast.units, token, person("another", Role.AUDITOR))
    assert any("not what the log says" in what for what in findings(cast.units, access_log))


def test_one_that_was_taken_back_and_is_put_back_leads_nowhere(cast: Cast, newcomer: Person) -> None:
    token = invite(cast, Role.AUDITOR)
    sql(cast.units, "CREATE TABLE aside AS SELECT * FROM invitation")
    with cast.units.writing() as unit:
        invitations.take_back(unit, cast.administrator.actor, token.lookup())
    sql(cast.units, "INSERT INTO invitation SELECT * FROM aside")
    with pytest.raises(NotFound):
        accept(cast.units, token, newcomer)


@pytest.mark.usefixtures("before_any_lead")
def test_an_administrator_who_was_made_into_something_else_still_counts(cast: Cast, newcomer: Person) -> None:
    token, second = invite(cast, Role.ADMINISTRATOR), person("second-administrator", Role.ADMINISTRATOR)
    accept(cast.units, invite(cast, Role.ADMINISTRATOR), second)
    sql(cast.units, "UPDATE account SET state = 'suspended' WHERE id = :second", second=second.account)
    with pytest.raises(NotFound):
        accept(cast.units, token, newcomer)
    with cast.units.reading() as unit, pytest.raises(Refused):
        accounts.takes_two(unit)
    with pytest.raises(Refused):
        invite(cast, Role.ADMINISTRATOR)
