"""The words the whole system shares: closed lists of what a role, an event or a state can be.

Values are stored and logged, so a value never changes its meaning; a new meaning is a new value.
"""

from enum import StrEnum


class Role(StrEnum):
    """What an account may do in the application. A role never opens anything: only a grant does."""

    INVESTIGATOR = "investigator"
    ADMINISTRATOR = "administrator"
    CUSTODIAN = "custodian"
    AUDITOR = "auditor"


EXCLUSIVE_ROLES: dict[Role, frozenset[Role]] = {
    Role.ADMINISTRATOR: frozenset({Role.INVESTIGATOR, Role.CUSTODIAN, Role.AUDITOR}),
    Role.AUDITOR: frozenset({Role.INVESTIGATOR, Role.ADMINISTRATOR, Role.CUSTODIAN}),
    Role.INVESTIGATOR: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
    Role.CUSTODIAN: frozenset({Role.ADMINISTRATOR, Role.AUDITOR}),
}
"""For each role, those the same account cannot hold beside it (separation of duties)."""


class Duty(StrEnum):
    """What a member of a channel's roster does there."""

    LEAD = "lead"  # receives every report with the identity, and hands cases over
    TRIAGE = "triage"  # receives every report, without the identity
    MEMBER = "member"  # receives nothing until a lead assigns a case


class AccountState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class CompartmentName(StrEnum):
    IDENTITY = "identity"
    REPORT = "report"
    INTERNAL = "internal"


class CaseStatus(StrEnum):
    NEW = "new"  # nobody has opened it yet
    TRIAGE = "triage"  # opened, not yet accepted
    ACCEPTED = "accepted"  # taken on, waits for somebody to investigate
    INVESTIGATING = "investigating"  # assigned by a lead, or begun by whoever holds it
    MERGED = "merged"  # looked into together with a case that leads it; its days go on
    CLOSED = "closed"  # with an outcome, findings and feedback


class Outcome(StrEnum):
    """What came of a case, said when it is closed."""

    SUBSTANTIATED = "substantiated"
    PARTLY = "partly-substantiated"
    UNSUBSTANTIATED = "unsubstantiated"
    OUT_OF_SCOPE = "out-of-scope"
    REFERRED = "referred"  # to whoever is responsible for it elsewhere


class Tie(StrEnum):
    """How a case belongs together with another, as its own record says it."""

    RELATED = "related"
    MERGED = "merged"  # it is looked into together with the other, which leads
    LEADING = "leading"  # the other is looked into together with it


class Priority(StrEnum):
    NORMAL = "normal"
    HIGH = "high"


class Risk(StrEnum):
    """How much retaliation against the reporter is to be feared, as staff assess it (ISO 37002)."""

    UNASSESSED = "unassessed"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class RecordKind(StrEnum):
    """What a sealed record is. The kind says which compartment it lives in."""

    REPORT = "report"
    EXCLUSIONS = "exclusions"
    IDENTITY = "identity"
    ENCLOSURE = "enclosure"  # a file that staff sent to the reporter with a message
    FILE = "file"  # what whoever reads the report gets
    ORIGINAL = "original"  # a file as it was sent, when that may tell who sent it
    MESSAGE = "message"
    NOTE = "note"
    OPENING_REASON = "opening-reason"
    READ_MARK = "read-mark"
    DATA_REQUEST = "data-request"
    DATA_DECISION = "data-decision"
    FINDINGS = "findings"  # what was found, when a case is closed
    FEEDBACK = "feedback"  # what the reporter is told of it
    REOPENING = "reopening"  # why a closed case is taken up again
    IDENTITY_REQUEST = "identity-request"  # why somebody who holds the report needs the identity
    IDENTITY_DECLINED = "identity-declined"  # why a lead does not hand it over
    TASK = "task"  # what somebody who holds the case is to do by a day
    TASK_DONE = "task-done"
    RECUSAL = "recusal"  # why somebody gave up their keys
    MOVING = "moving"  # why a case went to another channel
    LINK = "link"  # that it belongs together with another case, how and why
    UNLINK = "unlink"  # that a link counts no more
    TAKEN_DOWN = "taken-down"  # how a report came that staff took down, and who did
    TRANSCRIPT_CHECK = "transcript-check"  # what the reporter says of what was taken down
    WITHDRAWAL = (
        "withdrawal"  # how many files went with the identity, and how many were handed to those who read the report
    )

    @property
    def compartment(self) -> CompartmentName:
        return _COMPARTMENT_OF[self]


_COMPARTMENT_OF = {
    RecordKind.REPORT: CompartmentName.REPORT,
    RecordKind.EXCLUSIONS: CompartmentName.REPORT,
    RecordKind.IDENTITY: CompartmentName.IDENTITY,
    RecordKind.FILE: CompartmentName.REPORT,
    RecordKind.ENCLOSURE: CompartmentName.REPORT,
    RecordKind.ORIGINAL: CompartmentName.IDENTITY,
    RecordKind.MESSAGE: CompartmentName.REPORT,
    RecordKind.NOTE: CompartmentName.INTERNAL,
    RecordKind.OPENING_REASON: CompartmentName.INTERNAL,
    RecordKind.READ_MARK: CompartmentName.REPORT,
    RecordKind.DATA_REQUEST: CompartmentName.REPORT,
    RecordKind.DATA_DECISION: CompartmentName.REPORT,
    RecordKind.FINDINGS: CompartmentName.INTERNAL,
    RecordKind.FEEDBACK: CompartmentName.REPORT,
    RecordKind.REOPENING: CompartmentName.INTERNAL,
    RecordKind.IDENTITY_REQUEST: CompartmentName.INTERNAL,
    RecordKind.IDENTITY_DECLINED: CompartmentName.INTERNAL,
    RecordKind.TASK: CompartmentName.INTERNAL,
    RecordKind.TASK_DONE: CompartmentName.INTERNAL,
    RecordKind.RECUSAL: CompartmentName.INTERNAL,
    RecordKind.MOVING: CompartmentName.INTERNAL,
    RecordKind.LINK: CompartmentName.INTERNAL,
    RecordKind.UNLINK: CompartmentName.INTERNAL,
    RecordKind.TAKEN_DOWN: CompartmentName.REPORT,
    RecordKind.TRANSCRIPT_CHECK: CompartmentName.REPORT,
    RecordKind.WITHDRAWAL: CompartmentName.REPORT,
}


class Source(StrEnum):
    """How a report came that staff took down."""

    PHONE = "phone"
    LETTER = "letter"
    PERSON = "person"


class TranscriptCheck(StrEnum):
    """What a reporter says of what staff wrote for them."""

    APPROVED = "approved"
    CORRECTED = "corrected"


class ReportField(StrEnum):
    """The answers of a report, each sealed on its own in `report`, in the order they are asked."""

    WAY = "way"
    LINK = "link"
    NARRATIVE = "narrative"
    KNOWLEDGE = "knowledge"
    WHEN = "when"
    ONGOING = "ongoing"
    WHERE = "where"
    PEOPLE = "people"
    KNOWN_BY = "known-by"
    ELSEWHERE = "elsewhere"
    FEAR = "fear"
    FEAR_WORDS = "fear-words"
    SENSITIVE = "sensitive"
    GROUND = "ground"
    LANGUAGE = "language"


class Way(StrEnum):
    """How somebody reports."""

    ANONYMOUS = "anonymous"  # nothing of who they are is sealed, whatever stands in the fields for it
    NAMED = "named"  # who they are is sealed for those who may open it
    BEHALF = "behalf"  # for somebody else, who is sealed as well


class Link(StrEnum):
    """What a reporter has to do with the organisation."""

    EMPLOYEE = "employee"
    CUSTOMER = "customer"
    SELLER = "seller"
    OTHER = "other"
    UNTOLD = "untold"


class Knowledge(StrEnum):
    """How a reporter knows what they tell."""

    SAW = "saw"
    HEARD = "heard"
    BELIEVES = "believes"


class Ongoing(StrEnum):
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class KnownBy(StrEnum):
    """How many people know of it. Where they are few, the story alone may tell who told it."""

    FEW = "few"  # three or fewer
    SOME = "some"  # four to ten
    MANY = "many"
    UNSURE = "unsure"


class Fear(StrEnum):
    """Whether a reporter is in trouble for what they know."""

    NO = "no"
    AFRAID = "afraid"
    PUNISHED = "punished"


class Sensitive(StrEnum):
    """Kinds of data that the law guards most (policy 2.5, PDPA s.26)."""

    HEALTH = "health"
    BELIEF = "belief"
    ORIGIN = "origin"
    DISABILITY = "disability"
    BODY = "body"  # fingerprints, faces, genes
    INTIMATE = "intimate"  # sexual life and orientation
    RECORD = "record"  # a criminal record


class Ground(StrEnum):
    """On what the use of sensitive data rests. Recorded, sealed, with whatever a reporter says is in the report."""

    CONSENT = "consent"
    LEGAL = "legal"  # legal duty, and legal claims: s.26 (4), (5)


class QuestionKind(StrEnum):
    """How a question of a channel's own is answered. What cannot be read as a day or a number is kept as it was written."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    NUMBER = "number"


class Telltale(StrEnum):
    """What in a story may tell who wrote it. Shown to the reporter alone; stored and logged nowhere."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    NATIONAL_ID = "national-id"
    EMPLOYEE_NUMBER = "employee-number"
    FEW_KNOW = "few-know"


class Doubt(StrEnum):
    """What of the reporter's contact details may be mistyped. Asked of the reporter alone; stored and logged nowhere."""

    NO_AT = "no-at"
    SPACE = "space"
    COMMA = "comma"
    TWO_ATS = "two-ats"
    HALF = "half"
    TWO_DOTS = "two-dots"
    NO_ENDING = "no-ending"
    FEW_DIGITS = "few-digits"


CHOICES: dict[ReportField, type[StrEnum]] = {
    ReportField.WAY: Way,
    ReportField.LINK: Link,
    ReportField.KNOWLEDGE: Knowledge,
    ReportField.ONGOING: Ongoing,
    ReportField.KNOWN_BY: KnownBy,
    ReportField.FEAR: Fear,
    ReportField.SENSITIVE: Sensitive,
    ReportField.GROUND: Ground,
}
"""Answers that are chosen, not written: one value, or nothing."""

SEVERAL = frozenset({ReportField.KNOWLEDGE, ReportField.SENSITIVE})
"""Of these any number of values, in the list's order, with spaces between them."""


class IdentityField(StrEnum):
    """What identifies the reporter and those they name, each sealed on its own in `identity`, present even when empty (policy 1.1, 3.4)."""

    NAME = "name"
    ADDRESS = "address"
    WORKPLACE = "workplace"
    PHONE = "phone"
    EMAIL = "email"
    LINE_ID = "line-id"
    OTHER = "other"
    BEHALF_NAME = "behalf-name"
    BEHALF_CONTACT = "behalf-contact"
    WITNESSES = "witnesses"


OF_THE_OTHER = frozenset({IdentityField.BEHALF_NAME, IdentityField.BEHALF_CONTACT})
"""Of the person on whose behalf it is reported. Witnesses and informants are named whichever way is chosen."""


EXCLUSIONS_FIELD_SIZE = 4096
"""Bytes every field of the exclusions is padded to: how many people a reporter excluded is nobody's to count."""

ASKED = "asked"
"""The field of a report and of an identity that holds the answers to a channel's own questions: see services/questions.py."""

ASKED_FIELD_SIZE = 4096
"""Bytes that field is padded to, so that neither which channel asked nor whether anything was answered shows. More only in a report."""

IDENTITY_FIELD_SIZE = 2048
"""Bytes every identity field is padded to, so that a long name and no name look the same: at most 2,047 bytes of UTF-8."""


class Cleaning(StrEnum):
    """What was done about what a file may tell of whoever made it."""

    UNTOLD = ""  # sent before files were cleaned
    CLEANED = "cleaned"  # this is a copy without it; the original lies in `identity`
    NOTHING = "nothing"  # nothing was found: this is the file as it was sent
    NOT = "not"  # it could not be cleaned: this is the file as it was sent


class Trace(StrEnum):
    """What was found in a file and taken out, one letter each: a kind, never what it said."""

    POSITION = "g"
    DEVICE = "d"
    TIME = "t"
    PERSON = "p"
    PROGRAM = "s"
    WORDS = "w"  # titles, descriptions, keywords
    PREVIEW = "i"  # a small picture inside, perhaps of what was cut away
    COMMENTS = "c"
    CHANGES = "r"  # tracked changes, with what was deleted
    INSIDE = "f"  # files within the file, and programs
    SIGNATURE = "n"
    OTHER = "o"


class OpeningReason(StrEnum):
    """Why an identity is opened. The kind is logged in clear; the words beside it are sealed in `internal`."""

    CONTACT = "contact"
    VERIFY = "verify"
    PROTECT = "protect"
    CONFLICT = "conflict"
    LAW = "law"


class DataRequest(StrEnum):
    """What a reporter can ask for about their data beyond what they do themself (policy 6.2)."""

    ERASURE = "erasure"
    OBJECTION = "objection"
    CONSENT = "sensitive-consent"  # to the use of sensitive matters, taken back (policy 2.5)


class CheckIn(StrEnum):
    """What a reporter says, some time after their case was closed, when asked whether they were made to suffer for it."""

    SAFE = "safe"
    UNSURE = "unsure"
    HARMED = "harmed"


class DataDecision(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ActKind(StrEnum):
    """What makes grants."""

    INTAKE = "intake"
    TAKEN_DOWN = "taken-down"  # an intake by staff, with a receipt that they know
    REHEARSAL = "rehearsal"  # an intake of a test report, with a receipt that nobody knows
    ASSIGNMENT = "assignment"
    IDENTITY_WITHDRAWN = "identity-withdrawn"  # by the reporter: no key of `identity` is left
    MOVED = "moved"  # by a lead of the channel that it leaves, for those of the other
    RECUSAL = "recusal"  # by whoever gives up their own keys; brings none
    RECEIPT_CHANGED = "receipt-changed"  # by the reporter: new keys of theirs, and new epochs for everybody
    IDENTITY_GIVEN = "identity-given"  # by the reporter, after a withdrawal: `identity` begins anew


class Ending(StrEnum):
    """Why a whole case was erased."""

    OPENED = "opened"  # a test report that a lead opened whole
    GIVEN_UP = "given-up"  # a test report that nobody could open, or wanted to


class Assurance(StrEnum):
    """How sure a session is of its owner, beyond the passphrase."""

    GIVEN = "given"  # a second factor was given
    AWAITED = "awaited"  # the account has one, which was not given yet
    LACKING = "lacking"  # the account has none, and needs one before anything opens
    WAIVED = "waived"  # the account has none, and this installation lets that pass: the demonstration alone


class FactorKind(StrEnum):
    AUTHENTICATOR = "authenticator"
    PASSKEY = "passkey"
    PAPER = "paper"  # a recovery code


class ApprovalKind(StrEnum):
    """What takes two people: one asks, another does it."""

    ROSTER = "roster"  # a channel's first roster, or a member's new duty; a lead signs
    ADMINISTRATOR = "administrator"  # an account becomes an administrator's; another administrator confirms
    REPLACEMENT = "replacement"  # somebody goes on with all cases of another; each channel's lead hands over
    NO_ADMINISTRATOR = "no-administrator"  # an administrator loses the role; another confirms, or whoever loses it
    NEW_KEYS = "new-keys"  # an account whose passphrase and code are lost gets keys anew; a lead confirms
    NO_FACTORS = "no-factors"  # an account whose device and codes on paper are lost has no second factor any more


class ApprovalState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DECLINED = "declined"  # by whoever could have confirmed it, or taken back by whoever asked


class Meets(StrEnum):
    """What of the data an outside processor can meet. Nobody of them is given a key."""

    CIPHERTEXT = "ciphertext"  # what is sealed, as it is stored
    METADATA = "metadata"  # what is clear in the database
    TRAFFIC = "traffic"  # that somebody came, from which address and when
    MAIL = "mail"  # reminders to staff
    RUNNING = "running"  # the server while it runs, and so what passes through it


class CommentState(StrEnum):
    """What became of a comment on the notice."""

    WAITING = "waiting"
    TAKEN_UP = "taken-up"  # the next version of the notice answers it
    SETTLED = "settled"  # its words are erased


class Event(StrEnum):
    """What the access log can say. Dotted: what it concerns, then what happened to it."""

    REPORT_RECEIVED = "report.received"
    REPORT_TAKEN_DOWN = "report.taken-down"
    REPORT_REHEARSED = "report.rehearsed"
    TRANSCRIPT_CHECKED = "transcript.checked"
    MAILBOX_OPENED = "mailbox.opened"
    MESSAGE_RECEIVED = "message.received"
    CASE_OPENED = "case.opened"
    FILE_OPENED = "file.opened"
    MESSAGE_SENT = "message.sent"
    NOTE_WRITTEN = "note.written"
    CASE_ASSIGNED = "case.assigned"
    CASE_MOVED = "case.moved"
    CASE_RECUSED = "case.recused"
    CASE_REKEYED = "case.rekeyed"
    CASE_EXPORTED = "case.exported"
    CASES_SEARCHED = "cases.searched"
    CASE_HANDLED = "case.handled"
    CASE_CLOSED = "case.closed"
    CASE_REOPENED = "case.reopened"
    CASE_ERASED = "case.erased"
    CASE_LINKED = "case.linked"
    CASE_UNLINKED = "case.unlinked"
    CASE_MERGED = "case.merged"
    CASE_UNMERGED = "case.unmerged"
    TASK_SET = "task.set"
    TASK_DONE = "task.done"
    IDENTITY_OPENED = "identity.opened"
    ORIGINAL_OPENED = "original.opened"
    IDENTITY_REFUSED = "identity.refused"
    IDENTITY_ASKED = "identity.asked-for"
    IDENTITY_DECLINED = "identity.declined"
    IDENTITY_SEEN = "identity.seen"
    IDENTITY_GIVEN = "identity.given"
    IDENTITY_WITHDRAWN = "identity.withdrawn"
    DATA_TAKEN = "data.taken"
    RECEIPT_CHANGED = "receipt.changed"
    DATA_REQUESTED = "data.requested"
    DATA_DECIDED = "data.decided"
    SIGNED_IN = "session.started"
    SIGN_IN_FAILED = "session.refused"
    SIGNED_OUT = "session.ended"
    PASSPHRASE_REFUSED = "passphrase.refused"  # noqa: S105 - a word of the log
    ADDRESS_CHANGED = "address.changed"
    PASSPHRASE_CHANGED = "passphrase.changed"  # noqa: S105 - a word of the log
    RECOVERY_PREPARED = "recovery.prepared"
    RECOVERY_ASKED = "recovery.asked"
    RECOVERY_RELEASED = "recovery.released"
    RECOVERY_DECLINED = "recovery.declined"
    RECOVERED = "recovery.done"
    FACTOR_ADDED = "factor.added"
    FACTOR_REMOVED = "factor.removed"
    FACTORS_TAKEN = "factor.all-taken"
    FACTOR_GIVEN = "factor.given"
    FACTOR_REFUSED = "factor.refused"
    DENIED = "access.denied"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_SUSPENDED = "account.suspended"
    ACCOUNT_REINSTATED = "account.reinstated"
    ROLES_CHANGED = "account.roles-changed"
    KEYS_DRAWN = "account.keys-drawn"
    KEYS_RENEWED = "account.keys-renewed"
    KEYS_LAPSED = "case.keys-lapsed"
    KEYS_HANDED_AGAIN = "case.keys-handed-again"
    ROSTER_SIGNED = "roster.signed"
    UNDERTAKING_SIGNED = "undertaking.signed"
    UNDERTAKING_PUBLISHED = "undertaking.published"
    NOTICE_PUBLISHED = "notice.published"
    NOTICE_RENEWED = "notice.renewed"
    NOTICE_KEPT = "notice.kept"
    INVITED = "account.invited"
    INVITATION_TAKEN = "account.invitation-taken"
    INVITATION_TAKEN_BACK = "account.invitation-taken-back"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_CONFIRMED = "approval.confirmed"
    APPROVAL_DECLINED = "approval.declined"
    CHANNEL_CREATED = "channel.created"
    CHANNEL_CHANGED = "channel.changed"
    DEADLINES_CHANGED = "channel.deadlines-changed"
    COMMENT_RECEIVED = "comment.received"
    COMMENT_READ = "comment.read"
    COMMENT_DECIDED = "comment.decided"
    QUESTION_ADDED = "question.added"
    QUESTION_RETIRED = "question.retired"
    PROCESSOR_ADDED = "processor.added"
    PROCESSOR_CHANGED = "processor.changed"
    LOG_READ = "log.read"
    LOG_VERIFIED = "log.verified"
    STATISTICS_TAKEN = "statistics.taken"


class Locale(StrEnum):
    THAI = "th"
    ENGLISH = "en"
