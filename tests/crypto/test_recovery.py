"""Recovery codes and halves of seeds."""

from hashlib import sha256

import pytest

from crypto import AccountSeed, Mistyped, Receipt, RecoveryCode, join_seed, split_seed

CODE = "0000-0000-0000-0000-0000-0000-0000"


def test_a_codes_key_never_changes() -> None:
    public = RecoveryCode.parse(CODE).key().public_key().to_bytes()
    assert sha256(public).hexdigest() == "21356d4311346155e88a60d6cc7c8b2f33875c6c6a1ca2cd26bb654bc0d10018"


def test_a_code_is_typed_back_as_a_receipt_is() -> None:
    code = RecoveryCode.generate()
    again = RecoveryCode.parse(code.grouped().lower().replace("-", " "))
    assert again.key().export_seed() == code.key().export_seed()
    with pytest.raises(Mistyped):
        RecoveryCode.parse(code.grouped()[:-1] + ("0" if code.grouped()[-1] != "0" else "1"))


def test_a_codes_key_is_none_that_a_receipt_gives() -> None:
    seed = Receipt.parse(CODE).seed()
    assert RecoveryCode.parse(CODE).key().export_seed() not in {
        seed.export(),
        seed.work().export_seed(),
        seed.identity().export_seed(),
    }


def test_both_halves_make_the_seed_and_each_is_drawn_anew() -> None:
    seed = AccountSeed.generate()
    (one, other), (third, fourth) = split_seed(seed), split_seed(seed)
    assert join_seed(one, other) == join_seed(other, one) == join_seed(third, fourth) == seed
    assert join_seed(one, fourth) != seed
    assert len({half.export() for half in (one, other, third, fourth)} | {seed.export()}) == 5
