"""How what the services return is put for reading: dates in both eras, and a word in both languages for every closed list."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask import Flask

from complaints.clock import OPERATOR_ZONE
from complaints.services import questions
from complaints.services.case_reading import About
from complaints.services.data_requests import RequestLine, consent_ended
from complaints.services.questions import Answer
from complaints.vocabulary import (
    CHOICES,
    AccountState,
    CaseStatus,
    CheckIn,
    CommentState,
    CompartmentName,
    DataRequest,
    Doubt,
    Duty,
    Event,
    FactorKind,
    Fear,
    Ground,
    IdentityField,
    Knowledge,
    KnownBy,
    Link,
    Locale,
    Meets,
    Ongoing,
    OpeningReason,
    Outcome,
    Priority,
    QuestionKind,
    ReportField,
    Risk,
    Role,
    Sensitive,
    Source,
    Telltale,
    Tie,
    Trace,
    TranscriptCheck,
    Way,
)
from complaints.web import static_files
from complaints.web.languages import lazy_gettext as _
from complaints.web.languages import speaks_thai

BUDDHIST_ERA = 543
"""Years from the Common to the Buddhist era, as Thailand counts them since 1941."""

_THAI_MONTHS = (
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
)
_ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, Any]] = {
    Role: {
        Role.INVESTIGATOR: _("Investigator"),
        Role.ADMINISTRATOR: _("Administrator"),
        Role.CUSTODIAN: _("Custodian"),
        Role.AUDITOR: _("Auditor"),
    },
    Duty: {
        Duty.LEAD: _("Lead"),
        Duty.TRIAGE: _("Triage"),
        Duty.MEMBER: _("Member"),
    },
    FactorKind: {
        FactorKind.AUTHENTICATOR: _("Authenticator app"),
        FactorKind.PASSKEY: _("Passkey"),
        FactorKind.PAPER: _("Code on paper"),
    },
    AccountState: {
        AccountState.ACTIVE: _("Active"),
        AccountState.SUSPENDED: _("Suspended"),
    },
    CompartmentName: {
        CompartmentName.IDENTITY: _("Identity"),
        CompartmentName.REPORT: _("Report"),
        CompartmentName.INTERNAL: _("Internal notes"),
    },
    CaseStatus: {
        CaseStatus.NEW: _("New"),
        CaseStatus.TRIAGE: _("In triage"),
        CaseStatus.ACCEPTED: _("Accepted"),
        CaseStatus.INVESTIGATING: _("Under investigation"),
        CaseStatus.MERGED: _("Merged"),
        CaseStatus.CLOSED: _("Closed"),
    },
    CommentState: {
        CommentState.WAITING: _("Waiting"),
        CommentState.TAKEN_UP: _("Taken up"),
        CommentState.SETTLED: _("Settled, words erased"),
    },
    Source: {
        Source.PHONE: _("By telephone"),
        Source.LETTER: _("By letter"),
        Source.PERSON: _("In person"),
    },
    TranscriptCheck: {
        TranscriptCheck.APPROVED: _("Approved"),
        TranscriptCheck.CORRECTED: _("Corrected"),
    },
    Tie: {
        Tie.RELATED: _("Related"),
        Tie.MERGED: _("Looked into together with another case"),
        Tie.LEADING: _("Another case is looked into together with it"),
    },
    DataRequest: {
        DataRequest.ERASURE: _("The reporter asks that everything be erased"),
        DataRequest.OBJECTION: _("The reporter objects to how their data is used"),
        DataRequest.CONSENT: _("The reporter takes back their consent to the use of sensitive matters"),
    },
    Outcome: {
        Outcome.SUBSTANTIATED: _("Substantiated"),
        Outcome.PARTLY: _("Partly substantiated"),
        Outcome.UNSUBSTANTIATED: _("Not substantiated"),
        Outcome.OUT_OF_SCOPE: _("Out of scope"),
        Outcome.REFERRED: _("Referred elsewhere"),
    },
    Risk: {
        Risk.UNASSESSED: _("Not assessed yet"),
        Risk.LOW: _("Low risk"),
        Risk.MEDIUM: _("Medium risk"),
        Risk.HIGH: _("High risk"),
    },
    Priority: {
        Priority.NORMAL: _("Normal"),
        Priority.HIGH: _("High"),
    },
    ReportField: {
        ReportField.WAY: _("How it is reported"),
        ReportField.LINK: _("Connection to us"),
        ReportField.NARRATIVE: _("What happened"),
        ReportField.KNOWLEDGE: _("How it is known"),
        ReportField.WHEN: _("When it happened"),
        ReportField.ONGOING: _("Still happening"),
        ReportField.WHERE: _("Where it happened"),
        ReportField.PEOPLE: _("Who was involved"),
        ReportField.KNOWN_BY: _("How many people know of it"),
        ReportField.ELSEWHERE: _("Reported elsewhere"),
        ReportField.FEAR: _("Afraid or punished"),
        ReportField.FEAR_WORDS: _("About the fear or the punishment"),
        ReportField.SENSITIVE: _("Sensitive matters in it"),
        ReportField.GROUND: _("Why sensitive matters may be used"),
        ReportField.LANGUAGE: _("Language of the report"),
    },
    Way: {
        Way.ANONYMOUS: _("Anonymously"),
        Way.NAMED: _("With a name, sealed for the investigators"),
        Way.BEHALF: _("On behalf of someone else"),
    },
    Link: {
        Link.EMPLOYEE: _("Employee"),
        Link.CUSTOMER: _("Customer"),
        Link.SELLER: _("Seller"),
        Link.OTHER: _("Another link"),
        Link.UNTOLD: _("Prefer not to say"),
    },
    Knowledge: {
        Knowledge.SAW: _("Saw it"),
        Knowledge.HEARD: _("Heard of it"),
        Knowledge.BELIEVES: _("Believe it"),
    },
    Ongoing: {
        Ongoing.YES: _("Yes, it is still happening"),
        Ongoing.NO: _("No, it has ended"),
        Ongoing.UNSURE: _("Not sure"),
    },
    KnownBy: {
        KnownBy.FEW: _("Three or fewer"),
        KnownBy.SOME: _("Four to ten"),
        KnownBy.MANY: _("More than ten"),
        KnownBy.UNSURE: _("Not sure"),
    },
    Sensitive: {
        Sensitive.HEALTH: _("Health"),
        Sensitive.BELIEF: _("Religion, belief or political opinion"),
        Sensitive.ORIGIN: _("Race or origin"),
        Sensitive.DISABILITY: _("Disability"),
        Sensitive.BODY: _("Fingerprints, faces, genes"),
        Sensitive.INTIMATE: _("Sexual life or orientation"),
        Sensitive.RECORD: _("A criminal record"),
    },
    Ground: {
        Ground.CONSENT: _("The reporter’s consent"),
        Ground.LEGAL: _("Legal duty and legal claims"),
    },
    Telltale: {
        Telltale.NAME: _("What seems to be your name"),
        Telltale.PHONE: _("A telephone number"),
        Telltale.EMAIL: _("An e-mail address"),
        Telltale.NATIONAL_ID: _("A national ID number"),
        Telltale.EMPLOYEE_NUMBER: _("What seems to be an employee number"),
        Telltale.FEW_KNOW: _("Three or fewer people know of it: the story itself may show that it came from you"),
    },
    Doubt: {
        Doubt.NO_AT: _("There is no @ in it"),
        Doubt.SPACE: _("There is a space in the middle of it"),
        Doubt.COMMA: _("There is a comma or a semicolon in the middle of it"),
        Doubt.TWO_ATS: _("There is more than one @ in it"),
        Doubt.HALF: _("Something is missing before or after the @"),
        Doubt.TWO_DOTS: _("There are two dots side by side in it"),
        Doubt.NO_ENDING: _("The ending is missing, such as .com or .th"),
        Doubt.FEW_DIGITS: _("It has fewer digits than a Thai number"),
    },
    Fear: {
        Fear.NO: _("No"),
        Fear.AFRAID: _("Yes, afraid"),
        Fear.PUNISHED: _("Yes, being punished already"),
    },
    QuestionKind: {
        QuestionKind.TEXT: _("In words"),
        QuestionKind.CHOICE: _("One of several answers"),
        QuestionKind.DATE: _("A day"),
        QuestionKind.NUMBER: _("A number"),
    },
    IdentityField: {
        IdentityField.NAME: _("Name"),
        IdentityField.ADDRESS: _("Address"),
        IdentityField.WORKPLACE: _("Workplace"),
        IdentityField.PHONE: _("Telephone"),
        IdentityField.EMAIL: _("E-mail"),
        IdentityField.LINE_ID: _("LINE ID"),
        IdentityField.OTHER: _("Other identifying details"),
        IdentityField.BEHALF_NAME: _("Name of the person it is reported for"),
        IdentityField.BEHALF_CONTACT: _("How to reach that person"),
        IdentityField.WITNESSES: _("Who else knows of it, and witnesses"),
    },
    Trace: {
        Trace.POSITION: _("the place where it was made"),
        Trace.DEVICE: _("the camera, telephone or other device"),
        Trace.TIME: _("dates and times"),
        Trace.PERSON: _("names of people"),
        Trace.PROGRAM: _("the programs used"),
        Trace.WORDS: _("titles and descriptions"),
        Trace.PREVIEW: _("a small picture hidden inside"),
        Trace.COMMENTS: _("comments"),
        Trace.CHANGES: _("tracked changes, with what was deleted"),
        Trace.INSIDE: _("files and programs inside the file"),
        Trace.SIGNATURE: _("a digital signature"),
        Trace.OTHER: _("other hidden data"),
    },
    Meets: {
        Meets.CIPHERTEXT: _("Sealed content, which they cannot open"),
        Meets.METADATA: _("What is not sealed: that cases exist, their days and states, who holds keys"),
        Meets.TRAFFIC: _("That somebody visits the site: internet addresses and times"),
        Meets.MAIL: _("Reminders to staff: to whom they go, and that something waits"),
        Meets.RUNNING: _("The running server: whoever controls it could see what passes while they watch"),
    },
    CheckIn: {
        CheckIn.SAFE: _("No retaliation"),
        CheckIn.UNSURE: _("Perhaps retaliation"),
        CheckIn.HARMED: _("Retaliation"),
    },
    OpeningReason: {
        OpeningReason.CONTACT: _("To contact the reporter"),
        OpeningReason.VERIFY: _("To verify what the report says"),
        OpeningReason.PROTECT: _("To protect the reporter"),
        OpeningReason.CONFLICT: _("To rule out a conflict of interest"),
        OpeningReason.LAW: _("The law requires it"),
    },
    Event: {
        Event.REPORT_RECEIVED: _("A report arrived"),
        Event.REPORT_TAKEN_DOWN: _("Staff took a report down for somebody"),
        Event.REPORT_REHEARSED: _("A test report was sent"),
        Event.TRANSCRIPT_CHECKED: _("The reporter checked what was taken down for them"),
        Event.MAILBOX_OPENED: _("The reporter opened their mailbox"),
        Event.MESSAGE_RECEIVED: _("The reporter sent a message"),
        Event.CASE_OPENED: _("A case was opened"),
        Event.FILE_OPENED: _("A file was opened"),
        Event.MESSAGE_SENT: _("A reply was sent to the reporter"),
        Event.NOTE_WRITTEN: _("An internal note was written"),
        Event.CASE_ASSIGNED: _("A case was assigned"),
        Event.CASES_SEARCHED: _("Cases were searched"),
        Event.CASE_EXPORTED: _("A copy of a case was taken away"),
        Event.CASE_MOVED: _("A case went to another channel"),
        Event.CASE_RECUSED: _("Somebody gave up their keys to a case"),
        Event.CASE_REKEYED: _("A case got new keys after somebody left"),
        Event.CASE_HANDLED: _("A case’s status, priority or risk was set"),
        Event.KEYS_LAPSED: _("Somebody’s keys to a case ended, for they are lost"),
        Event.KEYS_HANDED_AGAIN: _("A case was handed over again, to new keys"),
        Event.KEYS_DRAWN: _("The owner of an account drew new keys"),
        Event.KEYS_RENEWED: _("An account was given new keys"),
        Event.CASE_CLOSED: _("A case was closed"),
        Event.CASE_REOPENED: _("A case was reopened"),
        Event.CASE_ERASED: _("A test report was erased"),
        Event.CASE_LINKED: _("A case was linked with another"),
        Event.CASE_UNLINKED: _("A link with another case was taken out"),
        Event.CASE_MERGED: _("A case was merged with another"),
        Event.CASE_UNMERGED: _("A merged case was taken out again"),
        Event.TASK_SET: _("A task was set in a case"),
        Event.TASK_DONE: _("A task of a case was done"),
        Event.IDENTITY_OPENED: _("A reporter’s identity was opened"),
        Event.ORIGINAL_OPENED: _("A file was opened as its reporter sent it"),
        Event.IDENTITY_REFUSED: _("A reporter’s identity was asked for and stayed closed"),
        Event.IDENTITY_ASKED: _("Somebody asked for a reporter’s identity"),
        Event.IDENTITY_DECLINED: _("A request for a reporter’s identity was declined"),
        Event.IDENTITY_SEEN: _("The reporter looked at their own identity"),
        Event.IDENTITY_GIVEN: _("The reporter gave or corrected their identity"),
        Event.RECEIPT_CHANGED: _("The reporter exchanged their tracking code for a new one"),
        Event.DATA_REQUESTED: _("The reporter asked for something to be done with their data"),
        Event.DATA_DECIDED: _("What the reporter asked about their data was decided"),
        Event.DATA_TAKEN: _("The reporter took a copy of everything that is theirs"),
        Event.IDENTITY_WITHDRAWN: _("The reporter withdrew their identity"),
        Event.SIGNED_IN: _("Somebody signed in"),
        Event.SIGN_IN_FAILED: _("A sign-in failed"),
        Event.SIGNED_OUT: _("Somebody signed out"),
        Event.ADDRESS_CHANGED: _("An e-mail address for reminders was changed"),
        Event.PASSPHRASE_CHANGED: _("A passphrase was changed"),
        Event.RECOVERY_PREPARED: _("A recovery code was prepared"),
        Event.RECOVERY_ASKED: _("Somebody with a recovery code asked for a new passphrase"),
        Event.RECOVERY_RELEASED: _("A custodian confirmed a recovery"),
        Event.RECOVERY_DECLINED: _("A custodian declined a recovery"),
        Event.RECOVERED: _("A lost passphrase was replaced"),
        Event.FACTOR_ADDED: _("A second factor was added"),
        Event.FACTOR_REMOVED: _("A second factor was removed"),
        Event.FACTORS_TAKEN: _("All second factors of an account were removed"),
        Event.FACTOR_GIVEN: _("A second factor was given"),
        Event.FACTOR_REFUSED: _("A wrong second factor was given"),
        Event.DENIED: _("Access was denied"),
        Event.ACCOUNT_CREATED: _("An account was created"),
        Event.ACCOUNT_SUSPENDED: _("An account was suspended"),
        Event.ACCOUNT_REINSTATED: _("A suspended account was let back"),
        Event.ROLES_CHANGED: _("The roles of an account were changed"),
        Event.ROSTER_SIGNED: _("A channel’s roster was signed"),
        Event.UNDERTAKING_SIGNED: _("The confidentiality undertaking was signed"),
        Event.UNDERTAKING_PUBLISHED: _("A version of the undertaking was published"),
        Event.NOTICE_RENEWED: _("The notice changed with the program or what is asked"),
        Event.NOTICE_KEPT: _("The whole notice was kept"),
        Event.NOTICE_PUBLISHED: _("A version of the notice was published"),
        Event.INVITED: _("Somebody was invited"),
        Event.INVITATION_TAKEN: _("An invitation was used"),
        Event.INVITATION_TAKEN_BACK: _("An invitation was taken back"),
        Event.APPROVAL_ASKED: _("A second person was asked to confirm something"),
        Event.APPROVAL_CONFIRMED: _("A second person confirmed a request"),
        Event.APPROVAL_DECLINED: _("A request was declined or taken back"),
        Event.PASSPHRASE_REFUSED: _("A passphrase that was asked for again was wrong"),
        Event.CHANNEL_CREATED: _("A channel was created"),
        Event.QUESTION_ADDED: _("A channel asks a further question"),
        Event.QUESTION_RETIRED: _("A channel asks a question no more"),
        Event.DEADLINES_CHANGED: _("The deadlines of a channel were changed"),
        Event.CHANNEL_CHANGED: _("A channel was changed"),
        Event.PROCESSOR_ADDED: _("An outside processor was entered"),
        Event.PROCESSOR_CHANGED: _("What is known of an outside processor changed"),
        Event.COMMENT_RECEIVED: _("A comment on the notice arrived"),
        Event.COMMENT_READ: _("Comments on the notice were opened"),
        Event.COMMENT_DECIDED: _("Comments on the notice were taken up or settled"),
        Event.LOG_READ: _("The access log was read"),
        Event.LOG_VERIFIED: _("The access log was verified"),
        Event.STATISTICS_TAKEN: _("Statistics were taken away as a file"),
    },
}
"""For each closed list its members' words. Per list, for two lists may share a value (a duty and a status are both `triage`)."""


def install(app: Flask) -> None:
    app.jinja_env.filters |= {"day": day, "moment": moment, "words": words, "asked_text": asked_text, "year": year_text}
    app.jinja_env.globals["asset"] = static_files.asset


def day(value: date) -> str:
    """`22 พฤศจิกายน 2569` in Thai, `22 November 2026` otherwise."""
    if isinstance(value, datetime):
        value = value.astimezone(OPERATOR_ZONE).date()
    if speaks_thai():
        return f"{value.day} {_THAI_MONTHS[value.month - 1]} {value.year + BUDDHIST_ERA}"
    return f"{value.day} {_ENGLISH_MONTHS[value.month - 1]} {value.year}"


def month(year: int, number: int) -> str:
    """`พฤศจิกายน 2569` in Thai, `November 2026` otherwise."""
    return day(date(year, number, 1)).partition(" ")[2]


def year_text(year: int) -> str:
    """`2569` in Thai, `2026` otherwise."""
    return month(year, 1).rpartition(" ")[2]


def asked_text(answer: Answer) -> str:
    """What a channel's own question was answered with: a day in words, everything else as it stands."""
    text = answer.text(Locale.THAI if speaks_thai() else Locale.ENGLISH)
    known = questions.read_day(text) if answer.kind is QuestionKind.DATE else None
    return day(known) if known else text


def moment(value: datetime) -> str:
    """Day and minute on the operator's clock: `22 พฤศจิกายน 2569 14:05 น.`, `22 November 2026, 14:05`."""
    local = value.astimezone(OPERATOR_ZONE)
    return f"{day(local)} {local:%H:%M} น." if speaks_thai() else f"{day(local)}, {local:%H:%M}"


def words(value: StrEnum) -> str:
    """A member of one of the vocabulary's closed lists, put in the page's language."""
    return str(WORDS[type(value)][value])


def answered(name: ReportField, text: str) -> str:
    """An answer as people read it: of a closed list the words, everything else as it was written."""
    if name is ReportField.LANGUAGE:
        return str({"th": _("Thai"), "en": _("English")}.get(text, text))
    if name not in CHOICES:
        return text
    chosen = (value for value in CHOICES[name] if value in text.split())
    return ", ".join(words(value) for value in chosen)


def about_lines(about: About | None, channel: str) -> list[tuple[str, str]]:
    """What the reporter said that it is about, and who handles it where that is another `channel`: labels and texts."""
    if about is None:
        return [(str(_("Handled by")), channel)]
    name = about.name_th if speaks_thai() else about.name_en
    handled = [(str(_("Handled by")), channel)] if about.elsewhere or not name else []
    return [(str(_("It is about")), name or str(_("Not sure"))), *handled]


def answer_lines(
    answers: Mapping[ReportField, str], requests: Sequence[RequestLine], withdrawn: date | None
) -> list[tuple[ReportField, str]]:
    """Every answer as people read it, in the order of the questions; empty where nothing was answered.

    `requests`: what the reporter has asked about their data since. A consent that was taken back is a ground no more. `withdrawn`: the day
    on which they withdrew who they are.
    """
    lines = {name: answered(name, answers.get(name, "")) for name in ReportField}
    ended = consent_ended(requests)
    if ended is not None and answers.get(ReportField.GROUND) == Ground.CONSENT:
        lines[ReportField.GROUND] = str(
            _("Legal duty and legal claims. The reporter’s consent was taken back on %(day)s.", day=day(ended))
        )
    if withdrawn is not None and answers.get(ReportField.WAY) in {Way.NAMED, Way.BEHALF}:
        lines[ReportField.WAY] += "\n" + str(_("The name was withdrawn on %(day)s.", day=day(withdrawn)))
    return list(lines.items())


ROLE_HINTS: Mapping[Role, Any] = {
    Role.INVESTIGATOR: _("Reads and answers the cases to which a key was handed over."),
    Role.ADMINISTRATOR: _("Sees accounts and channels and gives roles. Opens no case."),
    Role.CUSTODIAN: _("With the printed code of whoever lost their passphrase, brings it back. Opens no case."),
    Role.AUDITOR: _("Reads and verifies the access log. Opens no case."),
}


def role_choices(*, asked_for: bool = False) -> list[dict[str, Any]]:
    """The roles with what each may do, as boxes to tick. `asked_for`: nobody ticks the administrator's alone; it is asked for below."""
    choices = [{"value": role.value, "text": words(role), "hint": ROLE_HINTS[role]} for role in Role]
    closed = {"hint": _("It takes two people: ask for it below."), "disabled": True}
    return [choice | closed if asked_for and choice["value"] == Role.ADMINISTRATOR else choice for choice in choices]
