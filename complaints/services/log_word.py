"""The access log's word: what entries say, believed only when the tree under the newest signed checkpoint has them.

Rows beside the tree, and rows that were changed, are refused: whoever writes to the database without the log's key makes no entry. Not
seen here: an entry whose rows were taken away, which `complaints check` and `complaints log verify` see.

A leaf that was proven once is remembered for as long as the tree only grows: an entry then costs one look at its fields, and one at the
head. Where the tree that there is now does not continue the one in which a leaf was proven, nothing proven there counts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import LargeBinary, bindparam, select

from complaints.errors import Refused
from complaints.models import Base
from complaints.services import log_reading
from complaints.services.access_log import Head, signed_head
from complaints.services.log_reading import LogPage
from complaints.services.unit import AnyRow, Unit
from crypto import commit, entry_data, merkle

_TABLES = Base.metadata.tables
_ENTRY, _FIELD, _NODE = (_TABLES[name] for name in ("log_entry", "log_field", "log_node"))
_FIELDS = (
    select(_FIELD)
    .where(_FIELD.c.entry.in_(bindparam("positions", expanding=True)))
    .order_by(_FIELD.c.entry, _FIELD.c.number)
)
_NEWEST = (
    select(_FIELD)
    .where(
        _FIELD.c.entry
        == select(_FIELD.c.entry)
        .where(log_reading.holds(_FIELD.c, "subject", bindparam("subject", type_=LargeBinary)))
        .order_by(_FIELD.c.entry.desc())
        .limit(1)
        .scalar_subquery()
    )
    .order_by(_FIELD.c.number)
)
_LEAVES = select(_ENTRY.c.position, _ENTRY.c.leaf).where(_ENTRY.c.position.in_(bindparam("positions", expanding=True)))
_NODES = select(_NODE.c.position, _NODE.c.hash).where(
    _NODE.c.level == bindparam("level"), _NODE.c.position.in_(bindparam("positions", expanding=True))
)
"""A level at a time: asked for pairs of level and position, SQLite looks through the whole table."""

AT_ONCE = 500
"""Entries looked at together."""

REMEMBERED = 65_536


@dataclass
class _Tree:
    """The newest tree that was seen of a log, and what was proven to be in it: a position, and the leaf there."""

    head: Head
    proven: set[tuple[int, bytes]] = field(default_factory=set)


_trees: dict[bytes, _Tree] = {}
"""By the log's public key."""

Told = dict[str, str]
"""An entry's fields by name, without those that have expired."""


def at(unit: Unit, positions: Collection[int]) -> dict[int, Told]:
    """What the entries at these positions say. Raises Refused when one is missing, was changed, or stands in no tree that the log's key signed."""
    ordered = sorted(set(positions))
    told: dict[int, Told] = {}
    for start in range(0, len(ordered), AT_ONCE):
        told |= _at(unit, ordered[start : start + AT_ONCE])
    return told


def credible(unit: Unit, positions: Collection[int]) -> dict[int, Told]:
    """As `at`, without the entries for which it would raise Refused: where a planted row must not keep anybody from their work.

    What is refused is looked for in halves, so that one such row costs little among many that are the log's own.
    """
    ordered = sorted(set(positions))
    try:
        return at(unit, ordered)
    except Refused:
        middle = len(ordered) // 2
        return credible(unit, ordered[:middle]) | credible(unit, ordered[middle:]) if middle else {}


def newest(unit: Unit, subject: str) -> Told | None:
    """The newest entry about a subject; None when the log has none. Raises Refused."""
    rows = unit.run(_NEWEST, {"subject": subject.encode()}).all()
    return next(iter(_checked(unit, {rows[0].entry: rows}).values())) if rows else None


def page(
    unit: Unit,
    *,
    before: int | None = None,
    event: str | None = None,
    case: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    size: int = log_reading.PAGE,
) -> tuple[list[Told], int | None]:
    """As `log_reading.page`, every entry proven and holding what was asked for; with `older`. Raises Refused."""
    found: LogPage = log_reading.page(
        unit.session, before=before, event=event, case=case, actor=actor, subject=subject, size=size
    )
    told = at(unit, [line.position for line in found.lines])
    return [told[line.position] for line in found.lines], found.older


def every(unit: Unit, *, case: str | None = None, subject: str | None = None) -> list[Told]:
    """All that the log tells of one case or subject, the newest first. Raises Refused."""
    told, older = page(unit, case=case, subject=subject)
    while older is not None:
        more, older = page(unit, case=case, subject=subject, before=older)
        told += more
    return told


def _at(unit: Unit, positions: Sequence[int]) -> dict[int, Told]:
    fields: dict[int, list[AnyRow]] = defaultdict(list)
    for row in unit.run(_FIELDS, {"positions": positions}):
        fields[row.entry].append(row)
    if len(fields) != len(positions):
        raise Refused("an entry that the access log does not have")
    return _checked(unit, fields)


def _checked(unit: Unit, fields: Mapping[int, Sequence[AnyRow]]) -> dict[int, Told]:
    key = unit.secrets.log_key.verify_key()
    leaves = {position: _leaf(rows) for position, rows in fields.items()}
    head = signed_head(unit.session, key)
    proven = _proven_in(unit, key.to_bytes(), head)
    unknown = {position: leaf for position, leaf in leaves.items() if (position, leaf) not in proven}
    if unknown:
        _prove(unit, unknown, *head)
        if len(proven) > REMEMBERED:
            proven.clear()
        proven.update(unknown.items())
    return {position: dict(_values(rows)) for position, rows in fields.items()}


def _proven_in(unit: Unit, name: bytes, head: Head) -> set[tuple[int, bytes]]:
    """What was proven in the tree with this head. Nothing, and nothing is remembered, where a larger one was seen: it is an older state, or was taken back."""
    seen = _trees.get(name)
    if seen is not None and head[0] < seen.head[0]:
        return set()
    if seen is None or not _continues(unit, seen.head, head):
        seen = _trees[name] = _Tree(head)
    seen.head = head
    return seen.proven


def _continues(unit: Unit, earlier: Head, head: Head) -> bool:
    """Whether each peak of the earlier tree stands where it stood, under a peak of this one or as one."""
    if earlier == head:
        return True
    size, peaks = head
    places = merkle.places_of_peaks(earlier[0])
    ways = [merkle.way_to_peak(index << level, size) for level, index in places]
    above = [
        [node for node in beside if node[0] >= level] for (level, _), (_, beside) in zip(places, ways, strict=True)
    ]
    nodes = _stored(unit, {node for beside in above for node in beside})
    try:
        reached = [
            merkle.climb(index, peak, [nodes[node] for node in beside])
            for (_, index), peak, beside in zip(places, earlier[1], above, strict=True)
        ]
    except (KeyError, TypeError):  # a node that is missing, or is none
        return False
    return reached == [peaks[peak] for peak, _beside in ways]


def _leaf(rows: Sequence[AnyRow]) -> bytes:
    try:
        return merkle.leaf_hash(entry_data([row.commitment for row in rows]))
    except (TypeError, ValueError) as error:
        raise Refused("an entry of the access log that cannot be read") from error


def _values(rows: Sequence[AnyRow]) -> Iterator[tuple[str, str]]:
    """Each field that is there, when it is what the entry commits to."""
    for row in rows:
        if row.value is None and row.salt is None:
            continue
        try:
            if commit(row.name, row.value, row.salt) != row.commitment:
                raise Refused("an entry of the access log that was changed")
            yield row.name, row.value.decode()
        except (AttributeError, TypeError, ValueError) as error:
            raise Refused("an entry of the access log that cannot be read") from error


def _prove(unit: Unit, leaves: dict[int, bytes], size: int, peaks: Sequence[bytes]) -> None:
    try:
        ways = {position: merkle.way_to_peak(position, size) for position in leaves}
    except ValueError as error:
        raise Refused("an entry that stands beside the access log") from error
    nodes = _stored(unit, {node for _peak, beside in ways.values() for node in beside})
    for position, (peak, beside) in ways.items():
        try:
            reached = merkle.climb(position, leaves[position], [nodes[node] for node in beside])
        except (KeyError, TypeError) as error:
            raise Refused("a node of the access log's tree is missing") from error
        if reached != peaks[peak]:
            raise Refused("an entry that is not the one in the access log's tree")


def _stored(unit: Unit, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    levels: dict[int, list[int]] = defaultdict(list)
    for level, position in wanted:
        levels[level].append(position)
    found: dict[tuple[int, int], bytes] = {}
    for level, positions in levels.items():
        rows = unit.run(
            _NODES if level else _LEAVES,
            {"level": level, "positions": positions} if level else {"positions": positions},
        )
        found |= {(level, position): hash_ for position, hash_ in rows}
    return found
