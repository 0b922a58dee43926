"""Every object that holds a key keeps it to itself."""

import ast
import base64
import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import crypto
from crypto import (
    AccountSeed,
    Context,
    OpeningStream,
    PrivateKey,
    Receipt,
    RecoveryCode,
    SealingStream,
    SecretKey,
    SessionToken,
    SigningKey,
)
from crypto.secret import Secret

RAW = bytes(range(100, 132))


def sealing() -> SealingStream:
    stream = SealingStream(SecretKey.from_bytes(RAW), Context("file"))
    stream.update(RAW)
    return stream


HOLDERS: dict[str, Callable[[], Secret]] = {
    "SecretKey": lambda: SecretKey.from_bytes(RAW),
    "PrivateKey": lambda: PrivateKey.from_seed(RAW),
    "AccountSeed": lambda: AccountSeed.from_bytes(RAW),
    "SigningKey": lambda: SigningKey.from_seed(RAW),
    "SessionToken": lambda: SessionToken(RAW),
    "Receipt": Receipt.generate,
    "RecoveryCode": RecoveryCode.generate,
    "SealingStream": sealing,
    "OpeningStream": lambda: OpeningStream(SecretKey.from_bytes(RAW), Context("file"), 1),
}


@pytest.fixture(params=HOLDERS)
def holder(request: pytest.FixtureRequest) -> Secret:
    return HOLDERS[request.param]()


def test_every_class_that_holds_a_key_is_in_these_tests() -> None:
    ours = {kind.__name__ for kind in Secret.__subclasses__() if kind.__module__.startswith("crypto.")}
    assert ours == set(HOLDERS)


def test_shows_its_class_and_nothing_else(holder: Secret) -> None:
    for shown in (repr(holder), str(holder), f"{holder}", f"{[holder]}"):
        assert shown.strip("[]") == f"<{type(holder).__name__}: redacted>"


def test_shows_no_bytes_in_any_form() -> None:
    for make in HOLDERS.values():
        shown = repr(make())
        for form in (RAW.hex(), base64.b64encode(RAW).decode(), RAW.decode("latin-1"), repr(RAW)[2:-1]):
            assert form not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_is_never_pickled(holder: Secret, protocol: int) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(holder, protocol)


def test_is_never_pickled_inside_something_else(holder: Secret) -> None:
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps({"key": [holder]})


def test_is_never_copied(holder: Secret) -> None:
    with pytest.raises(TypeError, match="never copied"):
        copy.copy(holder)
    with pytest.raises(TypeError, match="never copied"):
        copy.deepcopy([holder])


def test_has_no_dictionary_to_dump(holder: Secret) -> None:
    with pytest.raises(TypeError):
        vars(holder)


@pytest.mark.parametrize("kind", ["SecretKey", "AccountSeed", "SessionToken", "Receipt"])
def test_what_is_compared_is_compared_in_constant_time_and_not_hashed(kind: str) -> None:
    one = HOLDERS[kind]()
    assert one == one  # noqa: PLR0124 - the comparison is what is tested
    assert one != object()
    with pytest.raises(TypeError):
        hash(one)


def test_the_package_imports_nothing_but_the_library_and_python() -> None:
    """Bytes in, bytes out: no web, no database, none of our other packages."""
    allowed = {"crypto", "cryptography"}
    standard = {
        "base64", "collections", "dataclasses", "functools", "hashlib", "hmac", "itertools", "re", "secrets", "threading", "typing",
        "unicodedata",
    }  # fmt: skip
    for path in Path(crypto.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert {name.split(".")[0] for name in names} <= allowed | standard, path.name
