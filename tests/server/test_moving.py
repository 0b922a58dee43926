"""An installation that people work in moves from SQLite to PostgreSQL as docs/operations.md says, and goes on there."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from complaints import migrate
from complaints.config import Secrets, Settings
from complaints.database import Database
from complaints.demo import installation
from complaints.models import Case
from complaints.services import mailbox
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from crypto import Receipt
from tests.installed import environment_of, to_send
from tests.postgresql import Cluster
from tests.served import ROOT, Served, free_port

pytestmark = pytest.mark.server


def call(environment: dict[str, str], *arguments: str) -> str:
    """The command as operators call it; fails when it does."""
    command = [sys.executable, "-m", "complaints", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demonstration_moves_to_postgresql(tmp_path: Path, postgres: Cluster) -> None:
    port = free_port()
    settings = Settings(tmp_path, f"http://127.0.0.1:{port}", "ก", "A", f"sqlite:///{tmp_path / 'complaints.sqlite'}")
    secrets = Secrets.create(settings.secrets_dir)
    migrate.upgrade(settings.database_url)
    source = Database(settings.database_url)
    log = AccessLog(settings.origin, secrets.log_key)
    installation.found(source, log, secrets, tmp_path)
    source.dispose()
    with postgres.connected() as connection:
        connection.execute("CREATE ROLE complaints_app LOGIN")
    name = postgres.create()
    owner, application = postgres.url(name), postgres.url(name, "complaints_app")

    told = call(environment_of(settings), "database", "copy", "--to", owner)
    assert "The copy is exact, its access log verifies, and `complaints check` finds nothing." in told
    moved = environment_of(settings) | {"COMPLAINTS_DATABASE_URL": owner}
    call(moved, "database", "grant", "complaints_app")

    with Served(moved | {"COMPLAINTS_DATABASE_URL": application}, port) as server, server.browser() as browser:
        form = [("receipt", ""), ("narrative", "หลังจากย้ายฐานข้อมูลแล้ว")]
        checked = browser.post_parts("/th/form/check", form)
        sent = browser.post_parts("/th/form/send", to_send(form, checked))
    receipts = [*map(Receipt.parse, installation.receipts(tmp_path)), Receipt.parse(checked.value("receipt"))]
    assert receipts[-1].grouped() in sent.text
    target = Database(owner)
    with Units(target, log, secrets).reading() as unit:
        assert all(mailbox.find_case(unit, receipt) for receipt in receipts)
        assert unit.session.scalar(select(func.count()).select_from(Case)) == len(receipts)
        assert verify(unit.session, log).problems == ()
        assert list(examine(unit, log)) == []
    target.dispose()
