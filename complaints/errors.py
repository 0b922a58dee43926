"""What can go wrong in the domain. Messages name no person and quote no content; a view maps each to an answer."""

from dataclasses import dataclass, field

from complaints.vocabulary import Event


@dataclass(frozen=True, slots=True)
class Failure:
    """What the access log is to say of an act that did not happen. Entered in a unit of its own, after the failed one is rolled back."""

    event: Event
    fields: dict[str, str] = field(default_factory=dict)


class DomainError(Exception):
    """Base of all. `failure`, when given, is entered in the access log before the answer leaves."""

    def __init__(self, message: str = "", *, failure: Failure | None = None) -> None:
        super().__init__(message)
        self.failure = failure


class NotFound(DomainError):
    """There is no such thing for this actor: it does not exist, or no grant reaches it. Told apart by nobody."""


class Denied(DomainError):
    """The actor's role or duty does not allow this. The message is the reason, shown to them."""


class PassphraseRefused(DomainError):
    """The passphrase asked for again, before an identity opens, is wrong."""


class Invalid(DomainError):
    """A value a person gave cannot be taken. `problems`: field name to a message key of the form."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("invalid values")
        self.problems = problems


class Conflict(DomainError):
    """Somebody else changed it first; nothing was done."""


class AlreadyReceived(DomainError):
    """The report was received before, and its receipt was exchanged since: nothing is stored a second time."""


class NoRecipient(DomainError):
    """After exclusions nobody is left who may receive the report, in the channel or its fallback."""


class Refused(DomainError):
    """Stored data does not verify: a forged, moved, older or altered row. Shown aloud, never worked around."""


class NotReady(DomainError):
    """The installation lacks something it needs; the message says what."""


class UploadRefused(DomainError):
    """A file cannot be taken. `reason` is one of: empty, too-large, too-many, expired, altered, program, bomb."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
