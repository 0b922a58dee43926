"""Nothing is served that the guard does not guard, and nothing is rendered but by the guard's own hand."""

import ast
from pathlib import Path

import pytest
from flask import Flask

from complaints.policy import Action
from complaints.web import guard
from complaints.web.guard import Unguarded, guard_of

RENDERERS = {
    "Response",
    "abort",
    "after_this_request",
    "jsonify",
    "make_response",
    "redirect",
    "render_template",
    "render_template_string",
    "send_file",
    "send_from_directory",
    "stream_template",
    "stream_template_string",
    "stream_with_context",
}
"""What makes an answer in Flask. A view returns a reply instead."""


def test_every_view_is_marked_with_an_action(wired: Flask) -> None:
    marks = {rule.rule: guard_of(wired.view_functions[rule.endpoint]) for rule in wired.url_map.iter_rules()}
    assert marks
    assert [rule for rule, mark in marks.items() if mark is None] == []


def test_an_unmarked_view_keeps_the_application_from_starting(wired: Flask) -> None:
    wired.add_url_rule("/staff/forgotten", "forgotten", lambda: "somebody forgot")
    with pytest.raises(Unguarded, match="/staff/forgotten"):
        guard.refuse_unguarded(wired)


def test_every_action_is_what_some_view_does(wired: Flask) -> None:
    used = {mark.action for view in wired.view_functions.values() if (mark := guard_of(view))}
    assert used == set(Action)


def test_no_method_answers_by_itself(wired: Flask) -> None:
    """Flask's own answer to OPTIONS would pass the guard by."""
    assert {method for rule in wired.url_map.iter_rules() for method in rule.methods or ()} == {"GET", "HEAD", "POST"}


def test_what_changes_anything_is_posted(wired: Flask) -> None:
    """A rule takes GET or POST, never both: what a link can do changes nothing but the log."""
    for rule in wired.url_map.iter_rules():
        assert not {"GET", "POST"} <= (rule.methods or set()), rule.rule


def test_only_the_answers_module_renders(package: Path) -> None:
    found = []
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix() == "web/answers.py":
            continue
        found += [f"{path.name}:{line}: {name}" for line, name in _renderings(path)]
    assert found == []


def test_the_ban_sees_what_it_bans(tmp_path: Path) -> None:
    module = tmp_path / "view.py"
    module.write_text("import flask\nfrom flask import jsonify as j\nflask.make_response('x')\nflask.Response\n")
    assert list(_renderings(module)) == [(2, "jsonify"), (3, "make_response")]


def _renderings(path: Path) -> list[tuple[int, str]]:
    """Imports of renderers (but for the class of responses, which signatures name) and calls of any of them."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flask":
            found += [(node.lineno, alias.name) for alias in node.names if alias.name in RENDERERS - {"Response"}]
        elif isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in RENDERERS:
                found.append((node.lineno, name))
    return sorted(found)
