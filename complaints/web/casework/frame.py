"""The blueprint, and how days, sizes and states are put on its pages."""

from datetime import date

from flask import Blueprint

from complaints.vocabulary import CaseStatus, IdentityField, RecordKind
from complaints.web.attachment import safe_name
from complaints.web.languages import gettext, speaks_thai
from complaints.web.languages import lazy_gettext as _
from complaints.web.view_models import BUDDHIST_ERA, words

blueprint = Blueprint("casework", __name__, url_prefix="/staff/cases")

_THAI_MONTHS = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_STATUS_COLOURS = {
    CaseStatus.NEW: None,
    CaseStatus.TRIAGE: "yellow",
    CaseStatus.ACCEPTED: "purple",
    CaseStatus.INVESTIGATING: "teal",
    CaseStatus.MERGED: "outlined",
    CaseStatus.CLOSED: "grey",
}
"""Each its own; the word beside it says the same. None is the tag's own blue. Green, orange and red say how a thing stands, and no status is one."""

_PARTS = {
    RecordKind.REPORT: _("the answers"),
    RecordKind.EXCLUSIONS: _("who must not see it"),
    RecordKind.IDENTITY: _("the identity"),
    RecordKind.FILE: _("a file"),
    RecordKind.ENCLOSURE: _("a file that was sent to the reporter"),
    RecordKind.ORIGINAL: _("an original file"),
    RecordKind.MESSAGE: _("a message"),
    RecordKind.NOTE: _("a note"),
    RecordKind.OPENING_REASON: _("why the identity was opened"),
    RecordKind.READ_MARK: _("how far somebody has read"),
    RecordKind.DATA_REQUEST: _("what the reporter asks about their data"),
    RecordKind.DATA_DECISION: _("the answer to what the reporter asks about their data"),
    RecordKind.FINDINGS: _("findings"),
    RecordKind.FEEDBACK: _("feedback to the reporter"),
    RecordKind.TAKEN_DOWN: _("how the report came"),
    RecordKind.TRANSCRIPT_CHECK: _("what the reporter says of what was taken down"),
    RecordKind.WITHDRAWAL: _("what went with the reporter’s name"),
    RecordKind.REOPENING: _("why the case was reopened"),
    RecordKind.IDENTITY_REQUEST: _("why somebody asks for the identity"),
    RecordKind.IDENTITY_DECLINED: _("why the identity was not handed over"),
    RecordKind.TASK: _("a task"),
    RecordKind.TASK_DONE: _("that a task is done"),
    RecordKind.MOVING: _("why the case went to another channel"),
    RecordKind.RECUSAL: _("why somebody left the case"),
    RecordKind.LINK: _("a link with another case"),
    RecordKind.UNLINK: _("that a link counts no more"),
}


@blueprint.app_template_filter("short_day")
def short_day(value: date) -> str:
    """`22 พ.ย. 2569` in Thai, `22 Nov 2026` otherwise: for lists."""
    if speaks_thai():
        return f"{value.day} {_THAI_MONTHS[value.month - 1]} {value.year + BUDDHIST_ERA}"
    return f"{value.day} {_ENGLISH_MONTHS[value.month - 1]} {value.year}"


@blueprint.app_template_filter("file_size")
def file_size(length: int) -> str:
    """Bytes in the unit that keeps the number short, in thousands: `820 bytes`, `14 kB`, `2.3 MB`."""
    if length < 1000:
        return str(gettext("%(number)d bytes", number=length))
    for unit in ("kB", "MB"):
        length_in_unit = length / (1000 if unit == "kB" else 1_000_000)
        if length_in_unit < 999.5:
            return f"{length_in_unit:.1f} {unit}" if length_in_unit < 9.95 else f"{length_in_unit:.0f} {unit}"
    return f"{length / 1e9:.1f} GB"


@blueprint.app_template_filter("file_name")
def file_name(name: str) -> str:
    """A stranger's name for a file, shown as it will be kept."""
    return safe_name(name)


@blueprint.app_template_filter("status_colour")
def status_colour(status: CaseStatus) -> str | None:
    return _STATUS_COLOURS[status]


def identity_label(field: IdentityField) -> str:
    """As an investigator reads it; the reporter's own form says "you"."""
    return gettext("Anything else that identifies them") if field is IdentityField.OTHER else words(field)


def part_name(kind: RecordKind) -> str:
    """What a record is, within a sentence."""
    return str(_PARTS[kind])


def problem_text(problem: str) -> str:
    """What a service calls `message 5`, for reading."""
    kind, _space, number = problem.partition(" ")
    part = _PARTS[RecordKind(kind)] if kind in set(RecordKind) else kind
    return str(gettext("%(part)s (record %(number)s)", part=part, number=number))
