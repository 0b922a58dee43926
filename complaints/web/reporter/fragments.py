"""Pieces of the form that are the same for everybody, made once: labels, hints, advice, buttons, the people of the channels.

A form of forty components would otherwise cost more than all cryptography of the report. Only what a template says between
`{% call kept(...) %}` and `{% endcall %}` is kept, under a key that names everything it depends on: never an answer.
"""

from collections.abc import Callable, Hashable
from threading import Lock

from markupsafe import Markup, escape

from complaints.vocabulary import Locale

HOLE = "\ue000"
"""Stands in a kept field where the answer goes. A character for private use, which no text of ours has."""

_LIMIT = 1000
"""Fragments; a few hundred are in use. Beyond that all are made anew, so that no key can fill the memory."""

_fragments: dict[Hashable, Markup] = {}
_lock = Lock()


def kept(locale: Locale, *key: Hashable, caller: Callable[[], Markup]) -> Markup:
    """What the block gave the first time, in this language, under this key."""
    full_key = (locale, key)
    fragment = _fragments.get(full_key)
    if fragment is None:
        fragment = caller()
        with _lock:
            if len(_fragments) >= _LIMIT:
                _fragments.clear()
            _fragments[full_key] = fragment
    return fragment


def filled(fragment: Markup, answer: str) -> Markup:
    """A kept field with its answer in the hole, escaped."""
    return Markup(str(fragment).replace(HOLE, str(escape(answer))))  # noqa: S704 - the fragment is a template's, the rest is escaped
