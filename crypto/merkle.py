"""The Merkle tree of RFC 6962, as pure functions over integers and hashes.

A node is named by its level (0 for leaves) and its index from the left; it is *complete* when all its 2**level leaves
are there. Complete nodes never change, so a store appends them and every proof reads O(log size) of them. The *peaks*
of a tree are its largest complete nodes from left to right, one for each set bit of its size: with them alone the tree
grows. Wherever a function takes a leaf it takes the leaf's hash, `leaf_hash(data)`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TypeAlias

from crypto.errors import BadProof

HASH = 32

#: Returns the hash of the complete node at (level, index), which the caller has stored.
ReadNode: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ data), RFC 6962 §2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), RFC 6962 §2.1."""
    return sha256(b"\x01" + left + right).digest()


def empty_root() -> bytes:
    """Return the root of the tree without leaves: SHA-256 of nothing."""
    return sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Appended:
    """A tree after one more leaf.

    `nodes` are the complete nodes that the leaf finished, as (level, index, hash), the leaf itself first.
    """

    size: int
    peaks: tuple[bytes, ...]
    nodes: tuple[tuple[int, int, bytes], ...]
    root: bytes


def append(size: int, peaks: Sequence[bytes], leaf: bytes) -> Appended:
    """Return the tree of `size` leaves and these peaks with one more leaf (its hash, 32 bytes).

    `ValueError` if the peaks are not as many as a tree of that size has, or the leaf is no hash.
    """
    if size < 0 or len(peaks) != size.bit_count():
        raise ValueError("a tree has one peak for each set bit of its size")
    if len(leaf) != HASH:
        raise ValueError("a leaf hash is 32 bytes")
    left = list(peaks)
    index, level, node = size, 0, leaf
    nodes = [(level, index, node)]
    while index & 1:
        node = node_hash(left.pop(), node)
        index >>= 1
        level += 1
        nodes.append((level, index, node))
    left.append(node)
    return Appended(size + 1, tuple(left), tuple(nodes), root_of(left))


def root_of(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these peaks (left to right)."""
    if not peaks:
        return empty_root()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def way_to_peak(index: int, size: int) -> tuple[int, list[tuple[int, int]]]:
    """Return which peak (from the left) stands over the leaf at `index`, and the complete nodes (level, index) beside its way up to it.

    With a tree's signed peaks at hand this proves a leaf by complete nodes alone. `ValueError`: no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    level = (
        index ^ size
    ).bit_length() - 1  # of the highest bit in which they differ: `size` has it, and there the peak ends
    peak = (size >> level).bit_count() - 1
    return peak, [(below, (index >> below) ^ 1) for below in range(level)]


def places_of_peaks(size: int) -> list[tuple[int, int]]:
    """Return where the peaks of a tree of `size` leaves are, as (level, index), from left to right."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return [(level, (size >> level) - 1) for level in levels]


def climb(index: int, leaf: bytes, beside: Sequence[bytes]) -> bytes:
    """Return the hash of the complete node that is reached from the leaf (or a node, at `index` of its level) past the nodes beside its way, the lowest first."""
    node = leaf
    for other in beside:
        node = node_hash(other, node) if index & 1 else node_hash(node, other)
        index >>= 1
    return node


def _split(width: int) -> int:
    """Return the largest power of two below `width` (2 or more), RFC 6962 §2.1."""
    return 1 << ((width - 1).bit_length() - 1)


def _subtree(start: int, stop: int, read_node: ReadNode) -> bytes:
    """Return the hash over the leaves [start, stop), where `start` is aligned as the left end of a subtree is."""
    peaks: list[bytes] = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        peaks.append(read_node(level, start >> level))
        start += 1 << level
    return root_of(peaks)


def inclusion_proof(index: int, size: int, read_node: ReadNode) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling upwards. `ValueError`: no such leaf."""
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    start, stop = 0, size
    path: list[bytes] = []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_subtree(middle, stop, read_node))
            stop = middle
        else:
            path.append(_subtree(start, middle, read_node))
            start = middle
    path.reverse()
    return path


def consistency_proof(first: int, second: int, read_node: ReadNode) -> list[bytes]:
    """Return PROOF(first, D[second]) of RFC 6962 §2.1.2; empty when `first` is 0 or equals `second`.

    `ValueError` unless 0 <= first <= second.
    """
    if not 0 <= first <= second:
        raise ValueError("the first tree is not larger than the second")
    if first in (0, second):
        return []
    start, stop = 0, second
    proof: list[bytes] = []
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            proof.append(_subtree(middle, stop, read_node))
            stop = middle
        else:
            proof.append(_subtree(start, middle, read_node))
            start = middle
    # SUBPROOF's flag: the old tree's own root is known to whoever checks, any other subtree is not.
    if start:
        proof.append(_subtree(start, stop, read_node))
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return if the leaf (its hash) is at `index` of the tree with `size` leaves and `root`; raise `BadProof` if not.

    RFC 9162 §2.1.3.2, for the same tree.
    """
    if not 0 <= index < size or len(leaf) != HASH:
        raise BadProof("the tree has no such leaf")
    node, last = index, size - 1
    computed = leaf
    for sibling in _hashes(proof):
        if not last:
            raise BadProof("the inclusion proof is too long")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise BadProof("the inclusion proof is too short")
    if not compare_digest(computed, root):
        raise BadProof("the inclusion proof leads to another root")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the tree of `first` leaves is the beginning of the tree of `second`; raise `BadProof` if not.

    RFC 9162 §2.1.4.2. The empty tree is the beginning of every tree: then the proof is empty, and `first_root` the
    root of the empty tree.
    """
    if not 0 <= first <= second:
        raise BadProof("the first tree is larger than the second")
    if first in (0, second):
        expected = empty_root() if first == 0 else second_root
        if proof or not compare_digest(first_root, expected):
            raise BadProof("the roots do not belong to these sizes")
        if second == 0 and not compare_digest(second_root, empty_root()):
            raise BadProof("the roots do not belong to these sizes")
        return
    old, new = _fold_consistency(first, second, first_root, _hashes(proof))
    if not compare_digest(old, first_root):
        raise BadProof("the consistency proof leads to another first root")
    if not compare_digest(new, second_root):
        raise BadProof("the consistency proof leads to another second root")


def _fold_consistency(first: int, second: int, first_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    if not proof:
        raise BadProof("the consistency proof is too short")
    # Step 2: a first tree that is one complete node is not repeated in the proof.
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    node, last = first - 1, second - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            raise BadProof("the consistency proof is too long")
        if node & 1 or node == last:
            old = node_hash(sibling, old)
            new = node_hash(sibling, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise BadProof("the consistency proof is too short")
    return old, new


def _hashes(proof: Sequence[bytes]) -> Sequence[bytes]:
    if any(len(sibling) != HASH for sibling in proof):
        raise BadProof("a proof is a list of hashes of 32 bytes")
    return proof
