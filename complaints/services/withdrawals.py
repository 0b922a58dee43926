"""What a withdrawal took beside the name: how many files, for both sides to read. Sealed in `report`, and signed by the reporter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from complaints.models import new_id
from complaints.services import records
from complaints.services.keyrings import Keyring
from complaints.services.keys import SessionKeys
from complaints.services.records import OpenedRecord, SealedRecord
from complaints.vocabulary import RecordKind


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    """Counts alone: what the files were called went with them."""

    day: date
    gone: int
    """Files that nobody has any more."""
    copied: int
    """Originals that went, and of which the clean copy stays."""
    handed: int
    """Files that whoever reads the report has from then on."""


def seal(case: bytes, keyring: Keyring, keys: SessionKeys, *, gone: int, copied: int, handed: int) -> SealedRecord:
    counts = {"gone": gone, "copied": copied, "handed": handed}
    return records.seal(
        case,
        new_id(),
        RecordKind.WITHDRAWAL,
        {name: count.to_bytes(4, "big") for name, count in counts.items()},
        epoch=keyring.newest,
        key=keyring.key,
        author=case,
        signing=keys.signing,
    )


def lines_of(opened: Iterable[OpenedRecord]) -> tuple[WithdrawalLine, ...]:
    """Each withdrawal by which files went or were handed over, in the order of time."""
    return tuple(
        WithdrawalLine(
            record.made, *(int.from_bytes(record.fields[name], "big") for name in ("gone", "copied", "handed"))
        )
        for record in opened
        if record.kind is RecordKind.WITHDRAWAL
    )
