"""One request, as views see it: who asks, in which language, and what they may work in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from flask import current_app, request

from complaints.config import Secrets, Settings
from complaints.policy import Actor, Reporter, Staff
from complaints.services import organisation
from complaints.services.keys import SessionKeys
from complaints.services.organisation import OrganisationNames
from complaints.services.sessions import OpenSession
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Locale


@dataclass(frozen=True, slots=True)
class Application:
    """What the whole application shares."""

    settings: Settings
    units: Units
    secrets: Secrets = field(repr=False)
    static_digest: str = ""
    names: list[OrganisationNames] = field(default_factory=list)
    """Kept once it is there: an organisation is named once."""

    def organisation(self, locale: Locale) -> str:
        """Who runs this, in the page's language; empty before the first set-up. Reads the database until there is a name."""
        given = OrganisationNames(self.settings.organisation_th, self.settings.organisation_en)
        if not (given.th and given.en):
            if not self.names:
                with self.units.reading() as unit:
                    self.names.extend(filter(None, [organisation.names(unit)]))
            given = self.names[0] if self.names else given
        return given.th if locale is Locale.THAI else given.en


def application() -> Application:
    """The application that serves this request."""
    return cast(Application, current_app.extensions["complaints"])


class UnitKind(Enum):
    """In what a view works: nothing, a transaction that only reads, or one that writes and enters the access log."""

    NONE = "none"
    READING = "reading"
    WRITING = "writing"


@dataclass
class Visit:
    """One request. `values` are the address's own; `prepared` is what the view's `prepare` gave."""

    app: Application
    actor: Actor
    locale: Locale
    values: Mapping[str, Any] = field(default_factory=dict)
    prepared: Any = None
    opened: OpenSession | None = field(default=None, repr=False)
    current_unit: Unit | None = field(default=None, repr=False)

    @property
    def unit(self) -> Unit:
        """The unit the view runs in: there while it runs, gone before its page is made."""
        if self.current_unit is None:
            raise RuntimeError("there is no unit here: the view is marked with none, or it has ended")
        return self.current_unit

    @property
    def keys(self) -> SessionKeys:
        """The session's work and signing keys, unsealed at each asking and kept nowhere."""
        if self.opened is None:
            raise RuntimeError("nobody's keys are here: the visitor has no session")
        return self.opened.keys()

    @property
    def staff(self) -> Staff:
        """The actor of a view that only staff reach."""
        if not isinstance(self.actor, Staff):
            raise TypeError("this visitor is not of the staff")
        return self.actor

    @property
    def reporter(self) -> Reporter:
        """The actor of a view that only a reporter with a receipt reaches."""
        if not isinstance(self.actor, Reporter):
            raise TypeError("this visitor is not a reporter with a receipt")
        return self.actor


def locale_of(kept: str | None, actor: Actor) -> Locale:
    """Reporters: the address says. Staff: what they asked for now or earlier (`kept`), else their account's.

    Before anybody has said who they are, where the address does not say: the browser's. Thai when nothing says.
    """
    path, wanted = request.path, request.args.get("lang")
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    if first in set(Locale):
        return Locale(first)
    for choice in (wanted, kept):
        if choice in set(Locale):
            return Locale(choice)
    if isinstance(actor, Staff):
        return actor.locale
    # In the browser's order, whatever the region: `best_match` would take its second "en" before its first "th-TH".
    asked = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((Locale(tag) for tag in asked if tag in set(Locale)), Locale.THAI)
