"""What Python seals, JavaScript opens, and the other way round: npm's `hpke` with `@panva/hpke-noble`, and WebCrypto.

The other side (interop/formats.mjs) is written from docs/formats.md and shares no code with the package, down to the
context bytes and the `info` of an envelope.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest

from crypto import (
    AccountSeed,
    CannotOpen,
    Context,
    OpeningStream,
    PrivateKey,
    PublicKey,
    Receipt,
    SealingStream,
    SecretKey,
    encode_parts,
    open_field,
    padme,
    seal_field,
    unwrap,
    wrap,
)
from crypto.envelope import wrap_info
from crypto.suite import derive
from tests.crypto import npm
from tests.crypto.corruptions import moved

pytestmark = pytest.mark.interop

Call: TypeAlias = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def javascript() -> Call:
    """Calls the other side, several functions in one go."""
    try:
        node, npm_cli = npm.find_node()
        npm.install_packages(node, npm_cli)
    except npm.NotThere as reason:
        pytest.skip(str(reason))

    def call(*jobs: Sequence[Any]) -> list[Any]:
        return npm.call(node, jobs)

    return call


def spelled(context: Context) -> dict[str, Any]:
    """Return a context's parts for the other side, which encodes them itself."""
    return {
        "purpose": context.purpose,
        "caseId": context.case,
        "compartment": context.compartment,
        "keyId": context.key_id,
        "record": context.record,
        "field": context.field,
        "revision": str(context.revision),
    }


CONTEXTS = [
    Context("p"),
    Context("answer", b"c" * 16, "report", bytes(range(16)), b"r" * 16, "what", 3),
    Context("คำตอบ", b"\0", "ตัวตน", b"\xff" * 16, b"", "ชื่อ", 2**64 - 1),
]


def test_context_bytes(javascript: Call) -> None:
    assert javascript(*[["encodeContext", spelled(context)] for context in CONTEXTS]) == [
        context.encode() for context in CONTEXTS
    ]


def test_part_lists(javascript: Call) -> None:
    lists = [[], [b""], [b"ab", b"", b"\0" * 300]]
    assert javascript(*[["encodeParts", *parts] for parts in lists]) == [encode_parts(*parts) for parts in lists]


def test_derived_keys_and_key_ids(javascript: Call, key: SecretKey) -> None:
    derived, key_id = javascript(["derive", b"\x01" * 32, "label", b"one", b"two"], ["keyId", key.export()])
    assert derived == derive(b"\x01" * 32, b"label", b"one", b"two")
    assert key_id == key.key_id


def test_padded_lengths(javascript: Call) -> None:
    lengths = [0, 1, 2, 3, 9, 64, 65, 100, 1000, 65537, 1_000_001, 2**31 - 1, 2**40 + 1]
    assert javascript(*[["padme", length] for length in lengths]) == [padme(length) for length in lengths]


class TestEnvelopes:
    def test_info_bytes(self, javascript: Call, holder: PrivateKey) -> None:
        recipient = holder.public_key()
        jobs = [["wrapInfo", spelled(context), recipient.to_bytes()] for context in CONTEXTS]
        assert javascript(*jobs) == [wrap_info(context, recipient) for context in CONTEXTS]

    def test_wrapped_here_and_unwrapped_there(
        self, javascript: Call, key: SecretKey, holder: PrivateKey, place: Context
    ) -> None:
        recipient = holder.public_key()
        envelope = wrap(key, recipient, place)
        (opened,) = javascript(["unwrap", envelope, holder.export_seed(), recipient.to_bytes(), spelled(place)])
        assert opened == key.export()

    def test_wrapped_there_and_unwrapped_here(
        self, javascript: Call, key: SecretKey, holder: PrivateKey, place: Context
    ) -> None:
        (envelope,) = javascript(["wrap", key.export(), holder.public_key().to_bytes(), spelled(place)])
        assert unwrap(envelope, holder, place) == key

    def test_wrapped_there_and_moved_here(
        self, javascript: Call, key: SecretKey, holder: PrivateKey, place: Context
    ) -> None:
        (envelope,) = javascript(["wrap", key.export(), holder.public_key().to_bytes(), spelled(place)])
        with pytest.raises(CannotOpen):
            unwrap(envelope, holder, moved(place, "other record"))

    def test_wrapped_here_and_moved_there(
        self, javascript: Call, key: SecretKey, holder: PrivateKey, place: Context
    ) -> None:
        envelope = wrap(key, holder.public_key(), place)
        elsewhere = spelled(moved(place, "other record"))
        (refused,) = javascript(["unwrap", envelope, holder.export_seed(), holder.public_key().to_bytes(), elsewhere])
        assert refused == {"error": "OpenError"}

    def test_key_pair_made_there(self, javascript: Call, key: SecretKey, place: Context) -> None:
        (pair,) = javascript(["generateKeyPair"])
        holder = PrivateKey.from_seed(pair["seed"])
        assert holder.public_key() == PublicKey.from_bytes(pair["publicKey"])
        envelope = wrap(key, PublicKey.from_bytes(pair["publicKey"]), place)
        (opened,) = javascript(["unwrap", envelope, pair["seed"], pair["publicKey"], spelled(place)])
        assert opened == key.export()


PLAINTEXTS = [b"", b"\0\x80\0", "ร้องเรียน".encode(), b"x" * 64, b"x" * 5000]


class TestFields:
    def test_sealed_here_and_opened_there(self, javascript: Call, key: SecretKey, place: Context) -> None:
        jobs = [["openField", seal_field(text, key, place), key.export(), spelled(place)] for text in PLAINTEXTS]
        assert javascript(*jobs) == PLAINTEXTS

    def test_sealed_to_a_fixed_size_here_and_opened_there(
        self, javascript: Call, key: SecretKey, place: Context
    ) -> None:
        sealed = seal_field(b"name", key, place, size=777)
        assert javascript(["openField", sealed, key.export(), spelled(place)]) == [b"name"]

    def test_sealed_there_and_opened_here(self, javascript: Call, key: SecretKey, place: Context) -> None:
        sealed = javascript(*[["sealField", text, key.export(), spelled(place)] for text in PLAINTEXTS])
        assert [open_field(value, key, place) for value in sealed] == PLAINTEXTS
        assert [len(value) for value in sealed] == [len(seal_field(text, key, place)) for text in PLAINTEXTS]

    def test_sealed_here_and_moved_there(self, javascript: Call, key: SecretKey, place: Context) -> None:
        elsewhere = spelled(moved(place, "older revision"))
        (refused,) = javascript(["openField", seal_field(b"x", key, place), key.export(), elsewhere])
        assert refused == {"error": "DOMException"}


@pytest.mark.parametrize("length", [0, 5, 65536, 65537, 200_001])
def test_files_are_the_same_chunks_on_both_sides(javascript: Call, key: SecretKey, place: Context, length: int) -> None:
    data = bytes(position % 251 for position in range(length))
    stream = SealingStream(key, place)
    here = stream.update(data) + list(stream.finish())
    there, opened = javascript(
        ["sealStream", data, key.export(), spelled(place)],
        ["openStream", here, key.export(), spelled(place), length],
    )
    assert there == here
    assert opened == data
    opening = OpeningStream(key, place, length)
    assert b"".join(opening.update(chunk) for chunk in there) == data
    opening.finish()


def test_receipt_gives_the_same_keys_on_both_sides(javascript: Call) -> None:
    receipt = Receipt.generate()
    (there,) = javascript(["receiptKeys", receipt.text()])
    assert there == {"lookupHash": receipt.lookup_hash(), "seed": receipt.seed().export(), **keys_of(receipt.seed())}


def keys_of(seed: AccountSeed) -> dict[str, bytes]:
    return {
        "work": seed.work().export_seed(),
        "identity": seed.identity().export_seed(),
        "signing": seed.signing().export_seed(),
    }


def test_signature_made_here_verifies_there(javascript: Call) -> None:
    key = AccountSeed.from_bytes(b"\x01" * 32).signing()
    public, signature = key.verify_key().to_bytes(), key.sign(b"statement", "คำสั่ง")
    assert javascript(
        ["verify", public, signature, b"statement", "คำสั่ง"],
        ["verify", public, signature, b"statement", "other"],
        ["verify", public, signature, b"another statement", "คำสั่ง"],
    ) == [True, False, False]
