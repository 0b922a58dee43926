"""`complaints demo`: a fictional installation, founded once and served on this machine alone."""

import shutil
from pathlib import Path

import click

from complaints import migrate
from complaints.cli.serving import require_free, run
from complaints.cli.terminal import tell
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.demo import installation
from complaints.demo.people import PEOPLE
from complaints.services.access_log import AccessLog


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--data-dir",
    default="demo-data",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the demonstration keeps its database. Remove the folder to begin anew.",
)
def demo(port: int, data_dir: Path) -> None:
    """Serve a fictional installation, with a dozen cases, on http://localhost."""
    data_dir = data_dir.absolute()
    require_free("127.0.0.1", port)
    if not installation.is_founded(data_dir):
        tell("Founding the demonstration: accounts, rosters, a dozen sealed reports ...")
        _found(data_dir, port)
    _introduce(port, installation.receipts(data_dir)[0])
    run(_settings(data_dir, port), host="127.0.0.1", port=port)


def _settings(data_dir: Path, port: int) -> Settings:
    return Settings(
        data_dir=data_dir,
        origin=f"http://localhost:{port}",
        organisation_th="บริษัท ตัวอย่าง จำกัด",
        organisation_en="Example Company Limited",
        database_url=f"sqlite:///{data_dir / 'complaints.sqlite'}",
        demo=True,
    )


def _found(data_dir: Path, port: int) -> None:
    """Founds beside and moves into place, so that what is in place is whole."""
    if data_dir.exists() and any(data_dir.iterdir()):
        raise click.ClickException(
            f"{data_dir} holds something else than a demonstration; name another folder with --data-dir"
        )
    beside = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700, parents=True)
    settings = _settings(beside, port)
    secrets = Secrets.create(settings.secrets_dir)
    migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    try:
        installation.found(database, AccessLog(settings.origin, secrets.log_key), secrets, beside)
    finally:
        database.dispose()
    if data_dir.exists():
        data_dir.rmdir()
    beside.rename(data_dir)


def _introduce(port: int, receipt: str) -> None:
    address = f"http://localhost:{port}"
    names = max(len(person.sign_in_name) for person in PEOPLE)
    passphrases = max(len(person.passphrase) for person in PEOPLE)
    lines = [
        "",
        f"{address}/          the reporter's side, in Thai and English",
        f"{address}/staff/    sign in as one of these (all fictional):",
        "",
        *(f"  {p.sign_in_name:{names}}   {p.passphrase:{passphrases}}   {p.what}" for p in PEOPLE),
        "",
        f"A reporter's receipt, for Check my report:  {receipt}",
        "No second factor is asked for here until an account has one: that is the demonstration's alone.",
        "Stop with Ctrl-C.",
        "",
    ]
    tell(*lines)
