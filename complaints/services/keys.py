"""The keys a signed-in person brings along."""

from dataclasses import dataclass, field

from crypto import AccountSeed, PrivateKey, SigningKey


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What a session can open and sign with: never the identity key, which exists only inside a request that brings the passphrase."""

    work: PrivateKey = field(repr=False)
    signing: SigningKey = field(repr=False)

    @classmethod
    def of(cls, seed: AccountSeed) -> "SessionKeys":
        return cls(work=seed.work(), signing=seed.signing())

    @classmethod
    def from_seeds(cls, seeds: bytes) -> "SessionKeys":
        """From the 64 bytes that `export_seeds` gave: work seed, then signing seed."""
        if len(seeds) != 64:
            raise ValueError("session seeds are 64 bytes")
        return cls(work=PrivateKey.from_seed(seeds[:32]), signing=SigningKey.from_seed(seeds[32:]))

    def export_seeds(self) -> bytes:
        return self.work.export_seed() + self.signing.export_seed()

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("keys are not pickled")
