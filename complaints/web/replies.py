"""What a view may answer. A view says what to show; the guard shows it, after the commit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crypto import PublicKey, SessionToken


@dataclass(frozen=True, slots=True)
class Page:
    """A template and the frozen values it is rendered from."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """On to another view. The cookie and the notice are set only now, when what the view did is committed."""

    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    code: int = 303
    session: SessionToken | None = field(default=None, repr=False)
    """A session that the view began: its cookie goes out with this answer."""
    device: SessionToken | None = field(default=None, repr=False)
    """What this browser is known by from now on."""
    end_session: bool = False
    """The view ended the visitor's session: the cookie is taken back."""
    notice: Any = ""
    """Words (lazily translated, if need be) to show once, at the top of the visitor's next page."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep, whatever it is: no type that a stranger gave it is passed on. `chunks` is called after the commit, reads in short units of its own, and yields `length` bytes."""

    name: str = field(repr=False)
    length: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP to keep, made as it leaves: one page, and files. `chunks` of a file are asked for when its turn comes."""

    name: str
    page_name: str
    template: str
    values: Mapping[str, Any] = field(repr=False)
    files: Sequence[tuple[str, Callable[[], Iterator[bytes]]]] = field(repr=False)
    before: Sequence[tuple[str, Callable[[], Iterator[bytes]]]] = field(default=(), repr=False)
    """Files that stand before the page. The first of all is made before anything leaves, so that what fails gets an error page."""
    seal_to: PublicKey | None = None
    """Whose private key alone is to open it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, or a document as text; a file to keep when it has a name."""

    body: str = field(repr=False)
    media_type: str = "text/plain"
    status: int = 200
    filename: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One of the static files: those of the build, never anything that somebody sent."""

    path: str
    lasting: bool
    """The address names the contents, so a browser may keep it for good."""


Reply = Page | Redirect | Download | Archive | Text | Asset
