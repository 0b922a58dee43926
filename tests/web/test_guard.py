"""The guard's order: nothing fetched before the policy, no transaction while a body is read, nothing shown before the commit."""

import io
import logging
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from complaints import clock
from complaints.database import Database
from complaints.errors import Conflict, Denied, DomainError, Failure, Invalid, NotFound, NotReady, Refused
from complaints.policy import Action
from complaints.services import log_reading
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Event
from complaints.web import answers
from complaints.web.faults import QuietFormatter
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Archive, Download, Page, Redirect, Reply, Text
from tests.cast import Cast, Person
from tests.web.conftest import ORIGIN, Browser, Log

PROBE = "/staff/probe"
View = Callable[..., Reply]
Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(app: Flask, cast: Cast, signed_in: Callable[[Person], Browser]) -> Ask:
    """Serves a view of the test's own, marked as asked, and gets its answer for the auditor."""

    def ask(
        view: View,
        unit: UnitKind = UnitKind.WRITING,
        *,
        method: str = "GET",
        person: Person | None = None,
        **marks: object,
    ) -> TestResponse:
        guard = guarded(Action.READ_LOG, unit, **marks)  # type: ignore[arg-type]
        app.add_url_rule(PROBE, "probe", guard(view), methods=[method])
        browser = signed_in(person or cast.auditor)
        if method == "GET":
            return browser.get(PROBE)
        return browser.post(PROBE, token=browser.token_on("/staff/log?lang=en"))

    return ask


@pytest.fixture
def full_disk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be entered in the log any more."""

    def fail(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    monkeypatch.setattr(app.extensions["complaints"].units.access_log, "append", fail)


def text(_visit: Visit) -> Text:
    return Text("shown")


def raising(error: Exception) -> View:
    def view(visit: Visit) -> Reply:
        visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        raise error

    return view


# -- Units -----------------------------------------------------------------------------------------------------------


def test_what_a_view_wrote_is_committed_before_its_page_is_made(
    ask: Ask, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[int] = []

    def view(visit: Visit) -> Page:
        visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        return Page("sign_in/home.html")

    def render(*_: object, **__: object) -> str:
        with units.reading() as unit:
            committed.append(len(log_reading.page(unit.session, event=Event.NOTE_WRITTEN).lines))
        return "shown"

    monkeypatch.setattr(answers, "render_template", render)
    assert ask(view).text == "shown"
    assert committed == [1]


def test_a_page_whose_commit_fails_is_never_made(ask: Ask, full_disk: None, log: Log) -> None:
    def view(visit: Visit) -> Text:
        visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        return Text("CANARY")

    response = ask(view)
    assert response.status_code == 503
    assert "CANARY" not in response.text
    assert log.entries(Event.NOTE_WRITTEN) == []


def test_a_view_that_raises_leaves_no_trace(ask: Ask, log: Log) -> None:
    assert ask(raising(Conflict())).status_code == 409
    assert log.entries(Event.NOTE_WRITTEN) == []


def test_the_log_of_a_fault_says_what_and_where_and_nothing_of_the_visitor(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    error = RuntimeError("CANARY")
    error.__cause__ = KeyError("CANARY-CAUSE")
    ask(raising(error))
    (record,) = caplog.records
    said = QuietFormatter().format(record)
    assert said.startswith(f"{clock.today().isoformat()} [ERROR] a request failed: builtins.RuntimeError\n")
    assert "builtins.KeyError" in said
    assert re.search(r"test_guard\.py:\d+:view", said)
    assert "CANARY" not in said
    assert PROBE not in said
    assert "raise" not in said


def test_a_traceback_that_somebody_else_logs_is_described_too() -> None:
    with pytest.raises(ValueError, match="CANARY") as caught:
        int("CANARY")
    about = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "it failed", None, about)
    said = QuietFormatter().format(record)
    assert re.search(r"it failed\nbuiltins\.ValueError\n  \S+test_guard\.py:\d+:test_\w+$", said)


def test_a_database_that_is_away_is_one_line_in_the_log(
    ask: Ask, full_disk: None, caplog: pytest.LogCaptureFixture
) -> None:
    def view(visit: Visit) -> Text:
        visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        return Text("")

    ask(view)
    (record,) = caplog.records
    assert record.exc_info is None
    assert record.getMessage() == "the database does not answer: Exception"


def test_a_fault_leaves_no_trace_either(ask: Ask, log: Log) -> None:
    assert ask(raising(RuntimeError("CANARY"))).status_code == 500
    assert log.entries(Event.NOTE_WRITTEN) == []


def test_there_is_no_unit_where_none_was_asked_for(ask: Ask) -> None:
    seen: list[object] = []

    def view(visit: Visit) -> Text:
        with pytest.raises(RuntimeError):
            seen.append(visit.unit)
        return Text("")

    assert ask(view, UnitKind.NONE).status_code == 200
    assert seen == []


def test_a_reading_view_cannot_write_to_the_log(ask: Ask) -> None:
    def view(visit: Visit) -> Text:
        with pytest.raises(RuntimeError):
            visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        return Text("")

    assert ask(view, UnitKind.READING).status_code == 200


def test_the_unit_is_gone_when_the_view_has_returned(ask: Ask) -> None:
    visits: list[Visit] = []

    def view(visit: Visit) -> Text:
        visits.append(visit)
        assert isinstance(visit.unit, Unit)
        return Text("")

    ask(view)
    assert visits[0].current_unit is None


# -- Order -----------------------------------------------------------------------------------------------------------


def test_nothing_runs_for_whoever_may_not(ask: Ask, cast: Cast) -> None:
    def never(_visit: Visit) -> Text:
        raise AssertionError("this ran")

    assert ask(never, prepare=never, person=cast.lead).status_code == 403


def test_prepare_runs_outside_the_unit_and_its_result_goes_in(ask: Ask) -> None:
    def prepare(visit: Visit) -> str:
        assert visit.current_unit is None
        return "prepared"

    def view(visit: Visit) -> Text:
        return Text(visit.prepared)

    assert ask(view, prepare=prepare).text == "prepared"


def test_no_transaction_is_open_while_the_body_arrives(
    app: Flask, cast: Cast, signed_in: Callable[[Person], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_units: list[str] = []
    during: list[list[str]] = []

    def watched(name: str) -> Callable[[Database], object]:
        opening = getattr(Database, name)

        def enter(database: Database) -> object:
            context = opening(database)

            class Watched:
                def __enter__(self) -> object:
                    open_units.append(name)
                    return context.__enter__()

                def __exit__(self, *error: object) -> object:
                    open_units.remove(name)
                    return context.__exit__(*error)

            return Watched()

        return enter

    class Body(io.BytesIO):
        def readinto(self, buffer: object) -> int:
            during.append(list(open_units))
            return super().readinto(buffer)  # type: ignore[arg-type]

        def read(self, size: int | None = -1) -> bytes:
            during.append(list(open_units))
            return super().read(size)

    app.add_url_rule(PROBE, "probe", guarded(Action.READ_LOG, UnitKind.WRITING)(text), methods=["POST"])
    browser = signed_in(cast.auditor)
    body = f"csrf_token={browser.token_on('/staff/log')}&text=x".encode()
    for name in ("reading", "writing"):
        monkeypatch.setattr(Database, name, watched(name))
    response = browser.client.post(
        PROBE,
        base_url=ORIGIN,
        input_stream=Body(body),
        content_type="application/x-www-form-urlencoded",
        headers={"Content-Length": str(len(body))},
    )
    assert response.text == "shown"
    assert during
    assert all(units == [] for units in during)


# -- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(), 404),
        (Denied("No."), 403),
        (Conflict(), 409),
        (Invalid({"text": "missing"}), 400),
        (NotReady("Not yet."), 503),
        (Refused(), 500),
    ],
)
def test_each_error_has_its_answer(ask: Ask, error: DomainError, status: int) -> None:
    assert ask(raising(error)).status_code == status


def test_what_does_not_verify_says_so(ask: Ask) -> None:
    assert "does not verify" in ask(raising(Refused("row 7")), method="POST").text


def test_a_failure_is_entered_though_its_unit_was_rolled_back(ask: Ask, cast: Cast, log: Log) -> None:
    failure = Failure(Event.IDENTITY_REFUSED, {"reason": "no-grant"})
    assert ask(raising(NotFound(failure=failure))).status_code == 404
    (entry,) = log.entries(Event.IDENTITY_REFUSED)
    assert (entry["actor"], entry["reason"]) == (cast.auditor.account.hex(), "no-grant")
    assert log.entries(Event.NOTE_WRITTEN) == []


def test_a_failure_that_cannot_be_entered_is_answered_by_503(ask: Ask, full_disk: None) -> None:
    kept: list[object] = []
    response = ask(
        raising(NotFound(failure=Failure(Event.IDENTITY_REFUSED))),
        on_error={NotFound: lambda _visit, error: kept.append(error) or Text("")},
    )
    assert response.status_code == 503
    assert kept == []


def test_a_denial_that_cannot_be_entered_is_answered_by_503(ask: Ask, cast: Cast, full_disk: None) -> None:
    assert ask(text, person=cast.lead).status_code == 503


def test_a_view_may_answer_its_own_errors(ask: Ask) -> None:
    def explain(_visit: Visit, error: Invalid) -> Text:
        return Text(",".join(error.problems), status=400)

    response = ask(raising(Invalid({"text": "missing"})), on_error={Invalid: explain})
    assert (response.status_code, response.text) == (400, "text")


def test_what_fails_while_an_error_is_explained_is_entered_too(ask: Ask, log: Log) -> None:
    def explain(_visit: Visit, _error: Invalid) -> Text:
        raise Denied(failure=Failure(Event.IDENTITY_REFUSED, {"reason": "no-grant"}))

    assert ask(raising(Invalid({"text": "missing"})), on_error={Invalid: explain}).status_code == 403
    assert [entry["reason"] for entry in log.entries(Event.IDENTITY_REFUSED)] == ["no-grant"]


def test_an_error_that_its_own_explanation_raises_again_is_entered_once(ask: Ask, log: Log) -> None:
    def explain(_visit: Visit, error: NotFound) -> Text:
        raise error

    error = NotFound(failure=Failure(Event.IDENTITY_REFUSED, {"reason": "no-grant"}))
    assert ask(raising(error), on_error={NotFound: explain}).status_code == 404
    assert len(log.entries(Event.IDENTITY_REFUSED)) == 1


def test_an_error_in_prepare_is_answered_in_the_same_way(ask: Ask) -> None:
    def prepare(_visit: Visit) -> None:
        raise Invalid({"file": "empty"})

    assert (
        ask(text, prepare=prepare, on_error={Invalid: lambda _visit, _error: Text("asked again")}).text == "asked again"
    )


# -- Replies ---------------------------------------------------------------------------------------------------------


def download(chunks: Callable[[], Iterator[bytes]]) -> View:
    return lambda _visit: Download("ภาพ.png", 6, chunks)


def test_a_file_is_streamed_to_keep_and_not_to_show(ask: Ask) -> None:
    response = ask(download(lambda: iter([b"abc", b"def"])))
    assert response.data == b"abcdef"
    assert response.headers["Content-Length"] == "6"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Content-Security-Policy"].endswith("; sandbox")


def test_its_stream_is_begun_after_the_commit(ask: Ask, units: Units) -> None:
    def chunks() -> Iterator[bytes]:
        with units.reading() as unit:
            yield str(len(log_reading.page(unit.session, event=Event.NOTE_WRITTEN).lines)).encode() * 6

    def view(visit: Visit) -> Download:
        visit.unit.enter(Event.NOTE_WRITTEN, visit.staff)
        return Download("x", 6, chunks)

    assert ask(view).data == b"111111"


def test_a_file_that_does_not_verify_from_its_start_gets_a_page_that_says_so(ask: Ask) -> None:
    def chunks() -> Iterator[bytes]:
        raise Refused
        yield b""

    response = ask(download(chunks))
    assert response.status_code == 500
    assert response.mimetype == "text/html"


def test_a_page_is_not_boxed_in(ask: Ask) -> None:
    assert "sandbox" not in ask(lambda _visit: Page("sign_in/home.html")).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "reply",
    [
        Page("x.html", {"words": "CANARY"}),
        Download("CANARY", 6, lambda: iter([b"CANARY"])),
        Archive("x.zip", "x.html", "x.html", {"words": "CANARY"}, [("CANARY", lambda: iter([b"CANARY"]))]),
        Text("CANARY"),
    ],
    ids=lambda reply: type(reply).__name__,
)
def test_a_reply_does_not_say_what_is_in_it(reply: Reply) -> None:
    assert "CANARY" not in repr(reply)


def test_a_notice_is_kept_for_the_next_page(
    ask: Ask, app: Flask, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    view = guarded(Action.READ_LOG, UnitKind.NONE)(lambda _visit: Redirect("audit.read_log", notice="CANARY"))
    app.add_url_rule("/staff/notice", "notice", view)
    browser = signed_in(cast.auditor)
    browser.get("/staff/notice")
    assert "CANARY" in browser.get("/staff/log").text
    assert "CANARY" not in browser.get("/staff/log").text


def test_the_signed_in_person_is_known_to_extensions_without_a_key(app: Flask, ask: Ask, cast: Cast) -> None:
    from flask_login import current_user  # noqa: PLC0415 - a proxy that only means something here

    def view(_visit: Visit) -> Text:
        assert request.endpoint == "probe"
        return Text(f"{current_user.is_authenticated} {current_user.get_id()} {sorted(vars(current_user))}")

    assert ask(view).text == f"True {cast.auditor.account.hex()} ['staff']"


def test_nothing_of_the_visitor_is_hashed_into_a_session(app: Flask) -> None:
    login = app.login_manager  # type: ignore[attr-defined]
    assert login.session_protection is None
    assert login._session_identifier_generator() == ""
