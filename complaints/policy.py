"""Who may try what. Everything is denied until it is named here; and what is allowed here still needs a grant to open anything."""

from dataclasses import dataclass, field
from enum import StrEnum

from complaints.vocabulary import AccountState, Assurance, Locale, Role


class Action(StrEnum):
    """Everything a view can do, one name each."""

    SEE_PUBLIC = "see-public"
    REPORT = "report"
    COMMENT = "comment"
    OPEN_MAILBOX = "open-mailbox"
    USE_MAILBOX = "use-mailbox"
    SEE_OPENINGS = "see-openings"
    SEE_OWN_IDENTITY = "see-own-identity"
    GIVE_IDENTITY = "give-identity"
    WITHDRAW_IDENTITY = "withdraw-identity"
    TAKE_OWN_DATA = "take-own-data"
    CHECK_TRANSCRIPT = "check-transcript"
    CHANGE_RECEIPT = "change-receipt"
    ASK_ABOUT_DATA = "ask-about-data"
    ANSWER_CHECK_IN = "answer-check-in"
    DECIDE_ABOUT_DATA = "decide-about-data"
    SIGN_IN = "sign-in"
    RECOVER = "recover"
    DRAW_NEW_KEYS = "draw-new-keys"
    SIGN_OUT = "sign-out"
    SEE_HOME = "see-home"
    TAKE_DOWN = "take-down"
    LIST_CASES = "list-cases"
    ARRANGE_CASES = "arrange-cases"
    READ_CASE = "read-case"
    READ_FILE = "read-file"
    READ_ORIGINAL = "read-original"
    WRITE_MESSAGE = "write-message"
    WRITE_NOTE = "write-note"
    HANDLE_TASKS = "handle-tasks"
    ASSIGN_CASE = "assign-case"
    EXPORT_CASE = "export-case"
    SEARCH_CASES = "search-cases"
    MOVE_CASE = "move-case"
    RECUSE = "recuse"
    RENEW_KEYS = "renew-keys"
    REPLACE_INVESTIGATOR = "replace-investigator"
    HAND_OVER_AGAIN = "hand-over-again"
    HANDLE_CASE = "handle-case"
    CLOSE_CASE = "close-case"
    CLOSE_SEVERAL = "close-several"
    REOPEN_CASE = "reopen-case"
    END_REHEARSAL = "end-rehearsal"
    LINK_CASES = "link-cases"
    MERGE_CASES = "merge-cases"
    OPEN_IDENTITY = "open-identity"
    ASK_FOR_IDENTITY = "ask-for-identity"
    DECLINE_IDENTITY = "decline-identity"
    SEE_TIMELINE = "see-timeline"
    READ_COMMENTS = "read-comments"
    DECIDE_COMMENTS = "decide-comments"
    SEE_ACCOUNTS = "see-accounts"
    CHANGE_ROLES = "change-roles"
    SUSPEND_ACCOUNT = "suspend-account"
    ASK_FOR_NEW_KEYS = "ask-for-new-keys"
    ASK_FOR_NO_FACTORS = "ask-for-no-factors"
    PROPOSE_REPLACEMENT = "propose-replacement"
    SEE_CHANNELS = "see-channels"
    GIVE_FACTOR = "give-factor"
    CHANGE_FACTORS = "change-factors"
    END_SESSIONS = "end-sessions"
    ACCEPT_INVITATION = "accept-invitation"
    SEE_OWN_ACCOUNT = "see-own-account"
    CHANGE_ADDRESS = "change-address"
    CHANGE_PASSPHRASE = "change-passphrase"  # noqa: S105 - a word of the policy
    DRAW_RECOVERY_CODE = "draw-recovery-code"
    SEE_RECOVERIES = "see-recoveries"
    RELEASE_RECOVERY = "release-recovery"
    SIGN_UNDERTAKING = "sign-undertaking"
    SEE_SET_UP = "see-set-up"
    PUBLISH_TEXTS = "publish-texts"
    INVITE = "invite"
    CREATE_CHANNEL = "create-channel"
    CHANGE_CHANNEL = "change-channel"
    CHANGE_QUESTIONS = "change-questions"
    REHEARSE_CHANNEL = "rehearse-channel"
    SEE_PROCESSORS = "see-processors"
    CHANGE_PROCESSORS = "change-processors"
    SEE_REQUESTS = "see-requests"
    CONFIRM_REQUEST = "confirm-request"
    READ_LOG = "read-log"
    VERIFY_LOG = "verify-log"
    TAKE_CHECKPOINT = "take-checkpoint"
    SEE_STATISTICS = "see-statistics"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Whoever has neither signed in nor given a receipt."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """A reporter who gave their receipt. Reaches one case: their own."""

    case: bytes


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in account, as it stands at this request."""

    account: bytes
    name: str
    roles: frozenset[Role]
    locale: Locale = Locale.THAI
    state: AccountState = AccountState.ACTIVE
    assurance: Assurance = Assurance.GIVEN
    bound: bool = True
    """Whether they have signed the newest undertaking. Looked up for the actions of `BOUND` alone."""


Actor = Anonymous | Reporter | Staff

EVERYONE = frozenset({Anonymous, Reporter, Staff})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who an action is for: kinds of actor, and for staff the roles of which one is needed (none named: any)."""

    actors: frozenset[type]
    roles: frozenset[Role] = field(default_factory=frozenset)


def _staff(*roles: Role) -> Rule:
    return Rule(frozenset({Staff}), frozenset(roles))


POLICY: dict[Action, Rule] = {
    Action.SEE_PUBLIC: Rule(EVERYONE),
    Action.REPORT: Rule(EVERYONE),
    Action.COMMENT: Rule(EVERYONE),
    Action.OPEN_MAILBOX: Rule(EVERYONE),
    Action.USE_MAILBOX: Rule(frozenset({Reporter})),
    Action.SEE_OPENINGS: Rule(frozenset({Reporter})),
    Action.SEE_OWN_IDENTITY: Rule(frozenset({Reporter})),
    Action.GIVE_IDENTITY: Rule(frozenset({Reporter})),
    Action.WITHDRAW_IDENTITY: Rule(frozenset({Reporter})),
    Action.TAKE_OWN_DATA: Rule(frozenset({Reporter})),
    Action.CHECK_TRANSCRIPT: Rule(frozenset({Reporter})),
    Action.CHANGE_RECEIPT: Rule(frozenset({Reporter})),
    Action.ASK_ABOUT_DATA: Rule(frozenset({Reporter})),
    Action.ANSWER_CHECK_IN: Rule(frozenset({Reporter})),
    Action.DECIDE_ABOUT_DATA: _staff(Role.INVESTIGATOR),
    Action.SIGN_IN: Rule(EVERYONE),
    Action.RECOVER: Rule(EVERYONE),
    Action.DRAW_NEW_KEYS: Rule(EVERYONE),
    Action.SIGN_OUT: _staff(),
    Action.SEE_HOME: _staff(),
    Action.TAKE_DOWN: _staff(Role.INVESTIGATOR),
    Action.LIST_CASES: _staff(Role.INVESTIGATOR),
    Action.ARRANGE_CASES: _staff(Role.INVESTIGATOR),
    Action.READ_CASE: _staff(Role.INVESTIGATOR),
    Action.READ_FILE: _staff(Role.INVESTIGATOR),
    Action.READ_ORIGINAL: _staff(Role.INVESTIGATOR),
    Action.WRITE_MESSAGE: _staff(Role.INVESTIGATOR),
    Action.WRITE_NOTE: _staff(Role.INVESTIGATOR),
    Action.HANDLE_TASKS: _staff(Role.INVESTIGATOR),
    Action.ASSIGN_CASE: _staff(Role.INVESTIGATOR),
    Action.EXPORT_CASE: _staff(Role.INVESTIGATOR),
    Action.SEARCH_CASES: _staff(Role.INVESTIGATOR),
    Action.MOVE_CASE: _staff(Role.INVESTIGATOR),
    Action.RECUSE: _staff(Role.INVESTIGATOR),
    Action.RENEW_KEYS: _staff(Role.INVESTIGATOR),
    Action.REPLACE_INVESTIGATOR: _staff(Role.INVESTIGATOR),
    Action.HAND_OVER_AGAIN: _staff(Role.INVESTIGATOR),
    Action.HANDLE_CASE: _staff(Role.INVESTIGATOR),
    Action.CLOSE_CASE: _staff(Role.INVESTIGATOR),
    Action.CLOSE_SEVERAL: _staff(Role.INVESTIGATOR),
    Action.REOPEN_CASE: _staff(Role.INVESTIGATOR),
    Action.END_REHEARSAL: _staff(Role.INVESTIGATOR),
    Action.LINK_CASES: _staff(Role.INVESTIGATOR),
    Action.MERGE_CASES: _staff(Role.INVESTIGATOR),
    Action.OPEN_IDENTITY: _staff(Role.INVESTIGATOR),
    Action.ASK_FOR_IDENTITY: _staff(Role.INVESTIGATOR),
    Action.DECLINE_IDENTITY: _staff(Role.INVESTIGATOR),
    Action.SEE_TIMELINE: _staff(Role.INVESTIGATOR),
    Action.READ_COMMENTS: _staff(Role.INVESTIGATOR),
    Action.DECIDE_COMMENTS: _staff(Role.INVESTIGATOR),
    Action.SEE_ACCOUNTS: _staff(Role.ADMINISTRATOR),
    Action.CHANGE_ROLES: _staff(Role.ADMINISTRATOR),
    Action.SUSPEND_ACCOUNT: _staff(Role.ADMINISTRATOR),
    Action.ASK_FOR_NEW_KEYS: _staff(Role.ADMINISTRATOR),
    Action.ASK_FOR_NO_FACTORS: _staff(Role.ADMINISTRATOR),
    Action.PROPOSE_REPLACEMENT: _staff(Role.ADMINISTRATOR),
    Action.SEE_CHANNELS: _staff(Role.ADMINISTRATOR),
    Action.GIVE_FACTOR: _staff(),
    Action.CHANGE_FACTORS: _staff(),
    Action.END_SESSIONS: _staff(),
    Action.ACCEPT_INVITATION: Rule(EVERYONE),
    Action.SEE_OWN_ACCOUNT: _staff(),
    Action.CHANGE_ADDRESS: _staff(),
    Action.CHANGE_PASSPHRASE: _staff(),
    Action.DRAW_RECOVERY_CODE: _staff(),
    Action.SEE_RECOVERIES: _staff(Role.CUSTODIAN),
    Action.RELEASE_RECOVERY: _staff(Role.CUSTODIAN),
    Action.SIGN_UNDERTAKING: _staff(Role.INVESTIGATOR, Role.CUSTODIAN),
    Action.SEE_SET_UP: _staff(Role.ADMINISTRATOR),
    Action.PUBLISH_TEXTS: _staff(Role.ADMINISTRATOR),
    Action.INVITE: _staff(Role.ADMINISTRATOR),
    Action.CREATE_CHANNEL: _staff(Role.ADMINISTRATOR),
    Action.CHANGE_CHANNEL: _staff(Role.ADMINISTRATOR),
    Action.CHANGE_QUESTIONS: _staff(Role.ADMINISTRATOR),
    Action.REHEARSE_CHANNEL: _staff(Role.ADMINISTRATOR),
    Action.SEE_PROCESSORS: _staff(Role.ADMINISTRATOR, Role.AUDITOR),
    Action.CHANGE_PROCESSORS: _staff(Role.ADMINISTRATOR),
    Action.SEE_REQUESTS: _staff(Role.INVESTIGATOR, Role.ADMINISTRATOR),
    Action.CONFIRM_REQUEST: _staff(Role.INVESTIGATOR, Role.ADMINISTRATOR),
    Action.READ_LOG: _staff(Role.AUDITOR),
    Action.VERIFY_LOG: _staff(Role.AUDITOR),
    Action.TAKE_CHECKPOINT: _staff(Role.AUDITOR),
    Action.SEE_STATISTICS: _staff(Role.AUDITOR),
}


BEFORE_FACTOR = frozenset({Action.SIGN_OUT, Action.GIVE_FACTOR})
"""All that a session may do while its account's second factor is awaited."""

WITH_FACTOR = frozenset(
    {
        Action.TAKE_DOWN,
        Action.LIST_CASES,
        Action.ARRANGE_CASES,
        Action.READ_CASE,
        Action.READ_FILE,
        Action.READ_ORIGINAL,
        Action.WRITE_MESSAGE,
        Action.WRITE_NOTE,
        Action.HANDLE_TASKS,
        Action.DECIDE_ABOUT_DATA,
        Action.ASSIGN_CASE,
        Action.EXPORT_CASE,
        Action.SEARCH_CASES,
        Action.MOVE_CASE,
        Action.RECUSE,
        Action.RENEW_KEYS,
        Action.REPLACE_INVESTIGATOR,
        Action.HAND_OVER_AGAIN,
        Action.HANDLE_CASE,
        Action.CLOSE_CASE,
        Action.CLOSE_SEVERAL,
        Action.REOPEN_CASE,
        Action.END_REHEARSAL,
        Action.LINK_CASES,
        Action.MERGE_CASES,
        Action.OPEN_IDENTITY,
        Action.ASK_FOR_IDENTITY,
        Action.DECLINE_IDENTITY,
        Action.SEE_TIMELINE,
        Action.READ_COMMENTS,
        Action.DECIDE_COMMENTS,
        Action.CHANGE_ROLES,
        Action.SUSPEND_ACCOUNT,
        Action.ASK_FOR_NEW_KEYS,
        Action.ASK_FOR_NO_FACTORS,
        Action.PROPOSE_REPLACEMENT,
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
)
"""What an account without any second factor may not do: open cases, and change who can."""


BOUND = frozenset(
    {
        Action.ARRANGE_CASES,  # answered with the case's own page where the form is not in order
        Action.READ_CASE,
        Action.READ_FILE,
        Action.READ_ORIGINAL,
        Action.WRITE_MESSAGE,
        Action.WRITE_NOTE,
        Action.HANDLE_TASKS,
        Action.DECIDE_ABOUT_DATA,
        Action.ASSIGN_CASE,
        Action.EXPORT_CASE,
        Action.SEARCH_CASES,
        Action.MOVE_CASE,
        Action.RENEW_KEYS,
        Action.REPLACE_INVESTIGATOR,
        Action.HAND_OVER_AGAIN,
        Action.HANDLE_CASE,
        Action.CLOSE_CASE,
        Action.CLOSE_SEVERAL,
        Action.REOPEN_CASE,
        Action.LINK_CASES,
        Action.MERGE_CASES,
        Action.OPEN_IDENTITY,
        Action.ASK_FOR_IDENTITY,
        Action.DECLINE_IDENTITY,
        Action.END_REHEARSAL,
        Action.READ_COMMENTS,
        Action.DECIDE_COMMENTS,
        Action.RELEASE_RECOVERY,
    }
)
"""What nobody does before they have signed the newest undertaking: open a case or a comment, or hand a key to anybody (policy 3.4d).

Lists, one's own account, requests and leaving a case stay open: they show nothing that is sealed, and nobody is to sign so as to be let go.
"""


class Verdict(StrEnum):
    ALLOWED = "allowed"
    SIGN_IN_FIRST = "sign-in-first"
    ROLE_MISSING = "role-missing"
    SUSPENDED = "suspended"
    FACTOR_FIRST = "factor-first"
    ENROL_FIRST = "enrol-first"
    UNDERTAKE_FIRST = "undertake-first"


def decide(actor: Actor, action: Action) -> Verdict:
    """Whether `actor` may try `action`, before anything is fetched. An action without a rule is a KeyError: nothing is allowed by omission."""
    rule = POLICY[action]
    if isinstance(actor, Staff) and actor.state is not AccountState.ACTIVE:
        return Verdict.ALLOWED if Anonymous in rule.actors else Verdict.SUSPENDED
    if type(actor) not in rule.actors:
        return Verdict.ROLE_MISSING if isinstance(actor, Staff) else Verdict.SIGN_IN_FIRST
    if isinstance(actor, Staff) and rule.roles and not (rule.roles & actor.roles) and Anonymous not in rule.actors:
        return Verdict.ROLE_MISSING
    return _owed(actor, action) if isinstance(actor, Staff) and Anonymous not in rule.actors else Verdict.ALLOWED


def _owed(actor: Staff, action: Action) -> Verdict:
    """What somebody whose roles allow it has to do first."""
    if actor.assurance is Assurance.AWAITED and action not in BEFORE_FACTOR:
        return Verdict.FACTOR_FIRST
    if actor.assurance is Assurance.LACKING and action in WITH_FACTOR:
        return Verdict.ENROL_FIRST
    return Verdict.UNDERTAKE_FIRST if action in BOUND and not actor.bound else Verdict.ALLOWED
