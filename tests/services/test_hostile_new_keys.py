"""Somebody who writes to the database, against an account that gets new keys: no old grant becomes one of the new keys."""

import pytest
from sqlalchemy import select, text

from complaints.errors import DomainError, NotFound
from complaints.models import CaseloadRow, Grant, LogEntry, LogField
from complaints.services import casework, departures, hand_again
from complaints.services.access_log import AccessLog
from complaints.vocabulary import Event
from tests.cast import Cast, Person, Report
from tests.services.test_new_keys import findings, renew, sign_undertaking


def rows_of(cast: Cast, person: Person) -> dict[type, list[dict[str, object]]]:
    with cast.units.reading() as unit:
        return {
            Grant: [
                row._asdict()
                for row in unit.session.execute(select(Grant.__table__).where(Grant.recipient == person.account))
            ],
            CaseloadRow: [
                row._asdict()
                for row in unit.session.execute(
                    select(CaseloadRow.__table__).where(CaseloadRow.account_id == person.account)
                )
            ],
        }


def put_back(cast: Cast, rows: dict[type, list[dict[str, object]]]) -> None:
    with cast.units.database.writing() as session:
        for table, values in rows.items():
            session.execute(table.__table__.insert(), values)  # type: ignore[attr-defined]


def opens(cast: Cast, person: Person, report: Report) -> bool:
    try:
        with cast.units.writing() as unit:
            casework.fetch_case(unit, person.actor, person.keys, report.case)
    except DomainError:
        return False
    return True


def test_a_lapsed_grant_put_back_is_not_renewed_for_the_new_keys(cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    rows = rows_of(cast, cast.investigator)
    renewed = renew(cast, cast.investigator)
    sign_undertaking(cast, renewed)
    put_back(cast, rows)
    with cast.units.writing() as unit:
        departures.renew(unit, cast.lead.actor, cast.lead.keys, cast.lead.identity_key, report.case)
    assert not opens(cast, renewed, report)


def test_a_line_taken_away_before_the_new_keys_saves_no_grant(cast: Cast, access_log: AccessLog) -> None:
    report = cast.report()
    cast.assign(report)
    with cast.units.database.writing() as session:
        session.execute(text("DELETE FROM caseload WHERE account_id = :who"), {"who": cast.investigator.account})
    renewed = renew(cast, cast.investigator)
    with cast.units.reading() as unit:
        assert unit.session.scalars(select(Grant).where(Grant.recipient == renewed.account)).all() == []
    assert findings(cast, access_log) == []


def plant(cast: Cast, said: dict[str, bytes]) -> None:
    """An entry beside the log's tree."""
    with cast.units.database.writing() as session:
        session.execute(LogEntry.__table__.insert(), [{"position": 10**6, "leaf": bytes(32)}])
        rows = [
            {
                "entry": 10**6,
                "number": number,
                "name": name,
                "value": value,
                "salt": bytes(16),
                "commitment": bytes(32),
            }
            for number, (name, value) in enumerate(said.items())
        ]
        session.execute(LogField.__table__.insert(), rows)


def test_keys_that_only_planted_rows_call_lost_are_not_handed_over_again(cast: Cast) -> None:
    """The log takes new rows from whoever writes to the database; its tree does not."""
    report = cast.report()
    said = {
        "event": Event.KEYS_LAPSED.encode(),
        "case": report.case.hex().encode(),
        "subject": cast.unassigned.account.hex().encode(),
        "reason": b"identity 1 internal 1 report 1",
    }
    plant(cast, said)
    lead = cast.lead
    with cast.units.reading() as unit:
        assert hand_again.owed(unit, lead.actor) == ()
    with pytest.raises(NotFound), cast.units.writing() as unit:
        hand_again.hand_over(unit, lead.actor, lead.keys, lead.identity_key, cast.unassigned.account)
    assert not opens(cast, cast.unassigned, report)


@pytest.mark.parametrize(
    "said",
    [{"case": b"zz"}, {"case": b"00"}, {"case": b"\xff"}, {"subject": "๐".encode()}, {"case": b""}, {"other": b""}],
    ids=str,
)
def test_a_planted_row_that_names_nobody_keeps_no_lead_from_their_list(
    cast: Cast, access_log: AccessLog, said: dict[str, bytes]
) -> None:
    report = cast.report()
    cast.assign(report)
    renewed = renew(cast, cast.investigator)
    lead = cast.lead
    with cast.units.reading() as unit:
        before = hand_again.owed(unit, lead.actor)
    assert [list(one.cases) for one in before] == [[report.case]]
    usual = {"case": report.case.hex().encode(), "subject": renewed.account.hex().encode()}
    plant(cast, {"event": Event.KEYS_LAPSED.encode()} | ({} if "other" in said else usual) | said)
    with cast.units.reading() as unit:
        assert hand_again.owed(unit, lead.actor) == before
