"""The one way into every view, and the one way out.

A view is marked with its policy action and the kind of unit it works in. For each request the guard refuses what another
site sent, learns who asks, asks the policy, reads the body, lets the view prepare what is slow, runs it in its unit, commits,
and only then makes the page. So nothing is fetched for whoever may not have it, nothing leaves before its log entry is
committed, and no transaction waits for a network or a passphrase.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Protocol, cast

from flask import Flask, Response, current_app, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import Forbidden, HTTPException, ServiceUnavailable
from wtforms.validators import ValidationError

from complaints import clock
from complaints.errors import DomainError, Failure, NotFound
from complaints.policy import BOUND, POLICY, Action, Anonymous, Reporter, Staff, Verdict, decide
from complaints.services import accounts, sessions, undertakings
from complaints.services.unit import Unit
from complaints.vocabulary import Assurance, Event
from complaints.web import answers, faults
from complaints.web.replies import Page, Redirect, Reply
from complaints.web.session_interface import Audience, BrowserSession
from complaints.web.visit import Application, UnitKind, Visit, application, locale_of

__all__ = ["Application", "Guard", "Prepare", "UnitKind", "Visit", "guarded", "refuse_unguarded"]

Prepare = Callable[[Visit], object]
View = Callable[..., Reply]
ErrorReplies = Mapping[type[DomainError], Callable[[Visit, Any], Reply]]

SIGN_IN_PAGE = "sign_in.sign_in"
CODE_PAGE = "mailbox.code"
UNDERTAKING_PAGE = "own_account.undertaking"
_FACTOR_PAGES = {Verdict.FACTOR_FIRST: "second_factor.give", Verdict.ENROL_FIRST: "second_factor.overview"}

_SECRET = frozenset({"passphrase", "repeated", "chosen", "suggestion", "code", "recovery_code", "digits", "passkey"})
"""Fields that are shown to nobody again, whoever sent them."""

csrf = CSRFProtect()


class ReadBody(Protocol):
    """What a `prepare` that reads the body itself gives: with it, the token that stood in the form."""

    @property
    def csrf_token(self) -> str: ...


class Unguarded(Exception):
    """A view that nobody marked. The application does not start."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How a view is marked."""

    action: Action
    unit: UnitKind
    prepare: Prepare | None = None
    on_error: ErrorReplies = field(default_factory=dict)
    unsent: Callable[[Visit], Reply] | None = None
    takes_files: bool = False


def guarded(
    action: Action,
    unit: UnitKind,
    *,
    prepare: Prepare | None = None,
    on_error: ErrorReplies | None = None,
    unsent: Callable[[Visit], Reply] | None = None,
    takes_files: bool = False,
) -> Callable[[View], Callable[..., Response]]:
    """Marks `view(visit, **url_values) -> Reply`.

    `prepare` runs after the policy and before the unit, for what must not happen inside one (Argon2, uploads); it reads the
    body itself and its result is `visit.prepared`. `on_error` maps a domain error, from either, to a reply in place of an
    error page; it runs after the roll-back and after the error's failure is in the log. `unsent` answers a form whose session
    has ended or is another one by now, in place of the sign-in page or a 400, so that what was typed need not be lost.
    `takes_files`: the body is not a form until `prepare` has read it, as a `ReadBody`, whose token is checked right after.
    """
    guard = Guard(action, unit, prepare, on_error or {}, unsent, takes_files)

    def mark(view: View) -> Callable[..., Response]:
        @wraps(view)
        def handle(**values: Any) -> Response:
            return _handle(guard, view, values)

        handle.guard = guard  # type: ignore[attr-defined]
        return handle

    return mark


def guard_of(view: object) -> Guard | None:
    return cast("Guard | None", getattr(view, "guard", None))


def refuse_unguarded(app: Flask) -> None:
    """Raises Unguarded naming every rule whose view is not marked: whatever nobody thought of is not served."""
    unmarked = [rule.rule for rule in app.url_map.iter_rules() if guard_of(app.view_functions[rule.endpoint]) is None]
    if unmarked:
        raise Unguarded(f"no policy action guards: {', '.join(sorted(unmarked))}")


def _handle(guard: Guard, view: View, values: Mapping[str, Any]) -> Response:
    visit: Visit | None = None
    try:
        _refuse_other_sites(application().settings.origin)
        visit = _admit(guard.action, values)
        verdict = decide(visit.actor, guard.action)
        if verdict is not Verdict.ALLOWED:
            return answers.answer(visit, _turn_away(visit, guard, verdict))
        _check_body(guard)
        return answers.answer(visit, _perform(visit, guard, view, values))
    except DomainError as error:  # from the first chunk of a stream: nothing has left yet
        return answers.answer(visit, answers.error_page(error))
    except CSRFError as error:
        kept = guard.unsent(visit) if visit and guard.unsent else None
        return answers.answer(visit, kept) if kept else answers.http_error(visit, error)
    except HTTPException as error:
        return answers.http_error(visit, error)
    except faults.DATABASE_AWAY as error:  # nothing was done and nothing was shown
        current_app.logger.error("the database does not answer: %s", faults.kind_of(error))  # noqa: TRY400 - one line
        return answers.http_error(visit, ServiceUnavailable())


def _refuse_other_sites(origin: str) -> None:
    """A form that another site sent is refused before its body is read, whether or not a session would come with it."""
    if request.method != "POST":
        return
    claimed = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"} or claimed not in {None, origin}:
        raise Forbidden


def _admit(action: Action, values: Mapping[str, Any]) -> Visit:
    """Who asks: the owner of the live session that the cookie of these pages leads to, or nobody in particular."""
    app = application()
    browser = cast(BrowserSession, session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    actor: Anonymous | Reporter | Staff = Anonymous()
    audience = Audience.of(request.path)
    if audience is not Audience.PUBLIC:
        with app.units.reading() as unit:
            opened = browser.load(unit)
            # A token counts under its own cookie alone: one of the staff's in the mailbox's is nobody's, and the other way round.
            if audience is Audience.STAFF and opened is not None and opened.account is not None:
                staff = _assured(accounts.load_staff(unit, opened.account), browser)
                actor = _bound(unit, staff, action) if staff else actor
            elif audience is Audience.MAILBOX and opened is not None and opened.case is not None:
                actor = Reporter(opened.case)
    if isinstance(actor, Anonymous):
        browser.forget()
    wanted = request.args.get("lang")
    g.actor, g.locale = actor, locale_of(browser.get("locale"), actor)
    visit = Visit(app, actor, g.locale, values, opened=browser.opened)
    if visit.opened is not None:
        _note_use(visit, browser, wanted)
    return visit


def _assured(staff: Staff | None, browser: BrowserSession) -> Staff | None:
    """As sure as the session is. What says nothing of it, says that a factor is awaited."""
    return staff and replace(staff, assurance=Assurance(browser.get("assurance", Assurance.AWAITED)))


def _bound(unit: Unit, staff: Staff, action: Action) -> Staff:
    """By what they have signed until now, asked at each request: a new undertaking counts from the next one."""
    return replace(staff, bound=undertakings.is_bound(unit, staff.account)) if action in BOUND else staff


def _note_use(visit: Visit, browser: BrowserSession, wanted: str | None) -> None:
    """Keeps the language a member of staff chose, and notes once a minute that the session is in use."""
    if isinstance(visit.actor, Staff) and wanted == visit.locale and browser.get("locale") != wanted:
        browser["locale"] = wanted  # saved with the page, which notes the use as well
    elif visit.opened is not None and visit.opened.is_due(clock.now()):
        with visit.app.units.writing() as unit:
            sessions.touch(unit, visit.opened)


def _turn_away(visit: Visit, guard: Guard, verdict: Verdict) -> Reply:
    """Strangers are led to where they can say who they are; staff are told no, and the log is told that they tried."""
    if verdict in _FACTOR_PAGES:
        return Redirect(_FACTOR_PAGES[verdict], _next())
    if verdict is Verdict.UNDERTAKE_FIRST:
        return _keep_words(visit, guard) or Redirect(UNDERTAKING_PAGE, _next())
    if isinstance(visit.actor, Staff):
        _enter(visit, Failure(Event.DENIED, {"subject": guard.action.value, "reason": verdict.value}))
        raise Forbidden
    if request.method == "POST" and guard.unsent is not None:
        return guard.unsent(visit)
    if Reporter in POLICY[guard.action].actors:
        return Redirect(CODE_PAGE, {"locale": visit.locale})
    return _keep_words(visit, guard) or Redirect(SIGN_IN_PAGE, _next())


def _keep_words(visit: Visit, guard: Guard) -> Reply | None:
    """What somebody wrote in a form that is not taken as yet, in a page of its own. None where nothing was written."""
    if request.method != "POST":
        return None
    if guard.unsent is not None:
        return guard.unsent(visit)
    typed = [] if guard.takes_files else _typed()
    return (
        Page("sign_in/unsent.html", {"typed": typed, "unbound": isinstance(visit.actor, Staff)}, 403) if typed else None
    )


def _typed() -> list[str]:
    """What somebody wrote in a form that comes to nothing: whatever has words in it, and nothing that opens anything."""
    fields = request.form.items(multi=True)
    return [text for name, text in fields if name not in _SECRET and _has_words(text)]


def _has_words(text: str) -> bool:
    """Thai is written without spaces; ids, tokens and choices are in ASCII."""
    return len(text.split()) > 1 or not text.isascii()


def _next() -> dict[str, str]:
    """Where somebody was going, for when they have said who they are."""
    return {"next": request.full_path.rstrip("?")} if request.method == "GET" else {}


def _enter(visit: Visit, failure: Failure) -> None:
    """The entry of what did not happen, in a unit of its own. Where it cannot be written, the answer is 503 and nothing else."""
    try:
        with visit.app.units.writing() as unit:
            if isinstance(visit.actor, Reporter):
                unit.enter_later(failure.event, **failure.fields)
            else:
                unit.enter(failure.event, visit.actor if isinstance(visit.actor, Staff) else None, **failure.fields)
    except SQLAlchemyError as error:
        raise ServiceUnavailable from error


def _check_body(guard: Guard) -> None:
    """Reads the body and checks the form's token, before any unit opens.

    An action that is open to strangers rides on no session, so it needs no token: the check of the headers is enough.
    """
    if request.method == "POST":
        if Anonymous not in POLICY[guard.action].actors and not guard.takes_files:
            csrf.protect()
        if guard.prepare is None:
            _ = request.form


def _check_token(body: ReadBody) -> None:
    try:
        validate_csrf(body.csrf_token)
    except ValidationError as error:
        raise CSRFError(str(error)) from error


def _perform(visit: Visit, guard: Guard, view: View, values: Mapping[str, Any]) -> Reply:
    try:
        if guard.prepare is not None:
            visit.prepared = guard.prepare(visit)
            if guard.takes_files:
                _check_token(visit.prepared)
        return _run(visit, guard, view, values)
    except sessions.Ended:
        _become_nobody(visit)
        return _turn_away(visit, guard, decide(visit.actor, guard.action))
    except DomainError as error:
        return _explain(visit, guard, error)


def _become_nobody(visit: Visit) -> None:
    """The answer is the one to whoever has no session."""
    cast(BrowserSession, session._get_current_object()).forget()  # type: ignore[attr-defined]  # noqa: SLF001
    visit.actor = g.actor = Anonymous()
    visit.opened = None


def _explain(visit: Visit, guard: Guard, error: DomainError) -> Reply:
    """What the view has to say of an error, else an error page. Making that can fail too, and then that is entered as well."""
    if error.failure is not None:
        _enter(visit, error.failure)
    handler = next((guard.on_error[kind] for kind in type(error).__mro__ if kind in guard.on_error), None)
    if handler is None:
        return _error_page(visit, guard, error)
    try:
        return handler(visit, error)
    except DomainError as another:
        if another is not error and another.failure is not None:
            _enter(visit, another.failure)
        return _error_page(visit, guard, another)


def _error_page(visit: Visit, guard: Guard, error: DomainError) -> Reply:
    """With what a member of the staff had typed, where there is nothing for them any more: a case can be taken from them while they write.

    It says no more of a case that there is than of one that there never was.
    """
    if isinstance(error, NotFound) and request.method == "POST" and isinstance(visit.actor, Staff):
        typed = _typed() if not guard.takes_files else [visit.prepared.text] if visit.prepared else []
        return Page("errors/404.html", {"typed": list(filter(None, typed))}, 404)
    return answers.error_page(error)


def _run(visit: Visit, guard: Guard, view: View, values: Mapping[str, Any]) -> Reply:
    """The view in its unit. A reply comes back only when the unit has committed; else the unit has left no trace.

    What was prepared took its time. Whoever was signed out meanwhile does nothing any more. (A reporter's acts hold by the keys alone.)
    """
    if guard.unit is UnitKind.NONE:
        return view(visit, **values)
    opening = visit.app.units.reading() if guard.unit is UnitKind.READING else visit.app.units.writing()
    with opening as unit:
        if guard.prepare and unit.writable and isinstance(visit.actor, Staff) and visit.opened is not None:
            sessions.require_to_the_end(unit, visit.opened)
        visit.current_unit = unit
        try:
            return view(visit, **values)
        finally:
            visit.current_unit = None
