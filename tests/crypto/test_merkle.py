"""The quick tree against the slow one."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import BadProof, merkle
from crypto.merkle import Appended
from tests.crypto import rfc6962
from tests.crypto.corruptions import flip

SMALL = 70
LARGE = 700


class Tree:
    """A tree grown leaf by leaf, with every complete node that it ever finished."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.read: list[tuple[int, int]] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.grown: list[Appended] = []
        peaks: tuple[bytes, ...] = ()
        for size, leaf in enumerate(leaves):
            appended = merkle.append(size, peaks, merkle.leaf_hash(leaf))
            for level, index, node in appended.nodes:
                assert (level, index) not in self.nodes
                self.nodes[level, index] = node
            self.grown.append(appended)
            peaks = appended.peaks

    def read_node(self, level: int, index: int) -> bytes:
        self.read.append((level, index))
        return self.nodes.get((level, index), bytes(32))

    def root(self, size: int) -> bytes:
        return self.grown[size - 1].root if size else merkle.empty_root()


LEAVES = [position.to_bytes(2, "big") * (position % 3) for position in range(LARGE)]
TREE = Tree(LEAVES)
SIZES = st.integers(SMALL + 1, LARGE)


def leaf(index: int) -> bytes:
    return merkle.leaf_hash(LEAVES[index])


def inclusion(index: int, size: int) -> list[bytes]:
    return merkle.inclusion_proof(index, size, TREE.read_node)


def consistency(first: int, second: int) -> list[bytes]:
    return merkle.consistency_proof(first, second, TREE.read_node)


class TestGrowing:
    @pytest.mark.parametrize("size", range(SMALL + 1))
    def test_root_is_the_standards(self, size: int) -> None:
        assert TREE.root(size) == rfc6962.mth(LEAVES[:size])

    @settings(max_examples=20)
    @given(SIZES)
    def test_root_of_a_larger_tree_is_the_standards(self, size: int) -> None:
        assert TREE.root(size) == rfc6962.mth(LEAVES[:size])

    def test_roots_of_the_certificate_transparency_tests(self) -> None:
        """The tree that implementations of RFC 6962 have tested against since the first."""
        leaves = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            bytes(range(0x50, 0x58)),
            bytes(range(0x60, 0x70)),
        ]
        roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        assert [appended.root.hex() for appended in Tree(leaves).grown] == roots

    def test_the_empty_tree(self) -> None:
        assert merkle.root_of(()) == merkle.empty_root() == rfc6962.mth([])

    @pytest.mark.parametrize("size", range(1, SMALL + 1))
    def test_one_peak_for_each_bit_of_the_size(self, size: int) -> None:
        appended = TREE.grown[size - 1]
        assert len(appended.peaks) == size.bit_count()
        assert merkle.root_of(appended.peaks) == appended.root
        assert appended.size == size

    def test_a_node_is_the_root_of_its_leaves(self) -> None:
        for (level, index), node in TREE.nodes.items():
            if (index + 1) << level <= 256:
                assert node == rfc6962.mth(LEAVES[index << level : (index + 1) << level])

    def test_every_complete_node_is_finished_once(self) -> None:
        complete = {(level, index) for level in range(10) for index in range(LARGE >> level)}
        assert set(TREE.nodes) == complete

    def test_the_leaf_comes_first_among_its_nodes(self) -> None:
        assert all(appended.nodes[0] == (0, index, leaf(index)) for index, appended in enumerate(TREE.grown))

    @pytest.mark.parametrize(("size", "peaks"), [(1, 0), (3, 1), (4, 2), (0, 1), (-1, 0)])
    def test_peaks_of_another_tree_are_a_mistake_of_ours(self, size: int, peaks: int) -> None:
        with pytest.raises(ValueError, match="peak"):
            merkle.append(size, [bytes(32)] * peaks, bytes(32))

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_leaf_data_instead_of_its_hash_is_a_mistake_of_ours(self, length: int) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            merkle.append(0, [], bytes(length))


class TestUnderPeaks:
    @pytest.mark.parametrize("size", range(1, SMALL + 1))
    def test_every_leaf_leads_to_its_peak_past_complete_nodes(self, size: int) -> None:
        peaks = TREE.grown[size - 1].peaks
        assert merkle.root_of(peaks) == rfc6962.mth(LEAVES[:size])
        for index in range(size):
            peak, beside = merkle.way_to_peak(index, size)
            assert all((below + 1) << level <= size for level, below in beside)
            assert merkle.climb(index, leaf(index), [TREE.nodes[node] for node in beside]) == peaks[peak]

    @settings(max_examples=30)
    @given(SIZES, st.integers(0), st.integers(1))
    def test_another_leaf_or_another_place_leads_elsewhere(self, size: int, choice: int, step: int) -> None:
        index, other = choice % size, (choice + step) % size
        peak, beside = merkle.way_to_peak(index, size)
        nodes = [TREE.nodes[node] for node in beside]
        reached = TREE.grown[size - 1].peaks[peak]
        assert (merkle.climb(index, leaf(other), nodes) == reached) == (leaf(index) == leaf(other))
        assert merkle.climb(index, bytes(32), nodes) != reached

    @pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (6, 5), (-1, 5)])
    def test_no_such_leaf(self, index: int, size: int) -> None:
        with pytest.raises(ValueError, match="no such leaf"):
            merkle.way_to_peak(index, size)

    def test_peaks_are_the_complete_nodes_from_left_to_right(self) -> None:
        assert [merkle.places_of_peaks(size) for size in (0, 1, 6, 11)] == [
            [],
            [(0, 0)],
            [(2, 0), (1, 2)],
            [(3, 0), (1, 4), (0, 10)],
        ]


class TestInclusion:
    @pytest.mark.parametrize("size", range(1, SMALL + 1))
    def test_proof_is_the_standards(self, size: int) -> None:
        for index in range(size):
            proof = inclusion(index, size)
            assert proof == rfc6962.path(index, LEAVES[:size])
            merkle.verify_inclusion(leaf(index), index, size, proof, TREE.root(size))

    @settings(max_examples=30)
    @given(SIZES, st.integers(0))
    def test_proof_in_a_larger_tree_is_the_standards(self, size: int, choice: int) -> None:
        index = choice % size
        proof = inclusion(index, size)
        assert proof == rfc6962.path(index, LEAVES[:size])
        merkle.verify_inclusion(leaf(index), index, size, proof, TREE.root(size))

    def test_a_proof_in_a_tree_of_a_trillion_reads_few_nodes(self) -> None:
        for index in (0, 1, 2**39, 10**12 - 1, 10**12 - 2, 7 * 10**11):
            tree = Tree([])
            merkle.inclusion_proof(index, 10**12, tree.read_node)
            assert 0 < len(tree.read) <= 2 * 40

    def test_only_complete_nodes_are_read(self) -> None:
        for size in range(1, SMALL + 1):
            tree = Tree(LEAVES[:size])
            for index in range(size):
                merkle.inclusion_proof(index, size, tree.read_node)
                merkle.consistency_proof(index, size, tree.read_node)
            assert set(tree.read) <= set(tree.nodes)

    @pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (6, 5), (-1, 5)])
    def test_no_such_leaf(self, index: int, size: int) -> None:
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion(index, size)
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf(0), index, size, [], TREE.root(5))


class TestWrongInclusion:
    INDEX, SIZE = 25, 45

    @pytest.fixture
    def proof(self) -> list[bytes]:
        return inclusion(self.INDEX, self.SIZE)

    def refuse(self, proof: Sequence[bytes], index: int = INDEX, of: bytes = b"", root: bytes = b"") -> None:
        with pytest.raises(BadProof):
            merkle.verify_inclusion(of or leaf(index), index, self.SIZE, proof, root or TREE.root(self.SIZE))

    def test_other_leaf(self, proof: list[bytes]) -> None:
        self.refuse(proof, of=leaf(self.INDEX + 1))

    def test_leaf_of_another_length(self, proof: list[bytes]) -> None:
        self.refuse(proof, of=leaf(self.INDEX) + b"\0")

    def test_other_root(self, proof: list[bytes]) -> None:
        self.refuse(proof, root=TREE.root(self.SIZE + 1))

    @pytest.mark.parametrize("index", [0, 24, 26, 44])
    def test_other_index(self, proof: list[bytes], index: int) -> None:
        self.refuse(proof, index=index, of=leaf(self.INDEX))

    def test_flipped_byte_anywhere(self, proof: list[bytes]) -> None:
        for position in range(len(proof)):
            self.refuse([*proof[:position], flip(proof[position], 31), *proof[position + 1 :]])

    def test_dropped_hash(self, proof: list[bytes]) -> None:
        for position in range(len(proof)):
            self.refuse(proof[:position] + proof[position + 1 :])

    def test_added_hash(self, proof: list[bytes]) -> None:
        for position in range(len(proof) + 1):
            self.refuse([*proof[:position], bytes(32), *proof[position:]])

    def test_exchanged_hashes(self, proof: list[bytes]) -> None:
        for one, other in itertools.combinations(range(len(proof)), 2):
            swapped = list(proof)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            self.refuse(swapped)

    def test_hash_of_another_length(self, proof: list[bytes]) -> None:
        self.refuse([proof[0][:31], *proof[1:]])

    def test_root_of_a_smaller_tree(self) -> None:
        """A whole proof in the tree of 2, said to be of 3: what is left of the path shows."""
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf(0), 0, 3, inclusion(0, 2), TREE.root(2))

    def test_root_of_a_larger_tree(self) -> None:
        """A whole proof of leaf 3 in the tree of 4, said to be leaf 1 of 2: what is left of the proof shows."""
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf(3), 1, 2, inclusion(3, 4), TREE.root(4))

    def test_byte_moved_from_the_proof_to_the_leaf(self) -> None:
        with pytest.raises(BadProof):
            merkle.verify_inclusion(leaf(0) + leaf(1)[:1], 0, 2, [leaf(1)[1:]], TREE.root(2))

    def test_inner_node_given_as_a_leaf(self) -> None:
        """The two hash prefixes keep a node from passing for a leaf of a smaller tree."""
        left, right = LEAVES[0], LEAVES[1]
        node = merkle.node_hash(merkle.leaf_hash(left), merkle.leaf_hash(right))
        assert merkle.leaf_hash(merkle.leaf_hash(left) + merkle.leaf_hash(right)) != node


class TestConsistency:
    @pytest.mark.parametrize("second", range(SMALL + 1))
    def test_proof_is_the_standards(self, second: int) -> None:
        for first in range(1, second + 1):
            proof = consistency(first, second)
            assert proof == rfc6962.proof(first, LEAVES[:second])
            merkle.verify_consistency(first, second, TREE.root(first), TREE.root(second), proof)

    @settings(max_examples=30)
    @given(SIZES, st.integers(0))
    def test_proof_of_a_larger_tree_is_the_standards(self, second: int, choice: int) -> None:
        first = choice % second + 1
        proof = consistency(first, second)
        assert proof == rfc6962.proof(first, LEAVES[:second])
        merkle.verify_consistency(first, second, TREE.root(first), TREE.root(second), proof)

    def test_everything_begins_with_the_empty_tree(self) -> None:
        for second in range(SMALL):
            assert consistency(0, second) == []
            merkle.verify_consistency(0, second, merkle.empty_root(), TREE.root(second), [])

    def test_a_proof_between_trees_of_a_trillion_reads_few_nodes(self) -> None:
        for first in (1, 2**39, 2**39 - 1, 10**12 - 1, 6 * 10**11 + 1):
            tree = Tree([])
            merkle.consistency_proof(first, 10**12, tree.read_node)
            assert 0 < len(tree.read) <= 2 * 40

    @pytest.mark.parametrize(("first", "second"), [(6, 5), (-1, 5)])
    def test_a_first_tree_that_is_larger(self, first: int, second: int) -> None:
        with pytest.raises(ValueError, match="not larger"):
            consistency(first, second)
        with pytest.raises(BadProof):
            merkle.verify_consistency(first, second, TREE.root(5), TREE.root(5), [])


class TestWrongConsistency:
    FIRST, SECOND = 13, 45

    @pytest.fixture
    def proof(self) -> list[bytes]:
        return consistency(self.FIRST, self.SECOND)

    def refuse(
        self, proof: Sequence[bytes], first: int = FIRST, first_root: bytes = b"", second_root: bytes = b""
    ) -> None:
        with pytest.raises(BadProof):
            merkle.verify_consistency(
                first,
                self.SECOND,
                first_root or TREE.root(first),
                second_root or TREE.root(self.SECOND),
                proof,
            )

    def test_rewritten_entry(self, proof: list[bytes]) -> None:
        """The second tree with one old entry changed: no proof leads from the first root to it."""
        rewritten = Tree([*LEAVES[:5], b"changed", *LEAVES[6 : self.SECOND]])
        self.refuse(proof, second_root=rewritten.root(self.SECOND))
        forged = merkle.consistency_proof(self.FIRST, self.SECOND, rewritten.read_node)
        self.refuse(forged, second_root=rewritten.root(self.SECOND))

    def test_other_first_root(self, proof: list[bytes]) -> None:
        self.refuse(proof, first_root=TREE.root(self.FIRST + 1))

    def test_other_second_root(self, proof: list[bytes]) -> None:
        self.refuse(proof, second_root=TREE.root(self.SECOND + 1))

    @pytest.mark.parametrize("first", [1, 12, 14, 44])
    def test_other_first_size(self, proof: list[bytes], first: int) -> None:
        self.refuse(proof, first=first)

    def test_flipped_byte_anywhere(self, proof: list[bytes]) -> None:
        for position in range(len(proof)):
            self.refuse([*proof[:position], flip(proof[position], 0), *proof[position + 1 :]])

    def test_dropped_hash(self, proof: list[bytes]) -> None:
        for position in range(len(proof)):
            self.refuse(proof[:position] + proof[position + 1 :])

    def test_added_hash(self, proof: list[bytes]) -> None:
        for position in range(len(proof) + 1):
            self.refuse([*proof[:position], bytes(32), *proof[position:]])

    def test_second_root_of_a_smaller_tree(self) -> None:
        """A whole proof from 2 to 3, said to lead to 5."""
        with pytest.raises(BadProof):
            merkle.verify_consistency(2, 5, TREE.root(2), TREE.root(3), consistency(2, 3))

    def test_roots_of_larger_trees(self) -> None:
        """A whole proof from 7 to 8, said to lead from 3 to 4: their right halves have these sizes."""
        with pytest.raises(BadProof):
            merkle.verify_consistency(3, 4, TREE.root(7), TREE.root(8), consistency(7, 8))

    def test_no_proof(self) -> None:
        self.refuse([])

    def test_no_proof_from_a_complete_first_tree(self) -> None:
        self.refuse([], first=8)

    def test_hash_of_another_length(self, proof: list[bytes]) -> None:
        self.refuse([proof[0] + b"\0", *proof[1:]])

    def test_same_size_and_another_root(self) -> None:
        self.refuse([], first=self.SECOND, first_root=TREE.root(44))

    def test_same_size_and_a_proof(self, proof: list[bytes]) -> None:
        self.refuse(proof, first=self.SECOND)

    def test_empty_tree_with_another_root(self) -> None:
        self.refuse([], first=0, first_root=TREE.root(1))

    def test_empty_tree_and_a_proof(self) -> None:
        self.refuse([bytes(32)], first=0)

    def test_two_empty_trees_with_another_root(self) -> None:
        with pytest.raises(BadProof):
            merkle.verify_consistency(0, 0, merkle.empty_root(), TREE.root(1), [])
