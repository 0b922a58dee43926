"""Who has looked, as the reporter sees it: how often, by whom, why, each with a proof that anybody can check."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from complaints.cli.log import log as log_commands
from complaints.services import identity
from complaints.services.access_log import AccessLog
from complaints.services.unit import Units
from complaints.vocabulary import OpeningReason
from complaints.web.whole_words import JOINER
from tests.cast import Cast, Person, Report
from tests.web.conftest import Browser

LOOKED = "/en/inbox/case/looked"

Look = Callable[[Person], None]


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


@pytest.fixture
def look(units: Units, report: Report) -> Look:
    def open_identity(person: Person) -> None:
        with units.writing() as unit:
            identity.open_identity(
                unit,
                person.actor,
                person.keys,
                person.identity_key,
                report.case,
                OpeningReason.CONTACT,
                "CANARY-REASON",
            )

    return open_identity


def proof_file(browser: Browser) -> bytes:
    found = re.search(rf'href="({LOOKED}/\d+)"', browser.get(LOOKED).text)
    assert found
    answer = browser.get(found[1])
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    return bytes(answer.data)


def check(tmp_path: Path, content: bytes, *options: str) -> tuple[int, str]:
    """In a folder that holds the file and nothing else, with no setting of any installation."""
    file = tmp_path / "elsewhere" / "proof.json"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    result = CliRunner(env={"COMPLAINTS_DATA_DIR": None}).invoke(log_commands, ["verify-proof", str(file), *options])
    return result.exit_code, result.output


def test_nobody_has_looked(opened: Browser) -> None:
    assert "Nobody has opened your name" in opened.get(LOOKED).text


def test_once(opened: Browser, cast: Cast, look: Look) -> None:
    look(cast.lead)
    text = opened.get(LOOKED).text
    assert "Your name has been opened once" in text
    assert "To contact you" in text


def test_how_often_by_whom_and_why(opened: Browser, cast: Cast, report: Report, look: Look) -> None:
    look(cast.lead)
    cast.assign(report)
    look(cast.investigator)
    text = opened.get(LOOKED).text
    assert "Your name has been opened 2 times" in text
    assert text.index("Investigator 2") < text.index("Investigator 1")
    assert text.count("✓ Proved") == 2


def test_nothing_of_the_person_or_their_words_is_shown(opened: Browser, cast: Cast, look: Look) -> None:
    look(cast.lead)
    shown = opened.get(LOOKED).text.partition("<main")[2] + proof_file(opened).decode()
    for hidden in (cast.lead.display_name, cast.lead.account.hex(), "CANARY"):
        assert hidden not in shown


def test_it_says_what_no_proof_can_show(opened: Browser) -> None:
    assert "That none is missing, this page cannot prove." in opened.get(LOOKED).text


def test_in_thai(opened: Browser, cast: Cast, look: Look) -> None:
    look(cast.lead)
    shown = opened.get("/th/inbox/case/looked").text.replace(JOINER, "")
    assert "มีการเปิดดูชื่อของคุณ 1 ครั้ง" in shown


def test_the_file_is_checked_where_there_is_no_database(
    opened: Browser, cast: Cast, look: Look, access_log: AccessLog, tmp_path: Path
) -> None:
    look(cast.lead)
    status, said = check(tmp_path, proof_file(opened), "--key", access_log.verifier_key)
    assert status == 0
    assert "event: identity.opened" in said
    assert "under a checkpoint signed with the given key" in said


def test_the_file_with_any_one_byte_changed_does_not_hold(
    opened: Browser, cast: Cast, look: Look, access_log: AccessLog, tmp_path: Path
) -> None:
    """A byte of each kind of thing in it, and why it fails."""
    look(cast.lead)
    content = proof_file(opened)
    document = json.loads(content)
    places = {
        "reason": (b'"contact"', b'"contacu"', "reason is not what the entry commits to"),
        "commitment": (document["commitments"][0].encode(), None, "does NOT hold"),
        "checkpoint": (b"\\n", b"\\r", "no proof"),
        "format": (b"log-proof/1", b"log-proof/2", "not a proof of the format"),
    }
    for before, after, why in places.values():
        changed = after or (b"0" if before[:1] != b"0" else b"1") + before[1:]
        status, said = check(tmp_path, content.replace(before, changed, 1), "--key", access_log.verifier_key)
        assert status == 1
        assert why in said


def test_an_entry_of_somebody_elses_is_not_there(opened: Browser, cast: Cast, units: Units, look: Look) -> None:
    look(cast.lead)
    for position in range(25):
        answer = opened.get(f"{LOOKED}/{position}")
        if answer.status_code == 200:
            assert json.loads(answer.data)["position"] == position
            assert b"identity.opened" in answer.data
        else:
            assert answer.status_code == 404


def test_without_the_receipt_it_leads_to_the_code(browser: Browser, report: Report) -> None:
    for address in (LOOKED, f"{LOOKED}/1"):
        assert browser.get(address).location == "/en/inbox"


def test_staff_do_not_reach_it(cast: Cast, report: Report, signed_in: Callable[[Person], Browser]) -> None:
    assert signed_in(cast.lead).get(LOOKED).location == "/en/inbox"
