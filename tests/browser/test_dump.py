"""Whoever takes the disk, the logs, the process list or the memory of the server after everybody signed out finds no word of anybody's."""

import json
import os
import random
import socket
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import journey
from tests.browser.canaries import COMPRESSED, SHAPES, Canaries, Found, search_rows, search_tree
from tests.browser.conftest import new_visitor
from tests.browser.keyrings import keys_of
from tests.browser.processes import Watch, count_in_memory
from tests.browser.site import AUDITOR, INVESTIGATOR, LEAD, OTHER_LEAD, PASSPHRASES, UNASSIGNED, Site
from tests.browser.visitor import Device, Visitor
from tests.served import ROOT
from tests.served import Browser as Client

REPORT = ROOT / "test-output" / "memory.json"
OWN_KEY = "the log's own key"
DEVICE = Device("th", javascript=True, width=1280)


# -- The search itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [*SHAPES, *COMPRESSED])
def test_the_search_finds_each_shape(tmp_path: Path, shape: str) -> None:
    """Planted in the middle of noise."""
    canaries = Canaries()
    canaries.plain("other")
    word = canaries.plain("planted").encode()
    planted = COMPRESSED[shape](b"before " + word + b" after") if shape in COMPRESSED else SHAPES[shape](word)
    noise = random.Random(shape).randbytes
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "file").write_bytes(noise(5000) + planted + noise(5000))
    assert {hit.name for hit in search_tree(tmp_path, canaries.words)} == {"planted"}


@pytest.mark.parametrize("before", range(6))
def test_the_search_finds_base64_wherever_it_begins(tmp_path: Path, before: int) -> None:
    canaries = Canaries()
    text = canaries.text("planted").encode()
    (tmp_path / "file").write_bytes(b64encode(b"x" * before + text + b"tail"))
    assert {hit.name for hit in search_tree(tmp_path, canaries.words)} == {"planted"}


def test_the_search_finds_names_of_files(tmp_path: Path) -> None:
    canaries = Canaries()
    (tmp_path / f"x{canaries.plain('planted')}.tmp").touch()
    assert len(search_tree(tmp_path, canaries.words)) == 1


def test_the_search_finds_nothing_in_noise(tmp_path: Path) -> None:
    canaries = Canaries()
    canaries.text("absent")
    (tmp_path / "file").write_bytes(random.Random(1).randbytes(2_000_000))
    assert search_tree(tmp_path, canaries.words) == []


# -- A day's work, full of canaries ----------------------------------------------------------------------------------


@dataclass
class Day:
    """The server after everybody worked on it and signed out. It still runs."""

    site: Site
    canaries: Canaries
    watch: Watch
    keys: dict[str, bytes]
    greeting: list[str]
    """What the server says at its start."""


@pytest.fixture(scope="module")
def day(chromium: Browser, site: Site) -> Day:
    greeting = site.log().splitlines()
    work = Work(chromium, site)
    watch = Watch(site.served.pids)
    with watch.watching():
        work.do()
    return Day(site, work.canaries, watch, work.keys, greeting)


class Work:
    """Everything that anybody types, sends or is told is a canary."""

    def __init__(self, chromium: Browser, site: Site) -> None:
        self.canaries = Canaries()
        self.keys: dict[str, bytes] = {}
        self._chromium = chromium
        self._site = site
        self._elsewhere = site.folder.with_name(f"{site.folder.name}-visitors")
        self._elsewhere.mkdir()

    def do(self) -> None:
        receipt = self._report()
        reporter, reference = self._mailbox(receipt)
        self._investigate(reference)
        journey.write_to_investigators(reporter, self.canaries.text("message of the reporter"))
        self._keep_tokens("reporter", reporter)
        self._asked()
        self._comment()
        self._taken_down()
        self._mistakes()
        self.keys |= keys_of(self._site, receipt)
        reporter.find("form[action$='/inbox/leave'] button[type=submit]").click()
        expect(reporter.find("#code")).to_be_visible()
        reporter.context.close()
        self._others_come()

    def _visitor(self) -> Visitor:
        return new_visitor(self._chromium, DEVICE, self._site.origin)

    def _file(self, name: str) -> Path:
        path = self._elsewhere / f"{self.canaries.text(f'name of {name}')}.txt"
        path.write_text(f"{self.canaries.text(f'content of {name}')}\n" * 4000, "utf-8")
        return path

    def _report(self) -> str:
        answers = {**journey.ANSWERS, **{name: self.canaries.text(name) for name in journey.WRITTEN}}
        for name in ("phone", "email", "line-id"):
            answers[name] = self.canaries.plain(name)
        reporter = self._visitor()
        journey.begin(reporter)
        journey.fill_in(reporter, answers, file=self._file("the evidence"))
        journey.check(reporter)
        receipt = journey.send(reporter)
        self.canaries.add("receipt", receipt)
        self.canaries.add("receipt without dashes", receipt.replace("-", ""))
        self.canaries.add("receipt as typed", receipt.replace("-", "").lower())
        reporter.context.close()
        return receipt

    def _mailbox(self, receipt: str) -> tuple[Visitor, str]:
        reporter = self._visitor()
        journey.open_mailbox(reporter, receipt.replace("-", "").lower())
        return reporter, journey.reference_in(reporter)

    def _investigate(self, reference: str) -> None:
        lead = self._sign_in(LEAD)
        case = journey.open_case(lead, reference)
        journey.reply(lead, self.canaries.text("reply"))
        journey.write_note(lead, self.canaries.text("note"))
        assert self.canaries.words["content of the evidence"].encode() in journey.download(lead)
        journey.assign(lead, LEAD, {"ธนา": "identity"})
        self._for_oneself(lead, case)
        journey.sign_out(lead)
        investigator = self._sign_in(INVESTIGATOR)
        journey.open_case(investigator, reference)
        journey.open_identity(investigator, INVESTIGATOR, self.canaries.text("reason"))
        expect(investigator.find(".answers--identity")).to_contain_text(self.canaries.words["name"])
        journey.sign_out(investigator)
        auditor = self._sign_in(AUDITOR)
        auditor.go("/staff/log")
        journey.sign_out(auditor)

    def _for_oneself(self, lead: Visitor, case: str) -> None:
        """A label, a task, a draft, a search, and a copy that is taken away."""
        lead.go(case)
        lead.find("#own [name=label]").fill(self.canaries.plain("label"))
        lead.find("#own button[type=submit]").click()
        expect(lead.find(".govuk-notification-banner")).to_be_visible()
        lead.find("details:has(#task-text)").evaluate("box => { box.open = true }")
        lead.find("#task-text").fill(self.canaries.text("task"))
        lead.find("#task-due").fill(lead.find("#task-due").get_attribute("min") or "")
        lead.find("form:has(#task-text) button[type=submit]").click()
        expect(lead.find("#task-set")).to_be_visible()
        lead.find("#reply-text").fill(self.canaries.text("draft"))
        lead.find("[name=do][value=draft]").click()
        expect(lead.find("#sent")).to_be_visible()
        lead.go("/staff/cases/search")
        lead.find("[name=terms]").fill(self.canaries.words["note"])
        lead.find("main form button[type=submit]").click()
        expect(lead.find("main")).to_contain_text(f"{self.canaries.words['note']} ของฉัน")
        lead.go(f"{case}/export")
        with lead.page.expect_download() as arriving:
            lead.find("main form button[type=submit]").first.click()
        assert Path(arriving.value.path()).stat().st_size > 0

    def _comment(self) -> None:
        visitor = self._visitor()
        visitor.go("/th/notice")
        visitor.find("#comment").fill(self.canaries.text("comment on the notice"))
        visitor.find("#comments form button").click()
        expect(visitor.find("#comments")).to_have_count(0)
        visitor.context.close()
        lead = self._sign_in(LEAD)
        lead.go("/staff/comments")
        expect(lead.find("main")).to_contain_text(self.canaries.words["comment on the notice"])
        journey.sign_out(lead)

    def _taken_down(self) -> None:
        """A call is taken down; the first code is exchanged, and what was written down is corrected."""
        staff = self._sign_in(UNASSIGNED)
        staff.go("/staff/reports/new")
        for name, value in (("source", "phone"), ("language", "th")):
            staff.find(f"[name={name}][value={value}]").check()
        staff.find("[name=channel]").first.check()
        staff.find("[name=narrative]").fill(self.canaries.text("narrative taken down"))
        staff.find("#report button[type=submit]").last.click()
        expect(staff.find("#who")).to_be_visible()
        staff.find("button[formaction*='/send']").click()
        first = self.canaries.add("first code", journey.receipt_on(staff))
        journey.sign_out(staff)
        visitor = self._visitor()
        visitor.go("/th/inbox")
        visitor.find("#code").fill(first)
        visitor.find("form[action='/th/inbox'] button").click()
        self.canaries.add("code in exchange", journey.receipt_on(visitor))
        visitor.find("[name=kept]").check()
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find("main")).to_contain_text(self.canaries.words["narrative taken down"])
        visitor.find("[name=outcome][value=corrected]").check()
        visitor.find("#text").fill(self.canaries.text("correction of what was taken down"))
        visitor.find("main form button[type=submit]").click()
        expect(visitor.find(".govuk-notification-banner")).to_be_visible()
        self._keep_tokens("reporter of what was taken down", visitor)
        visitor.find("form[action$='/inbox/leave'] button[type=submit]").click()
        visitor.context.close()

    def _asked(self) -> None:
        """A channel asks questions of its own; its lead reads the answers, and closes the case among several."""
        reporter = self._visitor()
        journey.begin(reporter)
        journey.jump(reporter, 3)
        reporter.find("[name=way][value=named]").check()
        journey.jump(reporter, journey.CHANNEL_STEP)
        reporter.find("[name=channel]").nth(1).check()
        journey.jump(reporter, journey.NARRATIVE_STEP)
        reporter.find("[name=narrative]").fill(self.canaries.text("narrative beside asked"))
        journey.check(reporter)
        reporter.find(f"#s{journey.CHECK} input[type=text]").fill(self.canaries.text("asked of the report"))
        reporter.find(f"#s{journey.CHECK} [type=radio]").first.check()
        reporter.find(f"#s{journey.CHECK} textarea").fill(self.canaries.text("asked of the identity"))
        reporter.find(f"#s{journey.CHECK} [value=check]").click()
        journey.on_step(reporter, journey.CHECK + 1)
        receipt = self.canaries.add("receipt beside asked", journey.send(reporter))
        reporter.context.close()
        other, reference = self._mailbox(receipt)
        expect(other.find("main")).to_contain_text(self.canaries.words["asked of the report"])
        other.find("form[action$='/inbox/leave'] button[type=submit]").click()
        lead = self._sign_in(OTHER_LEAD)
        journey.open_case(lead, reference)
        expect(lead.find("#report")).to_contain_text(self.canaries.words["asked of the report"])
        journey.open_identity(lead, OTHER_LEAD, self.canaries.text("reason beside asked"))
        expect(lead.find(".answers--identity")).to_contain_text(self.canaries.words["asked of the identity"])
        lead.go("/staff/cases/several")
        lead.find(f"[name=chosen][value$='{reference}']").check()
        lead.find("#reason").fill(self.canaries.text("reason to close several"))
        lead.find("form[action*='/several'] button[type=submit]").click()
        expect(lead.find(f"[name=chosen][value$='{reference}']")).to_have_count(0)
        journey.sign_out(lead)

    def _sign_in(self, name: str) -> Visitor:
        visitor = self._visitor()
        journey.sign_in(visitor, name)
        self.canaries.add(f"passphrase of {name}", PASSPHRASES[name])
        self._keep_tokens(name, visitor)
        return visitor

    def _keep_tokens(self, owner: str, visitor: Visitor) -> None:
        for cookie in visitor.context.cookies():
            self.canaries.add(f"session token of {owner}", str(cookie.get("value")))

    def _mistakes(self) -> None:
        """What is typed, sent or cut short where it does not belong."""
        visitor = self._visitor()
        self._mistaken_sign_in(visitor)
        with visitor.expecting(400):
            visitor.go("/th/inbox")
            visitor.find("#code").fill(self.canaries.plain("mistyped receipt"))
            visitor.find("form[action='/th/inbox'] button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()
        visitor.go(f"/th/{self.canaries.plain('address')}?q={self.canaries.plain('query')}", 404)
        journey.begin(visitor)
        journey.jump(visitor, journey.FILES_STEP)
        journey.choose_file(visitor, self._file("a report never sent"))
        expect(visitor.find(".attached__name")).to_be_visible()
        visitor.context.close()
        for request in (self._malformed(), self._cut_short()):
            with socket.create_connection(("127.0.0.1", self._site.served.port)) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(20)
                while connection.recv(65536):
                    pass

    def _mistaken_sign_in(self, visitor: Visitor) -> None:
        """A passphrase where the name belongs, and one that is wrong."""
        with visitor.expecting(403):
            visitor.go("/staff/sign-in")
            visitor.find("[name=name]").fill(self.canaries.plain("passphrase typed as a name"))
            visitor.find("[name=passphrase]").fill(self.canaries.plain("wrong passphrase"))
            visitor.find("main form button[type=submit]").click()
            expect(visitor.find(".govuk-error-summary")).to_be_visible()

    def _malformed(self) -> bytes:
        return f"GET /{self.canaries.plain('malformed request')} HTTP/9.9 and more\r\n\r\n".encode()

    def _cut_short(self) -> bytes:
        """An upload whose sender lost the connection."""
        head = (
            "POST /th/form/change HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 9000000\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name="files"; '
            f'filename="{self.canaries.plain("name of an upload cut short")}"\r\n\r\n'
        )
        return head.encode() + self.canaries.text("content of an upload cut short").encode() * 20_000

    def _others_come(self) -> None:
        """Strangers, on every thread of every worker."""
        for _ in range(8):
            with Client(self._site.served.port) as client:
                for path in ("/th/", "/th/form", "/en/notice", "/en/form", "/staff/sign-in"):
                    client.get(path)


# -- What a thief finds ----------------------------------------------------------------------------------------------


def said(found: list[Found]) -> str:
    return "\n".join(f"{hit.name} ({hit.shape}): {hit.where}" for hit in sorted(set(found)))


def test_nothing_is_on_the_disk(day: Day) -> None:
    """The database and its write-ahead log, the data folder, the server's home, log and temporary folder, while it still runs."""
    assert (day.site.data / "complaints.sqlite-wal").stat().st_size > 0
    assert not (found := search_tree(day.site.folder, day.canaries.words)), said(found)


def test_nothing_is_in_any_row(day: Day) -> None:
    assert not (found := search_rows(day.site.database_file, day.canaries.words)), said(found)


def test_nothing_is_in_command_lines_environments_or_files_without_a_name(day: Day) -> None:
    everything = Canaries(day.canaries.words)
    folder = day.site.folder.with_name(f"{day.site.folder.name}-seen")
    folder.mkdir()
    for number, seen in enumerate(day.watch.seen):
        (folder / str(number)).write_bytes(seen)
    assert len(day.watch.seen) >= len({"command line", "environment"})
    assert not (found := search_tree(folder, everything.words)), said(found)


def test_no_file_was_open_beside_those_that_were_searched(day: Day) -> None:
    assert day.watch.files, "the database at least is written"
    outside = {path for path in day.watch.files if not Path(path).is_relative_to(day.site.folder)}
    assert outside == set(), "what the server writes elsewhere was not searched"


def test_the_log_of_the_server_says_next_to_nothing(day: Day) -> None:
    said = [line for line in day.site.log().splitlines() if "a malformed request was refused" not in line]
    assert said == day.greeting


# -- What a core holds -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root reads the server's memory: nobody else can, which is as it should be"
)
def test_what_memory_holds_after_everybody_signed_out(day: Day) -> None:
    patterns = {f"{name}|utf-8": word.encode() for name, word in day.canaries.words.items()}
    patterns |= {f"{name}|utf-16-le": word.encode("utf-16-le") for name, word in day.canaries.words.items()}
    patterns |= {f"{name}|raw": key for name, key in day.keys.items()}
    patterns |= {f"{name}|hex": key.hex().encode() for name, key in day.keys.items()}
    counts: Counter[str] = Counter()
    for pid in day.site.served.pids():
        counts.update(count_in_memory(pid, patterns))
    left: dict[str, dict[str, int]] = {}
    for pattern, count in sorted(counts.items()):
        name, _, shape = pattern.partition("|")
        left.setdefault(name, {})[shape] = count
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(left, indent=1, ensure_ascii=False), "utf-8")
    assert left.pop(OWN_KEY)["raw"] > 0, "the search sees the key that the server needs as long as it runs"
    assert {name: shapes for name, shapes in left.items() if any(shapes.values())} == {}
