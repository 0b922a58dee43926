"""Checkpoints against the published notes of others, and against every change to one of ours."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import BadSignature, Checkpoint, CryptoError, Malformed, SigningKey, VerifyKey, checkpoint
from crypto.checkpoint import _open_note, _sign_note

ORIGIN = "report.example.org/log"
KEY = SigningKey.from_seed(b"\x71" * 32)
ROOT = bytes(range(32))
NOTE = checkpoint.sign(ORIGIN, 45, ROOT, KEY)

# golang.org/x/mod/sumdb/note, "Example"
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_NOTE = (
    PETER_TEXT + "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# c2sp.org/signed-note
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# Sigstore's transparency log: its Ed25519 key, and two checkpoints that it published, one with a witness's signature.
REKOR = "log2025-1.rekor.sigstore.dev"
REKOR_KEY = VerifyKey.from_bytes(b64decode("t8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="))
REKOR_NOTE = (
    "log2025-1.rekor.sigstore.dev\n412115\n+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=\n\n"
    "— log2025-1.rekor.sigstore.dev "
    "zxGZFahCZ/+MqTjH4rC5MWcdLDWbpetE5l30RZfQc4BQkRjWSoKipEUPjvHENeZDHIlAsuezJcLzUVvItpNjaSRoMAs=\n"
)
REKOR_WITNESSED = (
    "log2025-1.rekor.sigstore.dev\n139911860\nEliTHtnx44DhEBH+5qIXBtQsSpc54Avam7mIYEvxnTA=\n\n"
    "— log2025-1.rekor.sigstore.dev "
    "zxGZFcOra4Y7QpuiQen+CmnUvDZbxSXfBOXJzL+HKIeR9aC58QTfao58ABqkhVyBhQDseS+TZdDNpcnZhoRxkh7IbQ0=\n"
    "— witness.stagemole.eu "
    "Z/euoAAAAABqxF18wrJCADsJ1G5Lc2JaRjZqqBwjpNqH24yQse4iJ4rKS6b5MtvHP+IbKYXwaWuWokdGA+BubLFi+TrwK7xpKr6XBw==\n"
)


class TestPublishedNotes:
    def test_peter_neumanns_note_opens(self) -> None:
        name, key = checkpoint.parse_verifier_key(PETER_KEY)
        assert _open_note(PETER_NOTE, name, key) == PETER_TEXT

    def test_peter_neumanns_note_is_made_byte_for_byte(self) -> None:
        assert _sign_note(PETER_TEXT, "PeterNeumann", SigningKey.from_seed(PETER_SEED)) == PETER_NOTE

    def test_peter_neumanns_key_is_written_byte_for_byte(self) -> None:
        assert checkpoint.verifier_key("PeterNeumann", SigningKey.from_seed(PETER_SEED).verify_key()) == PETER_KEY

    def test_the_specifications_note_opens(self) -> None:
        name, key = checkpoint.parse_verifier_key(C2SP_KEY)
        assert _open_note(C2SP_NOTE, name, key) == "This is an example message.\n"

    def test_a_published_checkpoint_verifies(self) -> None:
        root = b64decode("+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=")
        assert checkpoint.verify(REKOR_NOTE, REKOR, REKOR_KEY) == Checkpoint(REKOR, 412115, root)

    def test_a_published_checkpoint_with_a_witness_verifies(self) -> None:
        assert checkpoint.verify(REKOR_WITNESSED, REKOR, REKOR_KEY).size == 139911860

    def test_a_published_checkpoint_with_another_size_does_not(self) -> None:
        with pytest.raises(BadSignature):
            checkpoint.verify(REKOR_NOTE.replace("412115", "412116"), REKOR, REKOR_KEY)


class TestSigning:
    @given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
    def test_any_checkpoint_verifies(self, size: int, root: bytes) -> None:
        note = checkpoint.sign(ORIGIN, size, root, KEY)
        assert checkpoint.verify(note, ORIGIN, KEY.verify_key()) == Checkpoint(ORIGIN, size, root)

    def test_has_the_documented_layout(self) -> None:
        lines = NOTE.split("\n")
        assert lines[:4] == [ORIGIN, "45", b64encode(ROOT).decode(), ""]
        assert lines[4].startswith(f"— {ORIGIN} ")
        assert lines[5:] == [""]

    @pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb", "a\tb", "a\u00a0b", "a\u2028b", "\ud800"])
    def test_an_origin_that_no_note_can_name_is_a_mistake_of_ours(self, origin: str) -> None:
        with pytest.raises(ValueError, match="origin"):
            checkpoint.sign(origin, 1, ROOT, KEY)
        with pytest.raises(ValueError, match="origin"):
            checkpoint.verifier_key(origin, KEY.verify_key())

    @pytest.mark.parametrize("size", [-1, 2**63])
    def test_a_size_out_of_range_is_a_mistake_of_ours(self, size: int) -> None:
        with pytest.raises(ValueError, match="size"):
            checkpoint.sign(ORIGIN, size, ROOT, KEY)

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_a_root_of_another_length_is_a_mistake_of_ours(self, length: int) -> None:
        with pytest.raises(ValueError, match="root"):
            checkpoint.sign(ORIGIN, 1, bytes(length), KEY)


def resigned(text: str) -> str:
    """Return a note over this text that our key really signed."""
    return _sign_note(text, ORIGIN, KEY)


class TestBadSignature:
    def refuse(self, note: str, origin: str = ORIGIN, key: VerifyKey | None = None) -> None:
        with pytest.raises(BadSignature):
            checkpoint.verify(note, origin, key or KEY.verify_key())

    def test_other_size(self) -> None:
        self.refuse(NOTE.replace("\n45\n", "\n44\n"))

    def test_other_root(self) -> None:
        self.refuse(NOTE.replace(b64encode(ROOT).decode(), b64encode(ROOT[::-1]).decode()))

    def test_other_origin(self) -> None:
        self.refuse(NOTE, origin="other.example.org/log")

    def test_other_origin_signed_under_our_name(self) -> None:
        self.refuse(resigned(f"other.example.org/log\n45\n{b64encode(ROOT).decode()}\n"))

    def test_other_key(self) -> None:
        self.refuse(NOTE, key=SigningKey.generate().verify_key())

    def test_other_key_under_our_name_and_key_id(self) -> None:
        """The key id is short and can be met by a forger; the signature cannot."""
        head, _, line = NOTE.rpartition(" ")
        forged = b64decode(line)[:4] + SigningKey.generate().sign(b"", "forged")
        self.refuse(f"{head} {b64encode(forged).decode()}\n")

    def test_signature_of_another_size_of_the_log(self) -> None:
        earlier = checkpoint.sign(ORIGIN, 44, ROOT, KEY)
        self.refuse(NOTE.partition("\n\n")[0] + "\n\n" + earlier.partition("\n\n")[2])

    def test_second_signature_of_ours_that_does_not_hold(self) -> None:
        broken = checkpoint.sign(ORIGIN, 44, ROOT, KEY).partition("\n\n")[2]
        self.refuse(NOTE + broken)

    def test_extension_line_added(self) -> None:
        self.refuse(NOTE.replace("\n\n", "\nextension\n\n"))

    def test_cut_signature(self) -> None:
        head, _, line = NOTE.rpartition(" ")
        self.refuse(f"{head} {b64encode(b64decode(line)[:-1]).decode()}\n")

    def test_only_a_witness_signed(self) -> None:
        self.refuse(NOTE.partition("\n\n")[0] + "\n\n" + f"— witness.example.org {b64encode(bytes(68)).decode()}\n")


class TestAllowed:
    def test_witnesses_before_and_after(self) -> None:
        text, _, ours = NOTE.partition("\n\n")
        witness = f"— witness.example.org {b64encode(bytes(76)).decode()}\n"
        assert checkpoint.verify(f"{text}\n\n{witness}{ours}{witness}", ORIGIN, KEY.verify_key()).size == 45

    def test_sixteen_signatures(self) -> None:
        witnesses = "".join(f"— w{number}.example {b64encode(bytes(4000)).decode()}\n" for number in range(15))
        assert checkpoint.verify(NOTE + witnesses, ORIGIN, KEY.verify_key()).size == 45

    def test_extension_lines_that_were_signed(self) -> None:
        note = resigned(f"{ORIGIN}\n45\n{b64encode(ROOT).decode()}\nextension\n")
        assert checkpoint.verify(note, ORIGIN, KEY.verify_key()) == Checkpoint(ORIGIN, 45, ROOT)

    def test_our_name_with_another_key_id(self) -> None:
        """An old key of ours, say: its signature is an unknown one, and is not looked at."""
        old = checkpoint.sign(ORIGIN, 45, ROOT, SigningKey.from_seed(b"\x72" * 32)).partition("\n\n")[2]
        assert checkpoint.verify(NOTE + old, ORIGIN, KEY.verify_key()).size == 45


class TestMalformed:
    def refuse(self, note: str) -> None:
        with pytest.raises(Malformed):
            checkpoint.verify(note, ORIGIN, KEY.verify_key())

    @pytest.mark.parametrize(
        "note",
        [
            "",
            "\n",
            "\n\n",
            NOTE[:-1],
            NOTE + "\n",
            NOTE.replace("\n", "\r\n"),
            NOTE.replace("\n\n", "\n"),
            NOTE.replace("— ", "- "),
            NOTE.replace("— ", "—"),
            NOTE.replace(ORIGIN + " ", ORIGIN + "  "),
            NOTE[:-2] + "\n",
            NOTE[:-1] + "=\n",
            NOTE[:-1] + " \n",
            NOTE + "\ud800\n",
            NOTE.replace("45", "45\0"),
            NOTE + f"— short {b64encode(bytes(4)).decode()}\n",
            NOTE + "text after the signatures\n",
            NOTE + f"— a+b {b64encode(bytes(68)).decode()}\n",
            "x" * 100_000 + NOTE,
        ],
        ids=[
            "empty",
            "a line",
            "no text",
            "last line not ended",
            "empty line at the end",
            "carriage returns",
            "no empty line",
            "hyphen for dash",
            "no space after dash",
            "two spaces",
            "base64 cut",
            "base64 padded twice",
            "space at the end",
            "surrogate",
            "control character",
            "signature without bytes",
            "text after the signatures",
            "plus sign in a name",
            "too long",
        ],
    )
    def test_not_a_note(self, note: str) -> None:
        self.refuse(note)

    @pytest.mark.parametrize(
        "text",
        [
            f"{ORIGIN}\n45\n",
            f"{ORIGIN}\n\n45\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n45\n{b64encode(ROOT).decode()}\n\nextension\n",
            f"{ORIGIN}\n045\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n-1\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n4_5\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n๔๕\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n{2**63}\n{b64encode(ROOT).decode()}\n",
            f"{ORIGIN}\n45\n{b64encode(ROOT[:31]).decode()}\n",
            f"{ORIGIN}\n45\n{b64encode(ROOT).decode()[:-1]}\n",
            f"{ORIGIN}\n45\n{b64encode(ROOT).decode()[:-2]}9=\n",
            f"{ORIGIN}\n45\n{'!' * 44}\n",
        ],
        ids=[
            "no root",
            "empty line within",
            "empty line before an extension",
            "leading zero",
            "negative",
            "underscore",
            "thai digits",
            "size beyond 63 bits",
            "root of 31 bytes",
            "root without padding",
            "root with stray bits",
            "root not base64",
        ],
    )
    def test_signed_and_not_a_checkpoint(self, text: str) -> None:
        self.refuse(resigned(text))

    @given(st.text(max_size=200))
    def test_any_text_is_refused(self, note: str) -> None:
        with pytest.raises(CryptoError):
            checkpoint.verify(note, ORIGIN, KEY.verify_key())


class TestVerifierKey:
    def test_comes_back(self) -> None:
        text = checkpoint.verifier_key(ORIGIN, KEY.verify_key())
        assert checkpoint.parse_verifier_key(text) == (ORIGIN, KEY.verify_key())

    def test_a_key_whose_base64_holds_a_plus(self) -> None:
        keys = (SigningKey.from_seed(bytes([number] * 32)).verify_key() for number in range(256))
        key = next(key for key in keys if "+" in b64encode(b"\x01" + key.to_bytes()).decode())
        assert checkpoint.parse_verifier_key(checkpoint.verifier_key(ORIGIN, key)) == (ORIGIN, key)

    def test_every_part_of_a_key_is_refused(self) -> None:
        length = len(PETER_KEY)
        for start in range(length):
            for stop in range(start + 1, length + 1):
                if (start, stop) != (0, length):
                    with pytest.raises(Malformed):
                        checkpoint.parse_verifier_key(PETER_KEY[start:stop])

    def test_every_changed_character_is_refused(self) -> None:
        for position, character in enumerate(PETER_KEY):
            with pytest.raises(Malformed):
                checkpoint.parse_verifier_key(
                    PETER_KEY[:position] + chr(ord(character) + 1) + PETER_KEY[position + 1 :]
                )

    @pytest.mark.parametrize(
        "text",
        [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "\ud800+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ],
        ids=["wrong length", "unknown algorithm", "key id in capitals", "space in the name", "surrogate"],
    )
    def test_broken_key(self, text: str) -> None:
        with pytest.raises(Malformed):
            checkpoint.parse_verifier_key(text)
