"""axe-core, run inside a page from outside it: the page's own policy forbids every script but ours, and stays as it is."""

from functools import cache
from typing import Any

from tests.browser.visitor import Visitor
from tests.served import ROOT

SCRIPT = ROOT / "node_modules" / "axe-core" / "axe.min.js"

# What axe could not decide counts as well.
_RUN = """async ({rules}) => {
    const options = {resultTypes: ["violations", "incomplete"]};
    if (rules) options.runOnly = {type: "rule", values: rules};
    const checks = node => [...node.any, ...node.all, ...node.none];
    const say = (kind, {id, nodes}) => nodes.map(
        node => `${kind} ${id}: ${node.target.join(" ")}: ${checks(node).map(c => c.message).join("; ")}`);
    const {violations, incomplete} = await axe.run(document, options);
    return [...violations.flatMap(r => say("violation", r)), ...incomplete.flatMap(r => say("undecided", r))];
}"""


@cache
def _script() -> str:
    return SCRIPT.read_text("utf-8")


def findings(visitor: Visitor, rules: list[str] | None = None) -> list[str]:
    """What axe says of the page as it stands, by all its rules or these."""
    if not visitor.evaluate("() => Boolean(window.axe)"):
        visitor.evaluate(f"() => {{ {_script()} }}")
    result: list[Any] = visitor.evaluate(_RUN, {"rules": rules})
    return [str(line) for line in result]
