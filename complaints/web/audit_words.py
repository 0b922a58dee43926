"""An entry of the access log, put in words: who, when, what it concerned, and what its short values mean."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import lazy_gettext as _

from complaints.services import case_state, new_keys
from complaints.services.approvals import Asked
from complaints.services.audit import Group, Names
from complaints.services.handing_over import TAKEN_BACK
from complaints.services.log_reading import LogLine
from complaints.services.rosters import Change
from complaints.vocabulary import (
    ApprovalKind,
    CaseStatus,
    CommentState,
    CompartmentName,
    Event,
    FactorKind,
    Locale,
    OpeningReason,
    Outcome,
    Priority,
    Risk,
    Role,
    Tie,
)
from complaints.web.audit_terms import ACTIONS, ASKED, FIELD_WORDS, GROUP_WORDS, MEANINGS, REASONS
from complaints.web.languages import gettext
from complaints.web.view_models import day, moment, words

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = re.compile(f"({_DAY.pattern})?[.][.]({_DAY.pattern})?")
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry, put for reading. `about`: what it concerned, in short lines."""

    position: int
    kind: str
    meaning: str
    when: str
    who: str
    about: tuple[str, ...]
    agreed: tuple[str, ...]
    """What a request asks for, or whom a version of a roster concerned and how, as what was signed says it."""
    fields: tuple[tuple[str, str, str], ...]
    """Every field: its name in words, what it says in words, and its value as it is stored."""


def entry_view(line: LogLine, names: Names, locale: Locale) -> EntryView:
    fields = line.fields
    event = _event(fields.get("event"))
    read = {name: _field(name, value, event, names, locale) for name, value in fields.items()}
    agreed = _agreed(fields, names, locale)
    kind = gettext("An assignment was taken back") if _was_taken_back(fields) else read.get("event", "")
    return EntryView(
        position=line.position,
        kind=kind,
        meaning=str(MEANINGS[event]) if event else "",
        when=read.get("time") or read.get("day", ""),
        who=_who(fields, read),
        about=_about(fields, read, agreed),
        agreed=agreed,
        fields=tuple((str(FIELD_WORDS.get(name, name)), read[name], fields[name] or "") for name in fields),
    )


def _event(value: str | None) -> Event | None:
    return Event(value) if value in set(Event) else None


def _about(fields: dict[str, str | None], read: dict[str, str], agreed: tuple[str, ...]) -> tuple[str, ...]:
    """What the entry concerned, each thing once; sealed words go without saying, and so does a request of which more is known."""
    subject = fields.get("subject") or ""
    silent = {"subject"} if subject.startswith("record:") else set()
    if agreed and subject.startswith("approval:"):
        silent = {"subject", "reason"}
    said = [read[name] for name in ("case", "channel", "subject", "reason") if name in read and name not in silent]
    return tuple(dict.fromkeys((*said, *agreed)))


def _was_taken_back(fields: dict[str, str | None]) -> bool:
    return (fields.get("reason") or "").partition(" ")[0] == TAKEN_BACK


def _agreed(fields: dict[str, str | None], names: Names, locale: Locale) -> tuple[str, ...]:
    digest = fields.get("digest") or ""
    if asked := names.requests.get(digest):
        return (_asked(asked, names, locale),)
    return tuple(_change(change, names) for change in names.rosters.get(digest, ()))


def _asked(asked: Asked, names: Names, locale: Locale) -> str:
    name = names.accounts.get(asked.person.hex(), asked.person.hex())
    if asked.kind is ApprovalKind.ROSTER:
        channel = _channel(asked.subject.hex(), names, locale)
        what = words(asked.duty) if asked.duty else gettext("leaves the roster")
        return f"{name}: {what} · {channel}"
    if asked.kind is ApprovalKind.REPLACEMENT:
        leaver = names.accounts.get(asked.subject.hex(), asked.subject.hex())
        what = gettext("goes on with the cases of: %(name)s", name=leaver)
    else:
        what = str(ASKED[asked.kind])
    return f"{name}: {what}"


def _change(change: Change, names: Names) -> str:
    name = names.accounts.get(change.account.hex(), change.account.hex())
    if change.before is change.after:
        return gettext("%(name)s: new keys", name=name)
    before, after = (words(duty) if duty else gettext("not on the roster") for duty in (change.before, change.after))
    return f"{name}: {before} → {after}"


def _who(fields: dict[str, str | None], read: dict[str, str]) -> str:
    if "actor" in read:
        return read["actor"]
    if fields.get("role") == "visitor":
        return gettext("A visitor")
    return gettext("The reporter") if fields.get("role") == "reporter" else gettext("The system")


def _field(name: str, value: str | None, event: Event | None, names: Names, locale: Locale) -> str:
    """A field's value in words; as it is stored where it has none, or was written past the system."""
    if value is None:
        return gettext("Expired")
    try:
        return _in_words(name, value, event, names, locale)
    except ValueError:
        return value


def _in_words(name: str, value: str, event: Event | None, names: Names, locale: Locale) -> str:
    put: dict[str, Callable[[str], str]] = {
        "event": lambda text: words(Event(text)),
        "day": lambda text: day(date.fromisoformat(text)),
        "time": lambda text: moment(datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)),
        "actor": lambda text: names.accounts.get(text, text),
        "role": _roles,
        "case": lambda text: _case(text, names),
        "channel": lambda text: _channel(text, names, locale),
        "subject": lambda text: _subjects(text, names, locale),
        "reason": lambda text: _left(text, names) or (event is Event.LOG_READ and _searched(text)) or _reason(text),
        "state": lambda text: _state(text, names, locale),
    }
    return put[name](value) if name in put else value


def _roles(text: str) -> str:
    if text == "reporter":
        return gettext("Reporter")
    if text == "visitor":
        return gettext("Visitor")
    return ", ".join(words(Role(role)) if role in set(Role) else role for role in text.split())


def _case(id_: str, names: Names) -> str:
    if id_ in names.cases:
        return gettext("Case %(reference)s", reference=names.cases[id_])
    if erased := names.erased.get(id_):
        return gettext("Test report %(reference)s, erased", reference=erased)
    return gettext("No such case")


def _channel(id_: str, names: Names, locale: Locale) -> str:
    return _named(id_, names.channels, locale)


def _named(id_: str, known: Mapping[str, tuple[str, str]], locale: Locale) -> str:
    return known[id_][0 if locale is Locale.THAI else 1] if id_ in known else id_


def _subjects(text: str, names: Names, locale: Locale) -> str:
    """One; or all cases that a search opened."""
    if " " in text and all(word.startswith("case:") for word in text.split(" ")):
        return ", ".join(_case(word.removeprefix("case:"), names) for word in text.split(" "))
    return _subject(text, names, locale)


def _subject(text: str, names: Names, locale: Locale) -> str:
    kind, colon, id_ = text.partition(":")
    if text in ACTIONS:
        return str(ACTIONS[text])
    if text.isdecimal():
        return gettext("Version %(number)s", number=text)
    if not colon:
        return _people(text, names)
    if kind == "case":
        return _case(id_, names)
    if kind in {"channel", "roster", "processor"}:
        return _named(id_, names.processors if kind == "processor" else names.channels, locale)
    said = {
        "file": gettext("A file"),
        "record": gettext("Sealed words"),
        "invitation": names.invitations.get(id_) or gettext("An invitation that nobody took"),
        "approval": gettext("A request"),
        "comment": gettext("Comments: %(count)s", count=len(text.split())),
        "entries": gettext("Entries: %(count)s", count=id_),
    }
    return said.get(kind, text)


def _people(text: str, names: Names) -> str:
    """Somebody; or all who hold a case from then on, some with `+identity`."""
    readers = [
        (names.accounts.get(id_, id_), identity) for id_, identity, _ in (w.partition("+") for w in text.split())
    ]
    said = [", ".join(sorted(name for name, _identity in readers))]
    if any(identity for _name, identity in readers):
        with_identity = ", ".join(sorted(name for name, identity in readers if identity))
        said.append(gettext("With the identity: %(names)s", names=with_identity))
    return " · ".join(said)


FACTS: dict[str, tuple[Any, Callable[[str], str]]] = {
    "reference": (_("Reference"), str),
    "status": (_("Status"), lambda text: words(CaseStatus(text))),
    "priority": (_("Priority"), lambda text: words(Priority(text))),
    "risk": (_("Risk of retaliation"), lambda text: words(Risk(text))),
    "outcome": (_("Outcome"), lambda text: words(Outcome(text))),
    "received": (_("Received"), lambda text: day(date.fromisoformat(text))),
    "acknowledge_by": (_("Acknowledge by"), lambda text: _deadline(date.fromisoformat(text))),
    "acknowledged": (_("Acknowledged"), lambda text: day(date.fromisoformat(text))),
    "feedback_by": (_("Give feedback by"), lambda text: _deadline(date.fromisoformat(text))),
    "feedback_given": (_("Feedback given"), lambda text: day(date.fromisoformat(text))),
    "closed": (_("Closed"), lambda text: day(date.fromisoformat(text))),
    "notice_version": (_("Version of the notice"), str),
}


def _deadline(due: date) -> str:
    return gettext("Nothing") if due == case_state.NOTHING_DUE else day(due)


def _state(text: str, names: Names, locale: Locale) -> str:
    """The clear side of a case, fact by fact."""
    facts = case_state.read(text)
    said = [gettext("Channel: %(name)s", name=_channel(facts.pop("channel_id", ""), names, locale))]
    said += [f"{FACTS[name][0]}: {FACTS[name][1](value)}" for name, value in facts.items()]
    return " · ".join(said)


def _searched(text: str) -> str:
    """What was looked for in the log: a kind or a group of kinds, and days. Empty for any other text."""
    said = []
    for word in text.split():
        if word in set(Event):
            said.append(gettext("Only: %(kind)s", kind=words(Event(word))))
        elif word in set(Group):
            said.append(gettext("Only: %(kind)s", kind=GROUP_WORDS[Group(word)][0]))
        elif days := _DAYS.fullmatch(word):
            first, last = (day(date.fromisoformat(end)) if end else "…" for end in days.groups())
            said.append(f"{first} – {last}")
        else:
            return ""
    return " · ".join(said)


def _left(text: str, names: Names) -> str:
    """Whoever holds no key of a case any more; empty for any other text."""
    ids = [word.removeprefix("left:") for word in text.split() if word.startswith("left:")]
    gone = ", ".join(sorted(names.accounts.get(id_, id_) for id_ in ids))
    return gettext("No key any more: %(names)s", names=gone) if gone else ""


def _reason(text: str) -> str:
    """An opening's reason, a verdict, or roles before and after (`a b -> c`)."""
    for kind in (OpeningReason, CommentState, Outcome, FactorKind, Tie, CompartmentName):
        if text in set(kind):
            return words(kind(text))
    if text.partition(" ")[0] in set(CompartmentName):
        return ", ".join(
            f"{words(CompartmentName(name))} {epoch}" for name, epoch in new_keys.read_lapsed(text).items()
        )
    if "->" in text:
        before, after = (_roles(side) or gettext("No role") for side in text.split("->"))
        return f"{before} → {after}"
    if _DAY.fullmatch(text):
        return gettext("By %(day)s", day=day(date.fromisoformat(text)))
    return gettext("Sealed to the roster with this hash") if _HASH.fullmatch(text) else str(REASONS.get(text, text))
