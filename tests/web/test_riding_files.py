"""A form says of a waiting file what the server found when it arrived: whoever changes a part of that has it refused, and loses nothing else."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from complaints.config import Secrets
from complaints.services import case_reading
from complaints.services.unit import Units
from complaints.web.reporter.posted import Posted
from tests.cast import Cast, Person, Report
from tests.evidence import photo
from tests.web.conftest import Browser, token_in
from tests.web.forms import PageForm, Upload
from tests.web.test_casework_reply import received, send_with
from tests.web.test_evidence import opened_by_lead
from tests.web.test_mailbox_conversation import CASE, words_of
from tests.web.test_mailbox_conversation import send as write
from tests.web.test_reporter_files import blank, listed, refused, send, stored, with_files
from tests.web.test_taking_down import CHECK, SEND, WORDS, filled

SCRIPT: Upload = ("notes.txt", b'CreateObject("WScript.Shell").Run "calc"', "text/plain")
PHOTO: Upload = ("photo.jpg", photo(), "image/jpeg")
OTHER: Upload = ("other.txt", b"other", "text/plain")
DAMAGED = "A file was damaged on its way."

WHOLE = ("id", "key", "length", "type", "result", "name", "word")
CLEANED = ("id", "key", "length", "type", "copy's id", "copy's key", "copy's length", "found", "name", "word")


def parts(rides: str, names: tuple[str, ...]) -> dict[str, str]:
    """What a field says, by the names of its parts."""
    return dict(zip(names, rides.split(":"), strict=True))


def joined(said: dict[str, str]) -> str:
    return ":".join(said.values())


def otherwise(part: str, value: str) -> str:
    """Another value that looks as well."""
    match part:
        case "length" | "copy's length":
            return str(int(value) + 1)
        case "type":
            return "application/pdf"
        case "result":
            return "not" if value == "nothing" else "nothing"
        case "found":
            return value + value
        case "name":
            return "invoice.hta"
        case _:
            return value[::-1]


def ridden(answer: TestResponse) -> str:
    found = re.search(r'name="staged" value="([^"]+)"', answer.text)
    assert found
    return unescape(found[1])


def as_program(rides: str) -> str:
    return joined(parts(rides, WHOLE) | {"name": "invoice.hta"})


# -- The report's form ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["change", "check", "send"])
def test_a_program_does_not_come_in_under_another_name(browser: Browser, units: Units, cast: Cast, step: str) -> None:
    form = PageForm.on(browser, with_files(browser, SCRIPT, OTHER)).fill(declared="y", where="At the pier")
    script, other = form.values["staged"]
    form.values["staged"] = [as_program(script), other]
    answer = form.post(f"/en/form/{step}")
    refused(answer, DAMAGED)
    assert "invoice.hta" not in answer.text
    assert listed(answer) == ["other.txt"]
    again = PageForm.on(browser, answer)
    assert (again["narrative"], again["where"]) == ("It happened.", "At the pier")
    receipt = send(again.post("/en/form/check"), browser)
    assert [line.name for line in opened_by_lead(cast, receipt).files] == ["other.txt"]


@pytest.mark.parametrize(
    ("upload", "names", "part"),
    [(SCRIPT, WHOLE, part) for part in WHOLE] + [(PHOTO, CLEANED, part) for part in CLEANED],
)
def test_no_part_of_what_a_file_is_can_be_changed(
    browser: Browser, cast: Cast, upload: Upload, names: tuple[str, ...], part: str
) -> None:
    form = PageForm.on(browser, with_files(browser, upload, OTHER))
    rides, other = form.values["staged"]
    said = parts(rides, names)
    form.values["staged"] = [joined(said | {part: otherwise(part, said[part])}), other]
    answer = form.post("/en/form/check")
    refused(answer, DAMAGED)
    assert listed(answer) == ["other.txt"]
    assert PageForm.on(browser, answer)["narrative"] == "It happened."


def test_the_original_is_not_passed_off_as_the_clean_copy(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, PHOTO))
    said = parts(form["staged"], CLEANED)
    swapped = {name: said[f"copy's {name}"] for name in ("id", "key", "length")}
    swapped |= {f"copy's {name}": said[name] for name in ("id", "key", "length")}
    form.values["staged"] = [joined(said | swapped)]
    refused(form.post("/en/form/check"), DAMAGED)


def test_a_word_is_for_its_own_file(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, SCRIPT, OTHER))
    first, second = (parts(rides, WHOLE) for rides in form.values["staged"])
    form.values["staged"] = [joined(first | {"word": second["word"]}), joined(second | {"word": first["word"]})]
    answer = form.post("/en/form/check")
    refused(answer, DAMAGED)
    assert listed(answer) == []


def test_a_field_without_a_word_is_refused(browser: Browser, cast: Cast) -> None:
    form = PageForm.on(browser, with_files(browser, SCRIPT))
    form.values["staged"] = [form["staged"].rpartition(":")[0]]
    refused(form.post("/en/form/check"), DAMAGED)


def test_a_name_with_colons_rides_along(browser: Browser, cast: Cast) -> None:
    answer = with_files(browser, ("ข้อ 1: a:b:.txt", b"x", "text/plain"))
    assert listed(PageForm.on(browser, answer).post("/en/form/check")) == ["ข้อ 1: a:b:.txt"]


def test_another_process_with_the_same_secrets_takes_it_and_another_server_does_not(
    browser: Browser, cast: Cast, secrets: Secrets, tmp_path_factory: pytest.TempPathFactory
) -> None:
    form = MultiDict([("staged", PageForm.on(browser, with_files(browser, SCRIPT))["staged"])])
    again = Posted.parse(Secrets.load(secrets.directory), form)
    assert ([file.name for file in again.files], again.refused) == (["notes.txt"], ())
    elsewhere = Posted.parse(Secrets.create(tmp_path_factory.mktemp("elsewhere")), form)
    assert (elsewhere.files, [file.reason for file in elsewhere.refused]) == ((), ["altered"])


def test_what_is_refused_waits_for_the_sweep(browser: Browser, units: Units, cast: Cast) -> None:
    form = blank(browser)
    form.uploads = [SCRIPT]
    form = PageForm.on(browser, form.post("/en/form/change"))
    form.values["staged"] = [as_program(form["staged"])]
    form.post("/en/form/check")
    assert stored(units) == 1


# -- Messages, and what staff write ----------------------------------------------------------------------------------


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def test_a_message_brings_no_program_under_another_name(
    browser: Browser, cast: Cast, report: Report, units: Units
) -> None:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    answer = write(browser, "kept words", [("notes.txt", SCRIPT[1]), ("empty.txt", b"")], browser.token_on(CASE))
    rides = ridden(answer)
    answer = write(browser, "kept words", [], token_in(answer), staged=as_program(rides))
    assert answer.status_code == 400
    assert DAMAGED in answer.text
    assert "kept words" in answer.text
    assert "invoice.hta" not in answer.text
    assert words_of(cast, report, units) == ([], [])
    assert write(browser, "kept words", [], token_in(answer), staged=rides).status_code == 303
    assert words_of(cast, report, units) == (["kept words"], ["notes.txt"])


def test_what_could_not_be_cleaned_is_not_said_to_hide_nothing(
    browser: Browser, cast: Cast, report: Report, units: Units
) -> None:
    """It would go without its sender's word, and the lead would read that it was looked through."""
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    answer = write(browser, "see", [("noise.bin", b"\x00\x01 noise")], browser.token_on(CASE))
    said = parts(ridden(answer), WHOLE)
    assert said["result"] == "not"
    answer = write(browser, "see", [], token_in(answer), staged=joined(said | {"result": "nothing"}))
    assert answer.status_code == 400
    assert words_of(cast, report, units) == ([], [])


def test_staff_send_no_program_under_another_name(
    cast: Cast, signed_in: Callable[[Person], Browser], report: Report
) -> None:
    staff = signed_in(cast.lead)
    answer = send_with(staff, report, "kept words", ("notes.txt", SCRIPT[1]), ("empty.txt", b""))
    rides = ridden(answer)
    answer = send_with(staff, report, "kept words", staged=as_program(rides))
    assert answer.status_code == 400
    assert "kept words" in answer.text
    assert "invoice.hta" not in answer.text
    assert received(cast, report) == []
    assert send_with(staff, report, "kept words", staged=rides).status_code == 303
    with cast.units.writing() as unit:
        case = case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case)
    assert [file.name for message in case.messages for file in message.files] == ["notes.txt"]


@pytest.mark.parametrize("step", [CHECK, SEND])
def test_a_report_that_staff_take_down_brings_none_either(
    cast: Cast, signed_in: Callable[[Person], Browser], step: str
) -> None:
    browser = signed_in(cast.unassigned)
    form = filled(browser, cast)
    form.uploads = [SCRIPT]
    form = PageForm.on(browser, form.post(CHECK))
    form.values["staged"] = [as_program(form["staged"])]
    answer = form.post(step)
    assert answer.status_code == 400
    assert WORDS in answer.text
    assert "invoice.hta" not in answer.text
    assert DAMAGED in answer.text
