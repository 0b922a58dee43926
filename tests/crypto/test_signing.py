"""Signatures, each in its domain."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import BadSignature, Malformed, SigningKey, VerifyKey, encode_parts
from tests.crypto.corruptions import flip

KEY = SigningKey.from_seed(b"\x61" * 32)
STATEMENT = b"these envelopes"
DOMAIN = "grants"


@pytest.fixture(scope="module")
def signature() -> bytes:
    return KEY.sign(STATEMENT, DOMAIN)


def test_rfc_8032_test_1() -> None:
    """RFC 8032 §7.1: the key of the first test and its signature over nothing."""
    key = SigningKey.from_seed(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.verify_key().to_bytes().hex() == public
    assert key._sign_raw(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )


@given(st.binary(max_size=100), st.text("abcกข/ ", min_size=1, max_size=10))
def test_any_statement_verifies(statement: bytes, domain: str) -> None:
    KEY.verify_key().verify(KEY.sign(statement, domain), statement, domain)


def test_what_is_signed_has_the_documented_layout(signature: bytes) -> None:
    assert signature == KEY._sign_raw(encode_parts(b"complaints/sign/1", DOMAIN.encode(), STATEMENT))


def test_is_the_same_each_time(signature: bytes) -> None:
    assert KEY.sign(STATEMENT, DOMAIN) == signature


def test_other_statement(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(signature, STATEMENT + b"!", DOMAIN)


def test_other_domain(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(signature, STATEMENT, "roster")


def test_other_key(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        SigningKey.generate().verify_key().verify(signature, STATEMENT, DOMAIN)


@pytest.mark.parametrize("position", [0, 31, 32, 63])
def test_flipped_byte(signature: bytes, position: int) -> None:
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(flip(signature, position), STATEMENT, DOMAIN)


@pytest.mark.parametrize("change", ["empty", "one byte short", "one byte long"])
def test_wrong_length(signature: bytes, change: str) -> None:
    broken = {"empty": b"", "one byte short": signature[:-1], "one byte long": signature + b"\0"}[change]
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(broken, STATEMENT, DOMAIN)


def test_second_signature_made_of_the_first(signature: bytes) -> None:
    """RFC 8032 §8.4: s + L would verify too, if s were not held below L."""
    order = 2**252 + 27742317777372353535851937790883648493
    malleated = int.from_bytes(signature[32:], "little") + order
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(signature[:32] + malleated.to_bytes(32, "little"), STATEMENT, DOMAIN)


def test_signature_without_a_domain_is_none_of_ours() -> None:
    with pytest.raises(BadSignature):
        KEY.verify_key().verify(KEY._sign_raw(STATEMENT), STATEMENT, DOMAIN)


def test_an_empty_domain_is_a_mistake_of_ours(signature: bytes) -> None:
    with pytest.raises(ValueError, match="domain"):
        KEY.sign(STATEMENT, "")
    with pytest.raises(ValueError, match="domain"):
        KEY.verify_key().verify(signature, STATEMENT, "")


class TestKeys:
    def test_signing_key_comes_back_from_its_seed(self) -> None:
        key = SigningKey.generate()
        assert SigningKey.from_seed(key.export_seed()).verify_key() == key.verify_key()

    def test_verify_key_comes_back_from_its_bytes(self) -> None:
        key = KEY.verify_key()
        assert VerifyKey.from_bytes(key.to_bytes()) == key
        assert {VerifyKey(key.to_bytes()), key} == {key}

    def test_verify_key_is_parsed_once(self) -> None:
        data = KEY.verify_key().to_bytes()
        assert VerifyKey.from_bytes(data) is VerifyKey.from_bytes(bytes(bytearray(data)))

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_another_length(self, length: int) -> None:
        with pytest.raises(Malformed):
            VerifyKey.from_bytes(bytes(length))
        with pytest.raises(Malformed):
            SigningKey.from_seed(bytes(length))
