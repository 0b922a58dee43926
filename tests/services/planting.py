"""Entries that somebody writes beside the access log's tree, with everything right that takes no key."""

from crypto import SALT, commit, entry_data, merkle
from tests.stage import Attacker


def plant(attacker: Attacker, **fields: str) -> int:
    """At the log's end: fields, commitments and leaf. Returns its position."""
    position = int(attacker.value("SELECT max(position) FROM log_entry")) + 1
    commitments = []
    for number, (name, text) in enumerate(fields.items()):
        salt = bytes(SALT)
        commitments.append(commit(name, text.encode(), salt))
        attacker.insert("log_field", (position, number, name, text.encode(), salt, commitments[-1]))
    attacker.insert("log_entry", (position, merkle.leaf_hash(entry_data(commitments))))
    return position


def rewrite(attacker: Attacker, entry: int, name: str, text: str) -> None:
    """Another value in a field, its commitment and the entry's leaf along with it."""
    ((number, salt),) = attacker.rows("SELECT number, salt FROM log_field WHERE entry = ? AND name = ?", entry, name)
    attacker.run(
        "UPDATE log_field SET value = ?, commitment = ? WHERE entry = ? AND number = ?",
        text.encode(),
        commit(name, text.encode(), salt),
        entry,
        number,
    )
    rows = attacker.rows("SELECT commitment FROM log_field WHERE entry = ? ORDER BY number", entry)
    leaf = merkle.leaf_hash(entry_data([commitment for (commitment,) in rows]))
    attacker.run("UPDATE log_entry SET leaf = ? WHERE position = ?", leaf, entry)


def entry_of(attacker: Attacker, event: str, name: str, value: str) -> int:
    """The one entry of this kind with this value."""
    found: int = attacker.value(
        "SELECT one.entry FROM log_field one JOIN log_field other ON other.entry = one.entry"
        " WHERE one.name = 'event' AND one.value = ? AND other.name = ? AND other.value = ?",
        event.encode(),
        name,
        value.encode(),
    )
    return found
