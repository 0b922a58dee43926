"""Static files under addresses that name their contents, so that a browser may keep them for good."""

import hashlib
import mimetypes
from pathlib import Path

from flask import Blueprint

from complaints.policy import Action
from complaints.web.guard import UnitKind, Visit, guarded
from complaints.web.replies import Asset
from complaints.web.visit import application

blueprint = Blueprint("static_files", __name__)

mimetypes.add_type("font/woff2", ".woff2")  # not every system's list has it


def tree_digest(folder: Path) -> str:
    """16 hexadecimal digits that change with any file below `folder`.

    One digest for all, so that a style sheet's relative addresses of fonts lie under it as well.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def asset(path: str) -> str:
    """The address of a static file, for templates."""
    return f"/static/{application().static_digest}/{path}"


@blueprint.get("/static/<digest>/<path:path>")
@guarded(Action.SEE_PUBLIC, UnitKind.NONE)
def static_file(visit: Visit, digest: str, path: str) -> Asset:
    """A page from before an update may still ask under the old digest: it gets the new file, and is not to keep it."""
    return Asset(path, lasting=digest == visit.app.static_digest)
