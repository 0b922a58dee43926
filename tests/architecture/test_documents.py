"""What the documents say of the code is what the code says."""

import re
from pathlib import Path

from complaints.models import Base
from complaints.policy import POLICY, Action, Anonymous, Reporter, Rule, Staff
from complaints.vocabulary import Role

ROOT = Path(__file__).parents[2]


def test_the_table_of_actions_is_the_policy() -> None:
    documented = {}
    for line in (ROOT / "docs" / "authorization.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0] in set(Action):
            documented[Action(cells[0])] = _rule(*cells[1:])
    assert documented == POLICY


def _rule(anonymous: str, reporter: str, staff: str) -> Rule:
    actors = {kind for kind, cell in ((Anonymous, anonymous), (Reporter, reporter), (Staff, staff)) if cell}
    roles = frozenset() if staff in {"", "any"} else frozenset(Role(role) for role in staff.split(", "))
    return Rule(frozenset(actors), roles)


def test_every_table_is_among_what_is_stored() -> None:
    stored = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## What is stored")[2]
    rows = (line.split("|")[1] for line in stored.splitlines() if line.startswith("| "))
    assert {name.strip() for row in rows for name in row.split(",")} == {"table"} | set(Base.metadata.tables)


def test_every_label_is_among_the_formats() -> None:
    label = re.compile(r'"(complaints/[a-z/ -]+/[0-9]+)')
    sources = (path.read_text("utf-8") for tree in ("complaints", "crypto") for path in (ROOT / tree).rglob("*.py"))
    used = {found for source in sources for found in label.findall(source)}
    described = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert used
    assert [found for found in sorted(used) if found not in described] == []
