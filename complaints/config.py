"""Settings from the environment, and the secret files beside the data. Checked once, at start."""

import fcntl
import hmac
import json
import os
import re
import secrets as random_source
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from complaints.mail import MailServer
from crypto import SigningKey, encode_parts

_MIB = 1024 * 1024


class Misconfigured(Exception):
    """A setting is missing or wrong. The message names it and what it takes; it never quotes a secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation is run. `COMPLAINTS_<NAME>` in the environment; no secret is among them."""

    data_dir: Path
    origin: str
    organisation_th: str
    organisation_en: str
    """Empty: as the first administrator named it."""
    database_url: str
    file_limit: int = 200 * _MIB
    report_limit: int = 500 * _MIB
    clean_limit: int = 50 * _MIB  # larger files are not cleaned: the reporter chooses who gets them
    file_count_limit: int = 20
    waiting_limit: int = 4096 * _MIB  # what files that no report has claimed may take together
    backup_days: int = 35  # how long the last backup that holds something erased is kept; reporters are told
    mail_server: str = ""  # none: nobody is reminded by mail
    mail_from: str = ""
    reminder_hour: int = 8
    demo: bool = False
    waive_second_factor: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises Misconfigured naming every setting that is missing or wrong, not only the first."""
        problems: list[str] = []

        def take(name: str, default: str | None = None) -> str:
            value = environ.get(f"COMPLAINTS_{name}", "").strip() or default
            if value is None:
                problems.append(f"COMPLAINTS_{name} is missing")
                return ""
            return value

        def take_number(name: str, default: int, lowest: int, highest: int, unit: str = "") -> int:
            text = take(name, str(default))
            if text.isdigit() and lowest <= int(text) <= highest:
                return int(text)
            problems.append(f"COMPLAINTS_{name} must be a whole number{unit} from {lowest} to {highest}")
            return default  # never used: problems raise before any setting leaves

        def take_mib(name: str, default: int) -> int:
            return take_number(name, default, 1, 10_000, " of MiB") * _MIB

        data_dir = Path(take("DATA_DIR") or "/")
        if not data_dir.is_absolute():
            problems.append("COMPLAINTS_DATA_DIR must be an absolute path")
        origin = take("ORIGIN").rstrip("/")
        if origin and not _is_origin(origin):
            problems.append("COMPLAINTS_ORIGIN must be scheme and host alone, as in https://report.example.org")
        database_url = take("DATABASE_URL", f"sqlite:///{data_dir / 'complaints.sqlite'}")
        if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
            problems.append("COMPLAINTS_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://")
        waive = take("WAIVE_SECOND_FACTOR", "no")
        problems += _problems_of_waiver(waive, origin)
        settings = cls(
            data_dir=data_dir,
            origin=origin,
            organisation_th=take("ORGANISATION_TH", ""),
            organisation_en=take("ORGANISATION_EN", ""),
            database_url=database_url,
            waiting_limit=take_mib("WAITING_LIMIT_MIB", 4096),
            file_limit=take_mib("FILE_LIMIT_MIB", 200),
            report_limit=take_mib("REPORT_LIMIT_MIB", 500),
            clean_limit=take_mib("CLEAN_LIMIT_MIB", 50),
            waive_second_factor=waive == "yes",
            backup_days=take_number("BACKUP_DAYS", 35, 1, 3650),
            mail_server=take("MAIL_SERVER", ""),
            mail_from=take("MAIL_FROM", ""),
            reminder_hour=take_number("REMINDER_HOUR", 8, 0, 23),
        )
        problems += [*_problems_of_limits(settings), *_problems_of_mail(settings)]
        if problems:
            raise Misconfigured("; ".join(problems))
        return settings

    @classmethod
    def on_this_machine(cls, data_dir: Path, port: int) -> "Settings":
        """Where nothing is set: a folder of its own, on http://localhost."""
        return cls(data_dir, f"http://localhost:{port}", "", "", f"sqlite:///{data_dir / 'complaints.sqlite'}")

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def second_factor_waived(self) -> bool:
        """Whether an account without a second factor may open cases: a demonstration or a trial on this machine alone."""
        return (self.demo or self.waive_second_factor) and self.origin.startswith("http://")

    @property
    def insecure_loopback(self) -> bool:
        """Cookies without Secure, over plain http: the demonstration on this machine alone."""
        return self.demo and self.origin.startswith("http://")


def _problems_of_limits(settings: Settings) -> list[str]:
    if settings.waiting_limit >= 2 * settings.report_limit:
        return []
    return ["COMPLAINTS_WAITING_LIMIT_MIB must be at least twice COMPLAINTS_REPORT_LIMIT_MIB"]


def _problems_of_mail(settings: Settings) -> list[str]:
    if not settings.mail_server:
        return []
    problems = []
    try:
        MailServer.parse(settings.mail_server)
    except ValueError:
        problems.append(
            "COMPLAINTS_MAIL_SERVER must be like smtps://user@mail.example.org:465; its password goes into a file"
        )
    if "@" not in settings.mail_from:
        problems.append("COMPLAINTS_MAIL_FROM must be the address that reminders come from")
    return problems


def _problems_of_waiver(waive: str, origin: str) -> list[str]:
    if waive == "no" or (waive == "yes" and origin.startswith("http://")):
        return []
    return ["COMPLAINTS_WAIVE_SECOND_FACTOR may be yes where the origin is http on this machine, else no"]


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    scheme_fits = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    return scheme_fits and bool(parts.hostname) and not (parts.path or parts.query or parts.fragment or parts.username)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secret files: kept outside the database, backed up apart from it, readable by the server's user alone.

    `pins.json` maps a channel's id (hex) to the fingerprint of the first lead, with whom its roster begins; `heads.json` to the newest
    roster that this server has seen, so that an older one cannot be put back.
    """

    log_key: SigningKey
    pepper: bytes = field(repr=False)
    web_key: bytes = field(repr=False)
    directory: Path

    @classmethod
    def create(cls, directory: Path) -> "Secrets":
        """Draws whatever is not there yet; never replaces a file. Mode 0700 for the folder, 0600 for each file."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("log.key", "pepper.key", "web.key"):
            _write_new(directory / name, random_source.token_hex(32))
        _write_new(directory / "pins.json", "{}")
        _write_new(directory / "heads.json", "{}")
        _sync_folder(directory)
        return cls.load(directory)

    @classmethod
    def load(cls, directory: Path) -> "Secrets":
        """Raises Misconfigured when a file is missing, malformed, or readable by others."""
        return cls(
            log_key=SigningKey.from_seed(_read_key(directory / "log.key")),
            pepper=_read_key(directory / "pepper.key"),
            web_key=_read_key(directory / "web.key"),
            directory=directory,
        )

    def mail_password(self) -> str | None:
        """The mail server's, from `mail.password`; None where there is no such file. Raises Misconfigured."""
        path = self.directory / "mail.password"
        return _read_text(path) if path.exists() else None

    def vouch(self, label: str, *parts: bytes) -> bytes:
        """The server's own word (HMAC-SHA256, 32 bytes) for what no person's key signs: rows that only this program writes.

        Whoever writes to the database without the secret files cannot make one. `label` keeps each use apart.
        """
        key = hmac.digest(self.web_key, b"complaints/vouch/1", "sha256")
        return hmac.digest(key, encode_parts(label.encode(), *parts), "sha256")

    def head_of(self, channel: bytes) -> tuple[int, str] | None:
        """The newest roster this server has seen of a channel: version and hash (hex). None before the first."""
        value = self._read_object("heads.json").get(channel.hex())
        return (value[0], value[1]) if isinstance(value, list) else None

    def advance_head(self, channel: bytes, version: int, digest: str) -> None:
        """Remembers a newer roster, outside the database: from now on this server takes no older one."""
        with self._lock():
            heads = self._read_object("heads.json")
            known = heads.get(channel.hex())
            if not isinstance(known, list) or known[0] < version:
                self._replace_object("heads.json", heads | {channel.hex(): [version, digest]})

    def pin_of(self, channel: bytes) -> str | None:
        """The fingerprint of the channel's first lead; None when none is pinned."""
        value = self._read_object("pins.json").get(channel.hex())
        return value if isinstance(value, str) else None

    def pinned(self) -> frozenset[bytes]:
        """The channels that have a first lead pinned. None: nothing was ever founded here."""
        return frozenset(map(bytes.fromhex, self._read_object("pins.json")))

    def pin(self, channel: bytes, fingerprint: str) -> None:
        """Pins a channel's first lead. A pin is never replaced: raises Misconfigured.

        The same again changes nothing: the transaction that pinned may have failed afterwards, and is tried anew.
        """
        with self._lock():
            pins = self._read_object("pins.json")
            if pins.get(channel.hex()) == fingerprint:
                return
            if channel.hex() in pins:
                raise Misconfigured("this channel has its first lead pinned already")
            self._replace_object("pins.json", pins | {channel.hex(): fingerprint})

    @contextmanager
    def _lock(self) -> Iterator[None]:
        handle = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read_object(self, name: str) -> dict[str, Any]:
        path = self.directory / name
        try:
            state = path.stat()
            value = _parse_json(path, (state.st_ino, state.st_mtime_ns, state.st_size))
        except (OSError, ValueError) as error:
            raise Misconfigured(f"secrets/{name} is missing or is not JSON") from error
        if not isinstance(value, dict):
            raise Misconfigured(f"secrets/{name} must hold an object")
        return value

    def _replace_object(self, name: str, value: dict[str, Any]) -> None:
        path = self.directory / name
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _write_new(fresh, json.dumps(value, indent=1, sort_keys=True))
        fresh.replace(path)
        _sync_folder(self.directory)


@lru_cache(maxsize=16)
def _parse_json(path: Path, _state: tuple[int, int, int]) -> object:
    """Kept until the file is another one: each change moves a new file into place. Every report asks for each channel's pin and head."""
    return json.loads(path.read_text("utf-8"))


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())  # a key that a power cut takes away takes everything under it along


def _sync_folder(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_text(path: Path) -> str:
    """Raises Misconfigured when it cannot be read, or others can read it."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise Misconfigured(f"secrets/{path.name} cannot be read") from error
    if mode & 0o077:
        raise Misconfigured(f"secrets/{path.name} can be read by others: chmod 600 it")
    return text


def _read_key(path: Path) -> bytes:
    text = _read_text(path)
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise Misconfigured(f"secrets/{path.name} must hold 64 hexadecimal digits")
    return bytes.fromhex(text)
