"""What the system does, by use case. Services know no HTTP; they take a unit, an actor, plain values and, where they open anything, the key."""
