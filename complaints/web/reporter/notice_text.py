"""The whole notice as one text: shown, and kept under its version in both languages."""

from typing import Any

from flask import current_app

from complaints.services import organisation
from complaints.services.organisation import PublishedText
from complaints.services.unit import Unit
from complaints.vocabulary import Locale
from complaints.web import answers
from complaints.web.reporter import registry
from complaints.web.visit import application


def values(unit: Unit, locale: Locale) -> dict[str, Any]:
    """What the text is made from."""
    return {
        "operator": organisation.notice(unit),
        "asked": registry.groups(registry.of_channels(unit, locale)),
        "processors": registry.of_processors(unit, locale),
    }


def keep(unit: Unit) -> None:
    """Keeps the notice as it reads now: to be called wherever something changes that it tells of, and at every start of the program."""
    organisation.hold_still(unit)
    if organisation.notice(unit) is not None:
        organisation.keep_page(unit, *(_rendered(unit, locale) for locale in (Locale.THAI, Locale.ENGLISH)))


def _rendered(unit: Unit, locale: Locale) -> str:
    """In a context of its own, so that it is in its language whoever asks."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with app.app_context(), app.test_request_context(f"/{locale}/notice"):
        return answers.text_to_keep(
            "reporter/_notice_text.html",
            {"locale": locale.value, "organisation": application().organisation(locale)} | values(unit, locale),
        )


def changes(versions: list[PublishedText]) -> dict[int, str]:
    """Of each version what it changed: `first`, `operator` (who answers for the data) or `program` (what is asked, how it works)."""
    found = {}
    for newer, older in zip(versions, [*versions, None][1:], strict=True):
        own = older is not None and (newer.text_th, newer.text_en) == (older.text_th, older.text_en)
        found[newer.version] = "first" if older is None else "program" if own else "operator"
    return found
