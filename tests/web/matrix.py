"""Everybody who can come, and an address for every view: what the matrix of tests/web/test_matrix.py asks."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from complaints.models import Account, File
from complaints.services import processors, sessions, vouching
from complaints.services.unit import Units
from complaints.vocabulary import AccountState
from tests.cast import CANARIES, NARRATIVE, Cast, Person, Report
from tests.services.test_processors import HOSTING
from tests.stage import upload
from tests.web.conftest import Browser

EVIDENCE = "CANARY-EVIDENCE"

ACTORS = (
    "anonymous",
    "reporter",  # with the receipt of the case
    "another-reporter",  # with the receipt of another
    "with-identity",
    "without-identity",
    "not-assigned",
    "lead",
    "another-lead",
    "administrator",
    "custodian",
    "auditor",
    "suspended",  # who held the case with its identity, and whose session nobody has ended
)


@dataclass(frozen=True)
class Scene:
    """A case with a name, a story and a file, assigned to two; a second one; and an outside processor."""

    cast: Cast
    report: Report
    other: Report
    file: bytes
    processor: bytes


def set_scene(cast: Cast) -> Scene:
    report = cast.report(cast.draft(files=(upload(cast.units, EVIDENCE.encode()),)))
    other = cast.report(cast.draft(narrative="Another story", identity={}))
    cast.assign(report, {cast.investigator: True, cast.second_investigator: False, cast.triage: True})
    with cast.units.reading() as unit:
        file = unit.session.query(File.id).filter_by(case_id=report.case).first()
    assert file is not None
    with cast.units.writing() as unit:
        processor = processors.add(unit, cast.administrator.actor, HOSTING)
    return Scene(cast, report, other, file.id, processor)


def browser_of(app: Flask, units: Units, scene: Scene, actor: str) -> Browser:
    """Signed in, or with a mailbox open, without the price of any passphrase."""
    cast, browser = scene.cast, Browser(app.test_client())
    reporters = {"reporter": scene.report, "another-reporter": scene.other}
    staff: dict[str, Person] = {
        "with-identity": cast.investigator,
        "without-identity": cast.second_investigator,
        "not-assigned": cast.unassigned,
        "lead": cast.lead,
        "another-lead": cast.other_lead,
        "administrator": cast.administrator,
        "custodian": cast.custodian,
        "auditor": cast.auditor,
        "suspended": cast.triage,
    }
    if actor in reporters:
        with units.writing() as unit:
            token = sessions.begin(unit, reporters[actor].reporter, reporters[actor].keys)
        browser.give_cookie("__Host-inbox", token)
    elif actor in staff:
        with units.writing() as unit:
            browser.give_cookie("__Host-staff", sessions.begin(unit, staff[actor].actor, staff[actor].keys))
            if actor == "suspended":
                account = unit.session.get_one(Account, cast.triage.account)
                account.state = AccountState.SUSPENDED.value
                account.vouched = vouching.for_account(unit.secrets, account)
    return browser


def is_in(browser: Browser, actor: str) -> bool:
    """Whether they still have the session that they came with: some views end it."""
    name = "__Host-inbox" if "reporter" in actor else "__Host-staff"
    return actor == "anonymous" or browser.cookie(name) is not None


def what_it_shows(text: str) -> str:
    """`+i`: who the reporter is. `+r`: what they told, or a file of theirs. Else nothing."""
    if any(value in text for value in CANARIES.values()):
        return "+i"
    return "+r" if NARRATIVE in text or EVIDENCE in text else ""


def asked(app: Flask, scene: Scene) -> list[tuple[str, str, str]]:
    """Each view: its endpoint, a method, and an address that concerns the scene where it concerns any case at all.

    All at once: what is asked while this context is open shares it, and the words of one page would speak the language of another.
    """
    with app.test_request_context(base_url="https://report.example.org"):
        adapter = app.create_url_adapter(None) or app.url_map.bind("report.example.org", url_scheme="https")
        return [
            (rule.endpoint, method, adapter.build(rule.endpoint, _values(rule, scene), method))
            for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]


def _values(rule: Rule, scene: Scene) -> dict[str, Any]:
    known: dict[str, Any] = {
        "locale": "en",
        "case": scene.report.case,
        "file": scene.file,
        "channel": scene.cast.channel,
        "account": scene.cast.auditor.account,
        "processor": scene.processor,
    }
    return {name: known.get(name, _made_up(rule, name)) for name in rule.arguments}


def _made_up(rule: Rule, name: str) -> Any:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return {"IdConverter": bytes(16), "IntegerConverter": 1}.get(type(converter).__name__, "none-such")
