"""A case put as one document: headed sections of labelled texts, in the language of whoever takes it. What a page and a PDF are made of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flask_babel import gettext

from complaints.services.case_reading import OpenedCase
from complaints.services.export import Copy
from complaints.services.identity import OpenedIdentity
from complaints.vocabulary import CompartmentName, IdentityField, Locale
from complaints.web.casework.frame import identity_label, problem_text
from complaints.web.view_models import about_lines, answer_lines, asked_text, day, moment, words

Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """`lines`: label and text. Without any, `nothing` says so."""

    title: str
    lines: Lines = field(repr=False)
    nothing: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    mark: str
    """Who took it and when: on every page."""
    sections: tuple[Section, ...] = field(repr=False)

    def as_data(self, locale: Locale) -> dict[str, Any]:
        """As `typesetting` takes it."""
        return {"language": locale.value, **asdict(self)}


def document(copy: Copy, locale: Locale, names: Mapping[bytes, str], organisation: str) -> Document:
    """`names`: of the files beside it, by their ids. `organisation`: whose case it is, in the same language."""
    case = copy.case
    channel = case.channel_th if locale is Locale.THAI else case.channel_en
    identity = [_identity(copy.identity, locale)] if copy.identity else []
    return Document(
        title=gettext("Case %(reference)s", reference=case.reference),
        mark=gettext("Confidential. Copy taken by %(name)s, %(when)s", name=copy.taker, when=moment(copy.taken)),
        sections=(
            Section("", [*([(gettext("Organisation"), organisation)] if organisation else []), *_facts(case, channel)]),
            *identity,
            Section(gettext("Report"), _report(case, locale)),
            Section(gettext("Outcome"), _turns(case), gettext("The case was not closed yet.")),
            Section(
                gettext("Conversation with the reporter"), _messages(case, names), gettext("Nobody has written yet.")
            ),
            Section(
                gettext("Internal notes"),
                [(f"{n.author_name}, {day(n.day)}", n.text) for n in case.notes],
                gettext("There is no note yet."),
            ),
            *([Section(gettext("Tasks"), _tasks(case))] if case.tasks else []),
            *([Section(gettext("Related cases"), _related(case))] if case.related else []),
            Section(gettext("Evidence"), _files(case, names), gettext("The reporter sent no file.")),
            Section(gettext("Who can open this case"), _people(case)),
            *(
                [Section(gettext("What could not be shown"), [("", problem_text(p)) for p in case.problems])]
                if case.problems
                else []
            ),
        ),
    )


def _facts(case: OpenedCase, channel: str) -> Lines:
    test = case.rehearsed is not None
    facts = [
        (gettext("Channel"), channel),
        (gettext("Status"), words(case.status)),
        (gettext("Priority"), words(case.priority)),
        (gettext("Risk of retaliation"), words(case.risk)),
        (gettext("Received"), day(case.received)),
        (gettext("How it came"), words(case.taken_down.source) if case.taken_down else ""),
        (gettext("Taken down by"), case.taken_down_by),
        (
            gettext("Test report"),
            gettext("This is a test. Nobody sent it, and nothing of it happened.") if test else "",
        ),
        (gettext("Acknowledge by"), "" if test else day(case.acknowledge_by)),
        (gettext("Acknowledged"), day(case.acknowledged) if case.acknowledged else ""),
        (gettext("Give feedback by"), "" if test else day(case.feedback_by)),
        (gettext("Feedback given"), day(case.feedback_given) if case.feedback_given else ""),
        (gettext("Closed"), day(case.closed) if case.closed else ""),
        (gettext("Outcome"), words(case.outcome) if case.outcome else ""),
    ]
    return [(label, text) for label, text in facts if text]


def _identity(identity: OpenedIdentity, locale: Locale) -> Section:
    lines = [(identity_label(name), identity.fields[name]) for name in IdentityField if identity.fields[name]]
    lines += [(answer.wording(locale), asked_text(answer)) for answer in identity.asked]
    nothing = gettext("The reporter gave nothing that identifies them: the report is anonymous.")
    return Section(gettext("The reporter’s identity"), lines, nothing)


def _report(case: OpenedCase, locale: Locale) -> Lines:
    lines = about_lines(case.about, case.channel_th if locale is Locale.THAI else case.channel_en)
    lines += [
        (words(name), text) for name, text in answer_lines(case.answers, case.requests, case.identity_withdrawn) if text
    ]
    lines += [(answer.wording(locale), asked_text(answer)) for answer in case.asked]
    if case.taken_down is not None:
        said = case.taken_down.checks
        lines += [(f"{words(line.outcome)}, {gettext('Reporter')}, {day(line.day)}", line.text) for line in said]
    excluded = "\n".join(filter(None, (", ".join(case.excluded), case.excluded_words)))
    return [*lines, *([(gettext("Must not see it"), excluded)] if excluded else [])]


def _turns(case: OpenedCase) -> Lines:
    lines: Lines = []
    for turn in case.turns:
        what = words(turn.outcome) if turn.outcome else gettext("Reopened")
        lines.append((f"{what}, {turn.author_name}, {day(turn.day)}", turn.text))
        if turn.told:
            lines.append((gettext("Told to the reporter"), turn.told))
    return lines


def _messages(case: OpenedCase, names: Mapping[bytes, str]) -> Lines:
    lines: Lines = []
    for message in case.messages:
        author = gettext("Reporter") if message.from_reporter else message.author_name
        files = [names[file.id] for file in message.files if file.id in names]
        lines.append((f"{author}, {day(message.day)}", "\n".join(filter(None, (message.text, *files)))))
    for request in case.requests:
        answer = request.decision.text if request.decision else ""
        lines.append((f"{words(request.kind)}, {day(request.day)}", "\n".join(filter(None, (request.text, answer)))))
    return lines


def _tasks(case: OpenedCase) -> Lines:
    lines: Lines = []
    for task in case.tasks:
        until = gettext("by %(day)s", day=day(task.due))
        done = gettext("%(name)s, done on %(day)s", name=task.done_by, day=day(task.done)) if task.done else ""
        lines.append((f"{task.name}, {until}", "\n".join(filter(None, (task.text, done)))))
    return lines


def _related(case: OpenedCase) -> Lines:
    """That there are: which, and why, concerns another case as well, and this is a copy of one."""
    return [("", f"{words(line.tie)}: {line.author_name}, {day(line.day)}") for line in case.related]


def _files(case: OpenedCase, names: Mapping[bytes, str]) -> Lines:
    lines = [("", names[file.id]) for file in case.files if file.id in names]
    apart = gettext("A file that could not be cleaned: it is not in this copy.")
    return lines + [("", apart) for _file in case.kept_apart]


def _people(case: OpenedCase) -> Lines:
    return [
        (
            f"{holder.name}, {gettext('since %(day)s', day=day(holder.since))}",
            ", ".join(words(name) for name in CompartmentName if name in holder.compartments),
        )
        for holder in case.holders
    ]
