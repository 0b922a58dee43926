"""Keys of people and of things."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import AccountSeed, Malformed, PrivateKey, PublicKey, SecretKey, encode_parts, fingerprint
from crypto.suite import derive

SEEDS = st.binary(min_size=32, max_size=32)
WRONG_LENGTHS = [0, 31, 33, 64]


class TestSecretKey:
    def test_comes_back_from_its_bytes(self) -> None:
        key = SecretKey.generate()
        assert SecretKey.from_bytes(key.export()) == key

    def test_two_are_never_the_same(self) -> None:
        assert SecretKey.generate() != SecretKey.generate()

    def test_is_no_other_kind_of_secret(self) -> None:
        assert SecretKey.from_bytes(bytes(32)) != AccountSeed.from_bytes(bytes(32))

    @given(SEEDS)
    def test_key_id_is_half_of_a_derived_key(self, data: bytes) -> None:
        assert SecretKey.from_bytes(data).key_id == derive(data, b"complaints/key-id/1")[:16]

    def test_key_id_names_the_key(self) -> None:
        assert SecretKey.from_bytes(bytes(32)).key_id != SecretKey.from_bytes(b"\x01" * 32).key_id

    @pytest.mark.parametrize("length", WRONG_LENGTHS)
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(Malformed):
            SecretKey.from_bytes(bytes(length))


class TestPublicKey:
    def test_comes_back_from_its_bytes(self, holder: PrivateKey) -> None:
        key = holder.public_key()
        assert PublicKey.from_bytes(key.to_bytes()) == key
        assert len(key.to_bytes()) == 1216

    def test_digest_is_sha_256_of_its_bytes(self, holder: PrivateKey) -> None:
        key = holder.public_key()
        assert key.digest == hashlib.sha256(key.to_bytes()).digest()

    def test_is_equal_and_hashed_by_its_bytes(self, holder: PrivateKey, stranger: PrivateKey) -> None:
        again = PublicKey(holder.public_key().to_bytes())
        assert {again, holder.public_key()} == {again}
        assert again != stranger.public_key()

    def test_is_parsed_once(self, holder: PrivateKey) -> None:
        data = holder.public_key().to_bytes()
        assert PublicKey.from_bytes(data) is PublicKey.from_bytes(bytes(bytearray(data)))

    @pytest.mark.parametrize("length", [0, 32, 1184, 1215, 1217, 1568])
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(Malformed):
            PublicKey.from_bytes(bytes(length))

    def test_refuses_an_mlkem_key_that_is_not_reduced(self, holder: PrivateKey) -> None:
        """FIPS 203 §7.2: coefficients are below q = 3329; 0xFFF is not."""
        with pytest.raises(Malformed):
            PublicKey.from_bytes(b"\xff\xff\xff" + holder.public_key().to_bytes()[3:])


class TestPrivateKey:
    def test_comes_back_from_its_seed(self, holder: PrivateKey) -> None:
        assert PrivateKey.from_seed(holder.export_seed()).public_key() == holder.public_key()

    @pytest.mark.parametrize("length", [*WRONG_LENGTHS, 96])
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(Malformed):
            PrivateKey.from_seed(bytes(length))


class TestAccountSeed:
    def test_comes_back_from_its_bytes(self) -> None:
        seed = AccountSeed.generate()
        assert AccountSeed.from_bytes(seed.export()) == seed

    def test_its_three_keys_have_nothing_in_common(self) -> None:
        seed = AccountSeed.from_bytes(b"\x05" * 32)
        secrets = {
            seed.export(),
            seed.work().export_seed(),
            seed.identity().export_seed(),
            seed.signing().export_seed(),
        }
        assert len(secrets) == 4

    def test_gives_the_same_keys_each_time(self) -> None:
        one, other = (AccountSeed.from_bytes(b"\x05" * 32) for _ in range(2))
        assert one.work().export_seed() == other.work().export_seed()
        assert one.identity().export_seed() == other.identity().export_seed()
        assert one.signing().export_seed() == other.signing().export_seed()

    @pytest.mark.parametrize("length", WRONG_LENGTHS)
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(Malformed):
            AccountSeed.from_bytes(bytes(length))


class TestFingerprint:
    @given(st.lists(st.binary(max_size=40), max_size=4))
    def test_is_forty_digits_of_sha_256(self, parts: list[bytes]) -> None:
        groups = fingerprint(*parts).split(" ")
        assert [len(group) for group in groups] == [5] * 8
        digest = hashlib.sha256(encode_parts(b"complaints/fingerprint/1", *parts)).digest()
        assert int("".join(groups)) == int.from_bytes(digest, "big") % 10**40

    def test_tells_where_one_part_ends(self) -> None:
        assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")
