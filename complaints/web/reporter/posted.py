"""A reporter's form, as it comes back with every post: what was typed, and the keys of the files that are sealed already.

Nothing of it is kept between requests. A file's key and the receipt stand in hidden fields, never in an address.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from werkzeug.datastructures import MultiDict

from complaints.config import Secrets
from complaints.services import questions, vouching
from complaints.services.exhibits import Exhibit
from complaints.services.questions import Question
from complaints.services.report_draft import ReportDraft, identity_to_seal
from complaints.services.routing import Recipients
from complaints.services.uploads import StagedFile
from complaints.vocabulary import CHOICES, SEVERAL, Cleaning, CompartmentName, IdentityField, Locale, ReportField, Trace
from crypto import Mistyped, Receipt, SecretKey, encode_parts

ASKED = tuple(name for name in ReportField if name is not ReportField.LANGUAGE)
"""The answers that a reporter gives; the language of the report is that of the form."""

_ID = re.compile(r"[0-9a-f]{32}")
_SEALED = r"([0-9a-f]{32}):([0-9a-f]{64}):([0-9]{1,15})"
_STAGED = re.compile(rf"{_SEALED}:([^:\n]{{0,100}}):(?:(not|nothing)|{_SEALED}:([a-z]{{1,20}})):([^\n]{{0,255}})")


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file that was not taken, and why: a reason of UploadRefused."""

    name: str = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class Posted:
    """Everything in the form. `shown` is the fingerprint of what the check page showed; empty before there was one."""

    receipt: Receipt = field(default_factory=Receipt.generate, repr=False)
    channel: bytes | None = None
    answers: Mapping[ReportField, str] = field(default_factory=dict, repr=False)
    excluded: frozenset[bytes] = field(default=frozenset(), repr=False)
    excluded_words: str = field(default="", repr=False)
    identity: Mapping[IdentityField, str] = field(default_factory=dict, repr=False)
    asked: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    """Answers to channels' own questions, by question; of other channels than the chosen one, too."""
    seen: frozenset[bytes] = frozenset()
    """Of these questions those that were asked, answered or not."""
    seen_again: frozenset[bytes] = frozenset()
    files: tuple[Exhibit, ...] = field(default=(), repr=False)
    refused: tuple[RefusedFile, ...] = field(default=(), repr=False)
    declared: bool = False
    shown: str = ""

    @classmethod
    def parse(cls, secrets: Secrets, form: MultiDict[str, str], arrived: Iterable[Exhibit] = ()) -> "Posted":
        """From the fields of a post and the files that came with it. Whatever is missing or makes no sense is as if left out.

        A file that rides along with another word than the server gave it is left out, and the rest is told so: `refused`, `altered`.
        """
        ridden, damaged = _ridden_files(secrets, form)
        dropped = set(form.getlist("drop"))
        channel = form.get("channel", "")
        return cls(
            receipt=_receipt(form.get("receipt", "")),
            channel=bytes.fromhex(channel) if _ID.fullmatch(channel) else None,
            answers={name: _answer(form, name) for name in ASKED},
            excluded=_ids(form, "excluded"),
            excluded_words=_text(form.get("excluded_words", "")),
            identity={name: _text(form.get(name, "")).strip() for name in IdentityField},
            asked=_asked(form),
            seen=_ids(form, "asked"),
            seen_again=_ids(form, "again"),
            files=tuple(file for file in (*ridden, *arrived) if file.id.hex() not in dropped),
            refused=damaged,
            declared="declared" in form,
            shown=form.get("shown", ""),
        )

    @property
    def identity_to_seal(self) -> Mapping[IdentityField, str]:
        return identity_to_seal(self.answers.get(ReportField.WAY, ""), self.identity)

    @property
    def to_send(self) -> tuple[StagedFile, ...]:
        """Every file that becomes part of the case: clean copies, originals, and what needed no cleaning."""
        return tuple(staged for exhibit in self.files for staged in exhibit.to_send())

    def fingerprint(self, recipients: Recipients, notice_version: int, asked: Sequence[Question]) -> str:
        """Hex SHA-256 over every answer, the version of the notice, and whoever receives them: what is sent, and to whom, must be what
        the check page showed. `asked`: the channel's own questions.
        """
        named = [*self.answers.items(), *self.identity.items()]
        people = [
            encode_parts(person.account, person.duty.encode(), person.display_name.encode())
            for person in (*recipients.leads, *recipients.triage)
        ]
        parts = [
            self.channel or b"",
            recipients.channel,
            recipients.roster,
            notice_version.to_bytes(4, "big"),
            encode_parts(*sorted(people)),
            self.excluded_words.encode(),
            encode_parts(*sorted(self.excluded)),
            encode_parts(*sorted(staged.id + staged.kind.encode() for staged in self.to_send)),
            *(encode_parts(name.encode(), text.encode()) for name, text in named),
            *(encode_parts(question.id, self.asked.get(question.id, "").encode()) for question in asked),
        ]
        return sha256(encode_parts(*parts)).hexdigest()

    def draft(self, channel: bytes, locale: Locale) -> ReportDraft:
        """As intake takes it, for a channel that the reporter chose or was told of."""
        return ReportDraft(
            channel=channel,
            answers=self.answers,
            identity=self.identity,
            excluded=self.excluded,
            excluded_words=self.excluded_words,
            files=self.to_send,
            locale=locale,
            asked=self.asked if self.channel else {},
            unsure=self.channel is None,
        )

    def without(self, refusals: Mapping[bytes, str]) -> "Posted":
        """Without the files that cannot be taken; `refusals`: their ids, and why."""
        refused = tuple(RefusedFile(file.name, refusals[file.id]) for file in self.files if file.id in refusals)
        kept = tuple(file for file in self.files if file.id not in refusals)
        return replace(self, files=kept, refused=self.refused + refused)


def ride_along(secrets: Secrets, exhibit: Exhibit) -> str:
    """A sealed file as it stands in a hidden field: id, key and length, type, those of its clean copy with what was found, name.

    Then the server's word for all of it: what was found out of a file when it arrived is believed when it comes back. Whoever has the
    field and the database can read the file.
    """
    copy = exhibit.copy
    done = f"{_sealed(copy)}:{''.join(copy.found)}" if copy else exhibit.cleaning.value
    said = f"{_sealed(exhibit.original)}:{exhibit.original.media_type}:{done}:{exhibit.name}"
    return f"{said}:{_word(secrets, said)}"


def _word(secrets: Secrets, said: str) -> str:
    return vouching.for_waiting_file(secrets, said).hex()


def _sealed(staged: StagedFile) -> str:
    return f"{staged.id.hex()}:{staged.key.export().hex()}:{staged.length}"


def choice_of(exhibit: Exhibit) -> str:
    """The name of the field in which the reporter chooses who gets what could not be cleaned."""
    return f"who-{exhibit.id.hex()}"


def _ridden_files(secrets: Secrets, form: MultiDict[str, str]) -> tuple[list[Exhibit], tuple[RefusedFile, ...]]:
    files: dict[bytes, Exhibit] = {}
    damaged = False
    for value in form.getlist("staged"):
        said, _, word = value.rpartition(":")
        match = _STAGED.fullmatch(said)
        if match is None or not hmac.compare_digest(_word(secrets, said).encode(), word.encode()):
            damaged = True
            continue
        file_id, key, length, media_type, done, copy_id, copy_key, copy_length, letters, name = match.groups()
        original = _staged(file_id, key, length, media_type, name)
        exhibit = Exhibit(original, Cleaning(done or "cleaned"))
        if not done:
            found = tuple(trace for trace in Trace if trace in letters)
            copy = replace(_staged(copy_id, copy_key, copy_length, media_type, name), found=found)
            exhibit = replace(exhibit, copy=copy)
        files[exhibit.id] = replace(exhibit, shared=form.get(choice_of(exhibit)) == CompartmentName.REPORT)
    return list(files.values()), (RefusedFile("", "altered"),) if damaged else ()


def _staged(file_id: str, key: str, length: str, media_type: str, name: str) -> StagedFile:
    return StagedFile(bytes.fromhex(file_id), SecretKey.from_bytes(bytes.fromhex(key)), name, media_type, int(length))


def _receipt(text: str) -> Receipt:
    try:
        return Receipt.parse(text)
    except Mistyped:
        return Receipt.generate()


def _answer(form: MultiDict[str, str], name: ReportField) -> str:
    """What was typed; of a closed list, what was chosen, in the list's order."""
    if name not in CHOICES:
        return _text(form.get(name, ""))
    chosen = form.getlist(name) if name in SEVERAL else form.getlist(name)[:1]
    return " ".join(value for value in CHOICES[name] if value in chosen)


def _ids(form: MultiDict[str, str], name: str) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(value) for value in form.getlist(name) if _ID.fullmatch(value))


def _asked(form: MultiDict[str, str]) -> dict[bytes, str]:
    return {questions.question_of(name): _text(form.get(name, "")) for name in form if questions.question_of(name)}


def _text(value: str) -> str:
    """As typed, with one kind of line break, and without the character that ends texts elsewhere."""
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
