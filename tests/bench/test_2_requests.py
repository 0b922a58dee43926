"""What reporters and investigators wait for: Check, Send, lists, cases, identities, sign-ins."""

import pytest

from complaints.services import casework
from complaints.vocabulary import IdentityField
from tests.bench.conftest import FULL
from tests.bench.figures import Crowd, Meter, Run
from tests.cast import CANARIES, Report
from tests.installed import Installed, to_send
from tests.served import Answer, Browser, Served

pytestmark = pytest.mark.bench

REPORTS = 400 if FULL else 120
REQUESTS = 400 if FULL else 150
WRAPS = 7
"""Grants of a report in the cast's channel: the reporter's two, the lead's three, the triage member's two."""
CORES = 2


@pytest.mark.parametrize("clients", [1, 4, 16])
def test_check_and_send(run: Run, bench: Installed, server: Served, meter: Meter, clients: int) -> None:
    form = bench.answers()
    checked: list[Answer] = []
    with Crowd(server) as crowd:
        check = crowd.each(lambda browser: checked.append(browser.post_parts("/th/form/check", form)), REPORTS)
        run.add(meter.measure("Check", check, clients=clients))
    forms = [to_send(form, page) for page in checked]
    with Crowd(server) as crowd:
        send = crowd.each(lambda browser: browser.post_parts("/th/form/send", forms.pop()), REPORTS)
        sent = run.add(meter.measure("Send", send, clients=clients))
    commits, seals = run.rate("limit: durable commits"), CORES * run.rate("limit: HPKE seals") / WRAPS
    sent.limit = f"least of {commits:,.0f} commits/s and {seals:,.0f} x {WRAPS} seals/s"
    sent.share = round(sent.per_second / min(commits, seals), 3)


def test_the_reporters_whole_way(run: Run, bench: Installed, server: Served, meter: Meter) -> None:
    """Home, form, Check, Send, one after the other, in one browser each."""
    form = bench.answers()

    def report(browser: Browser) -> None:
        browser.get("/th/")
        browser.get("/th/form")
        checked = browser.post_parts("/th/form/check", form)
        browser.post_parts("/th/form/send", to_send(form, checked))

    with Crowd(server) as crowd:
        run.add(meter.measure("home, form, Check, Send", crowd.each(report, REPORTS // 2), clients=4))


@pytest.mark.parametrize("path", ["/th/", "/th/form"])
def test_pages_of_the_reporter(run: Run, server: Served, meter: Meter, path: str) -> None:
    with Crowd(server) as crowd:
        run.add(meter.measure(f"GET {path}", crowd.each(lambda browser: browser.get(path), REQUESTS), clients=4))


@pytest.fixture(scope="module")
def case(bench: Installed) -> Report:
    """Assigned, with six messages and four notes in it."""
    report = bench.cast.report()
    bench.cast.assign(report)
    return written_in(bench, report)


def written_in(bench: Installed, report: Report) -> Report:
    cast = bench.cast
    for number in range(6):
        with bench.units.writing() as unit:
            casework.reply(unit, cast.investigator.actor, cast.investigator.keys, report.case, f"ข้อความที่ {number}")
    for number in range(4):
        with bench.units.writing() as unit:
            casework.write_note(unit, cast.lead.actor, cast.lead.keys, report.case, f"บันทึกที่ {number}")
    return report


@pytest.mark.parametrize("clients", [1, 4])
def test_opening_a_case(run: Run, bench: Installed, server: Served, meter: Meter, case: Report, clients: int) -> None:
    path = f"/staff/cases/{case.case.hex()}"
    with Crowd(server, bench.cookie(bench.cast.investigator)) as crowd:
        reading = crowd.each(lambda browser: browser.get(path), REQUESTS)
        run.add(meter.measure("open a case", reading, clients=clients))


def test_opening_an_identity(run: Run, bench: Installed, server: Served, meter: Meter, case: Report) -> None:
    """With the form before it, and the passphrase's Argon2id run in it."""
    investigator = bench.cast.investigator
    path = f"/staff/cases/{case.case.hex()}/identity"

    def open_identity(browser: Browser) -> None:
        form = browser.get(path)
        tokens = [(name, form.value(name)) for name in ("csrf_token", "once")]
        words = [("reason", "contact"), ("words", "ต้องติดต่อผู้ร้องเรียน"), ("passphrase", investigator.passphrase)]
        assert CANARIES[IdentityField.NAME] in browser.post(path, [*tokens, *words]).text

    with Crowd(server, bench.cookie(investigator)) as crowd:
        run.add(meter.measure("open an identity", crowd.each(open_identity, 20)))


@pytest.mark.parametrize("clients", [1, 2])
def test_signing_in(run: Run, bench: Installed, server: Served, meter: Meter, clients: int) -> None:
    form = [("name", bench.cast.lead.name), ("passphrase", bench.cast.lead.passphrase)]
    with Crowd(server) as crowd:
        sign_in = crowd.each(lambda browser: browser.post("/staff/sign-in", form, expect=303), 24)
        run.add(meter.measure("sign in", sign_in, clients=clients))
