"""The whole policy table, against what it is meant to be, written out."""

from dataclasses import replace

import pytest

from complaints.policy import POLICY, Action, Actor, Anonymous, Reporter, Staff, Verdict, decide
from complaints.vocabulary import AccountState, Assurance, Role

_ID = bytes(16)


def _staff(*roles: Role, state: AccountState = AccountState.ACTIVE) -> Staff:
    return Staff(_ID, "Somebody", frozenset(roles), state=state)


ACTORS: dict[str, Actor] = {
    "anonymous": Anonymous(),
    "reporter": Reporter(_ID),
    "investigator": _staff(Role.INVESTIGATOR),
    "administrator": _staff(Role.ADMINISTRATOR),
    "custodian": _staff(Role.CUSTODIAN),
    "auditor": _staff(Role.AUDITOR),
    "custodian who investigates": _staff(Role.CUSTODIAN, Role.INVESTIGATOR),
    "no role": _staff(),
    "suspended investigator": _staff(Role.INVESTIGATOR, state=AccountState.SUSPENDED),
    "suspended administrator": _staff(Role.ADMINISTRATOR, state=AccountState.SUSPENDED),
    "suspended auditor": _staff(Role.AUDITOR, state=AccountState.SUSPENDED),
}

_EVERYBODY = set(ACTORS)
_REPORTER = {"reporter"}
_SIGNED_IN = {
    "investigator",
    "administrator",
    "custodian",
    "auditor",
    "custodian who investigates",
    "no role",
}
_INVESTIGATORS = {"investigator", "custodian who investigates"}
_ADMINISTRATORS = {"administrator"}
_AUDITORS = {"auditor"}
_CUSTODIANS = {"custodian", "custodian who investigates"}

ALLOWED: dict[Action, set[str]] = {
    Action.SEE_PUBLIC: _EVERYBODY,
    Action.REPORT: _EVERYBODY,
    Action.COMMENT: _EVERYBODY,
    Action.OPEN_MAILBOX: _EVERYBODY,
    Action.USE_MAILBOX: _REPORTER,
    Action.SEE_OPENINGS: _REPORTER,
    Action.SEE_OWN_IDENTITY: _REPORTER,
    Action.GIVE_IDENTITY: _REPORTER,
    Action.WITHDRAW_IDENTITY: _REPORTER,
    Action.TAKE_OWN_DATA: _REPORTER,
    Action.CHECK_TRANSCRIPT: _REPORTER,
    Action.CHANGE_RECEIPT: _REPORTER,
    Action.ASK_ABOUT_DATA: _REPORTER,
    Action.ANSWER_CHECK_IN: _REPORTER,
    Action.DECIDE_ABOUT_DATA: _INVESTIGATORS,
    Action.SIGN_IN: _EVERYBODY,
    Action.RECOVER: _EVERYBODY,
    Action.DRAW_NEW_KEYS: _EVERYBODY,
    Action.SIGN_OUT: _SIGNED_IN,
    Action.SEE_HOME: _SIGNED_IN,
    Action.TAKE_DOWN: _INVESTIGATORS,
    Action.LIST_CASES: _INVESTIGATORS,
    Action.ARRANGE_CASES: _INVESTIGATORS,
    Action.READ_CASE: _INVESTIGATORS,
    Action.READ_FILE: _INVESTIGATORS,
    Action.READ_ORIGINAL: _INVESTIGATORS,
    Action.WRITE_MESSAGE: _INVESTIGATORS,
    Action.WRITE_NOTE: _INVESTIGATORS,
    Action.HANDLE_TASKS: _INVESTIGATORS,
    Action.ASSIGN_CASE: _INVESTIGATORS,
    Action.EXPORT_CASE: _INVESTIGATORS,
    Action.MOVE_CASE: _INVESTIGATORS,
    Action.SEARCH_CASES: _INVESTIGATORS,
    Action.RECUSE: _INVESTIGATORS,
    Action.RENEW_KEYS: _INVESTIGATORS,
    Action.REPLACE_INVESTIGATOR: _INVESTIGATORS,
    Action.HAND_OVER_AGAIN: _INVESTIGATORS,
    Action.HANDLE_CASE: _INVESTIGATORS,
    Action.CLOSE_CASE: _INVESTIGATORS,
    Action.CLOSE_SEVERAL: _INVESTIGATORS,
    Action.REOPEN_CASE: _INVESTIGATORS,
    Action.END_REHEARSAL: _INVESTIGATORS,
    Action.LINK_CASES: _INVESTIGATORS,
    Action.MERGE_CASES: _INVESTIGATORS,
    Action.OPEN_IDENTITY: _INVESTIGATORS,
    Action.ASK_FOR_IDENTITY: _INVESTIGATORS,
    Action.DECLINE_IDENTITY: _INVESTIGATORS,
    Action.SEE_TIMELINE: _INVESTIGATORS,
    Action.READ_COMMENTS: _INVESTIGATORS,
    Action.DECIDE_COMMENTS: _INVESTIGATORS,
    Action.SEE_ACCOUNTS: _ADMINISTRATORS,
    Action.CHANGE_ROLES: _ADMINISTRATORS,
    Action.SUSPEND_ACCOUNT: _ADMINISTRATORS,
    Action.ASK_FOR_NEW_KEYS: _ADMINISTRATORS,
    Action.ASK_FOR_NO_FACTORS: _ADMINISTRATORS,
    Action.PROPOSE_REPLACEMENT: _ADMINISTRATORS,
    Action.SEE_CHANNELS: _ADMINISTRATORS,
    Action.GIVE_FACTOR: _SIGNED_IN,
    Action.CHANGE_FACTORS: _SIGNED_IN,
    Action.END_SESSIONS: _SIGNED_IN,
    Action.ACCEPT_INVITATION: _EVERYBODY,
    Action.SEE_OWN_ACCOUNT: _SIGNED_IN,
    Action.CHANGE_ADDRESS: _SIGNED_IN,
    Action.CHANGE_PASSPHRASE: _SIGNED_IN,
    Action.DRAW_RECOVERY_CODE: _SIGNED_IN,
    Action.SEE_RECOVERIES: _CUSTODIANS,
    Action.RELEASE_RECOVERY: _CUSTODIANS,
    Action.SIGN_UNDERTAKING: _INVESTIGATORS | {"custodian"},
    Action.SEE_SET_UP: _ADMINISTRATORS,
    Action.PUBLISH_TEXTS: _ADMINISTRATORS,
    Action.INVITE: _ADMINISTRATORS,
    Action.CREATE_CHANNEL: _ADMINISTRATORS,
    Action.CHANGE_CHANNEL: _ADMINISTRATORS,
    Action.CHANGE_QUESTIONS: _ADMINISTRATORS,
    Action.REHEARSE_CHANNEL: _ADMINISTRATORS,
    Action.SEE_PROCESSORS: _ADMINISTRATORS | _AUDITORS,
    Action.CHANGE_PROCESSORS: _ADMINISTRATORS,
    Action.SEE_REQUESTS: _INVESTIGATORS | _ADMINISTRATORS,
    Action.CONFIRM_REQUEST: _INVESTIGATORS | _ADMINISTRATORS,
    Action.READ_LOG: _AUDITORS,
    Action.VERIFY_LOG: _AUDITORS,
    Action.TAKE_CHECKPOINT: _AUDITORS,
    Action.SEE_STATISTICS: _AUDITORS,
}


def _expected(name: str, action: Action) -> Verdict:
    if name in ALLOWED[action]:
        return Verdict.ALLOWED
    if name in {"anonymous", "reporter"}:
        return Verdict.SIGN_IN_FIRST
    return Verdict.SUSPENDED if name.startswith("suspended") else Verdict.ROLE_MISSING


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("name", ACTORS)
def test_every_actor_and_action(name: str, action: Action) -> None:
    assert decide(ACTORS[name], action) is _expected(name, action)


def test_every_action_has_a_rule_and_an_expectation() -> None:
    assert set(POLICY) == set(ALLOWED) == set(Action)


def test_what_has_no_rule_is_no_action(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(POLICY, Action.READ_CASE)
    with pytest.raises(KeyError):
        decide(ACTORS["investigator"], Action.READ_CASE)


BEFORE_SIGNING = {Action.TAKE_DOWN, Action.LIST_CASES, Action.RECUSE, Action.SEE_TIMELINE}
"""Of what investigators alone do: it shows nothing that is sealed, says itself what is missing, or lets them go."""


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    "name", ["investigator", "administrator", "custodian", "custodian who investigates", "auditor"]
)
def test_before_the_undertaking_is_signed_no_case_opens_and_no_key_is_handed_over(name: str, action: Action) -> None:
    expected = _expected(name, action)
    opens = ALLOWED[action] == _INVESTIGATORS and action not in BEFORE_SIGNING
    if expected is Verdict.ALLOWED and (opens or action is Action.RELEASE_RECOVERY):
        expected = Verdict.UNDERTAKE_FIRST
    assert decide(replace(ACTORS[name], bound=False), action) is expected  # type: ignore[type-var]


OPENS_NOTHING = {Action.SIGN_OUT, Action.GIVE_FACTOR}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("name", ["investigator", "administrator", "custodian", "auditor", "no role"])
def test_while_a_second_factor_is_awaited_nothing_else_is_done(name: str, action: Action) -> None:
    actor = replace(ACTORS[name], assurance=Assurance.AWAITED)  # type: ignore[type-var]
    open_to_all = ALLOWED[action] == _EVERYBODY
    expected = _expected(name, action)
    if expected is Verdict.ALLOWED and not open_to_all and action not in OPENS_NOTHING:
        expected = Verdict.FACTOR_FIRST
    assert decide(actor, action) is expected


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("name", ["investigator", "administrator", "custodian"])
def test_without_any_second_factor_no_case_opens_and_nobodys_rights_change(name: str, action: Action) -> None:
    expected = _expected(name, action)
    case = ALLOWED[action] == _INVESTIGATORS
    rights = {
        Action.CHANGE_ROLES,
        Action.SUSPEND_ACCOUNT,
        Action.ASK_FOR_NEW_KEYS,
        Action.ASK_FOR_NO_FACTORS,
        Action.PROPOSE_REPLACEMENT,
        Action.HAND_OVER_AGAIN,
        Action.PUBLISH_TEXTS,
        Action.INVITE,
        Action.CREATE_CHANNEL,
        Action.CHANGE_CHANNEL,
        Action.CHANGE_QUESTIONS,
        Action.REHEARSE_CHANNEL,
        Action.CHANGE_PROCESSORS,
        Action.CONFIRM_REQUEST,
        Action.RELEASE_RECOVERY,
    }
    if expected is Verdict.ALLOWED and (case or action in rights):
        expected = Verdict.ENROL_FIRST
    lacking = replace(ACTORS[name], assurance=Assurance.LACKING)  # type: ignore[type-var]
    waived = replace(ACTORS[name], assurance=Assurance.WAIVED)  # type: ignore[type-var]
    assert decide(lacking, action) is expected
    assert decide(waived, action) is _expected(name, action)
