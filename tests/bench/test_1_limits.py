"""What this machine can do at best, in the same run: the figures beside it mean nothing without."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from crypto import AccountSeed, Context, SealingStream, SecretKey, SigningKey, wrap
from tests.bench.figures import Figure, Run, with_times
from tests.installed import Installed

pytestmark = pytest.mark.bench


def _count(name: str, unit: str, act: Callable[[], object], seconds: float = 1.0) -> Figure:
    """How often one core does this."""
    figure, times = Figure(name, unit), []
    started, used = time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) - started < seconds:
        act()
        times.append(time.perf_counter() - now)
    figure.count, figure.seconds = len(times), round(now - started, 4)
    figure.per_second = round(len(times) / figure.seconds, 1)
    figure.server_cpu = round((time.process_time() - used) * 1000 / len(times), 4)
    return with_times(figure, times)


def test_hpke_seals(run: Run) -> None:
    key, public = SecretKey.generate(), AccountSeed.generate().work().public_key()
    context = Context("grant", bytes(16), "report", key.key_id, bytes(16))
    run.add(_count("limit: HPKE seals", "seals", lambda: wrap(key, public, context)))


def test_signatures(run: Run) -> None:
    key = SigningKey.generate()
    signature = key.sign(b"bench", "bench")
    run.add(_count("limit: Ed25519 signatures", "signatures", lambda: key.sign(b"bench", "bench")))
    verify = key.verify_key()
    run.add(_count("limit: Ed25519 verifications", "signatures", lambda: verify.verify(signature, b"bench", "bench")))


def test_aes_gcm(run: Run, noise: bytes) -> None:
    stream = SealingStream(SecretKey.generate(), Context("file chunk", record=bytes(16)))
    figure = run.add(_count("limit: AES-256-GCM, 64 KiB chunks", "MiB", lambda: list(stream.update(noise))))
    figure.more["GB/s"] = round(figure.per_second * 1024 * 1024 / 1e9, 2)


def test_durable_commits(run: Run, bench: Installed) -> None:
    """One small row a transaction, as the application writes: nothing is faster than its disk's promise."""
    with bench.database.writing() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS bench_commit (n INTEGER)"))

    def commit() -> None:
        with bench.database.writing() as session:
            session.connection().exec_driver_sql("INSERT INTO bench_commit VALUES (1)")

    run.add(_count("limit: durable commits", "commits", commit))


def test_blobs(run: Run, bench: Installed, noise: bytes) -> None:
    """64 KiB rows, 64 of them a transaction: what the database takes of files with nothing else to do."""
    kind = "BLOB" if bench.database.engine.dialect.name == "sqlite" else "BYTEA"
    with bench.database.writing() as session:
        session.execute(text(f"CREATE TABLE bench_blob (id {kind}, n INTEGER, data {kind}, PRIMARY KEY (id, n))"))
    rows = [{"id": noise[:16], "n": n, "data": noise[: 64 * 1024 + 28]} for n in range(64)]
    insert = text("INSERT INTO bench_blob VALUES (:id, :n, :data)")

    def store() -> None:
        for row in rows:
            row["n"] += 64
        with bench.database.writing() as session:
            session.connection().execute(insert, rows)

    figure = run.add(_count("limit: blobs in, 4 MiB a transaction", "batches", store, seconds=3.0))
    figure.more["MiB/s"] = round(figure.per_second * 4, 1)
    with bench.database.writing() as session:
        session.execute(text("DROP TABLE bench_blob"))
