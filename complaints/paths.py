"""Where the files that are not Python lie: in the wheel, or in the repository of an editable install."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_dir() -> Path:
    """`complaints/templates` in a wheel; the repository's `templates` when the package is used from there."""
    packaged = _PACKAGE / "templates"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "templates"


def static_dir() -> Path:
    """Our own styles and scripts, with the third-party ones that the build puts under `vendor`."""
    return _PACKAGE / "static"


def translations_dir() -> Path:
    """The message catalogues, compiled by the build."""
    return _PACKAGE / "translations"
