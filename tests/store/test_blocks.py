"""Blocks kept for continuing are checked before they are counted."""

import numpy as np
import pytest

from dmjax._version import __version__
from dmjax.errors import InputError
from dmjax.store.blocks import Block, fingerprint, finite, kept, write_block
from dmjax.store.folders import claim_folder, holds
from dmjax.store.steps import LIST, Steps

SETTINGS = {"seed": 1, "toys": 3}
ARRAYS = {"statistic": np.arange(6.0).reshape(3, 2), "status": np.zeros(3, int)}


def block(path, **changes) -> Block:
    made = {"label": "belt_0", "rows": 3, "check": finite("statistic")} | changes
    return Block(path, **({"configuration": SETTINGS} | made))


class Work:
    """Makes the arrays, and remembers how often and what was said."""

    def __init__(self) -> None:
        self.made, self.said = 0, []

    def make(self):
        self.made += 1
        return ARRAYS

    def say(self, what, done, of, note=""):
        self.said.append(note)

    def kept(self, wanted):
        found = kept(wanted, self.make, self.say)
        assert found.keys() == ARRAYS.keys()
        assert all(np.array_equal(found[k], ARRAYS[k]) for k in ARRAYS)


def test_a_block_is_made_once(tmp_path):
    work, wanted = Work(), block(tmp_path / "a.npz")
    work.kept(wanted)
    work.kept(wanted)
    assert work.made == 1 and not work.said


OTHERS = {
    "configuration": ({"configuration": SETTINGS | {"seed": 2}}, "another configuration"),
    "label": ({"label": "belt_1"}, "another label"),
    "rows": ({"rows": 4}, "another rows"),
    "strengths": ({"about": {"strengths": [0.5]}}, "another strengths"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_block_of_something_else_is_made_again_and_that_is_said(name, tmp_path):
    changes, said = OTHERS[name]
    write_block(block(tmp_path / "a.npz", **changes), ARRAYS)
    work = Work()
    work.kept(block(tmp_path / "a.npz"))
    work.kept(block(tmp_path / "a.npz"))
    assert work.made == 1 and len(work.said) == 1 and said in work.said[0]


def test_what_a_block_states_beside_its_configuration_is_compared(tmp_path):
    """Also where the file states less, or of another version, or was signed for other arrays."""
    path = tmp_path / "a.npz"
    write_block(block(path), ARRAYS)
    work = Work()
    work.kept(block(path, about={"strengths": [1.0]}))
    assert "another strengths" in work.said[0]
    with np.load(path) as file:
        held = dict(file)
    for old, new, said in (
        ("belt_0", "belt_1", "checksum differs"),
        (__version__, "0.0.0", "checksum differs"),
    ):
        label = str(held["belongs_to"]).replace(old, new)
        np.savez(path, **(held | {"belongs_to": np.array(label)}))
        work = Work()
        work.kept(block(path, about={"strengths": [1.0]}))
        assert said in work.said[0]


def test_a_fingerprint_forgives_rounding_and_nothing_else():
    random = np.random.default_rng(1)
    numbers = np.exp(random.uniform(-20.0, 20.0, 400)) * random.choice([-1.0, 1.0], 400)
    first = fingerprint([numbers, np.array([np.inf, np.nan, 0.0])])
    assert first == fingerprint([numbers * (1.0 + 1e-15), np.array([np.inf, np.nan, 0.0])])
    for other in (numbers * (1.0 + 1e-5), numbers[::-1], numbers.reshape(20, 20)):
        assert fingerprint([other, np.array([np.inf, np.nan, 0.0])]) != first
    assert fingerprint([numbers.astype(np.float32)]) != fingerprint([numbers])


def test_swapped_blocks_are_noticed(tmp_path):
    one, two = block(tmp_path / "a.npz"), block(tmp_path / "b.npz", label="belt_1")
    write_block(one, ARRAYS)
    write_block(two, ARRAYS)
    (tmp_path / "a.npz").rename(tmp_path / "c.npz")
    (tmp_path / "b.npz").rename(tmp_path / "a.npz")
    work = Work()
    work.kept(one)
    assert "another label" in work.said[0]


def test_numbers_that_are_not_finite_and_short_arrays_are_not_counted(tmp_path):
    for bad, said in (
        ({"statistic": np.full((3, 2), np.nan), "status": np.zeros(3)}, "not finite"),
        ({"statistic": np.zeros((2, 2)), "status": np.zeros(3)}, "has not 3 rows"),
    ):
        write_block(block(tmp_path / "a.npz"), bad)
        work = Work()
        work.kept(block(tmp_path / "a.npz"))
        assert said in work.said[0]


def test_foreign_and_damaged_files_are_made_again(tmp_path):
    path = tmp_path / "a.npz"
    write_block(block(path), ARRAYS)
    content, random = path.read_bytes(), np.random.default_rng(5)
    np.savez(path, **ARRAYS)
    files = [path.read_bytes(), b"", b"PK", content[: len(content) // 2]]
    for _ in range(60):
        broken = bytearray(content)
        broken[int(random.integers(len(content)))] ^= 1 << int(random.integers(8))
        files.append(bytes(broken))
    np.savez(path, **ARRAYS, belongs_to=np.array({"a": object()}, dtype=object))
    for damaged in [*files, path.read_bytes()]:
        path.write_bytes(damaged)
        Work().kept(block(path))


def test_what_is_no_file_is_not_read(tmp_path):
    path = tmp_path / "a.npz"
    path.mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        Work().kept(block(path))


def test_a_folder_belongs_to_one_configuration(tmp_path):
    claim_folder(tmp_path / "x", SETTINGS, "another study")
    assert holds(tmp_path / "x", SETTINGS, "another study")
    for other in (SETTINGS | {"seed": 2}, {"seed": 1}, SETTINGS | {"more": None, "cl": 0.9}):
        with pytest.raises(InputError, match="holds another study"):
            claim_folder(tmp_path / "x", other, "another study")


def test_finished_steps_are_used_again_only_if_nothing_touched_them(tmp_path):
    work, made = Work(), []

    def keep(configuration=SETTINGS):
        steps = Steps(tmp_path, configuration, work.say)
        steps.keep("a.txt", lambda path: made.append(path.write_text("numbers")))
        return len(made)

    assert keep() == 1 and keep() == 1 and "kept from an earlier run" in work.said
    (tmp_path / "a.txt").write_text("other")
    assert keep() == 2 and "was changed: made again" in " ".join(work.said)
    for damaged in ("", "{}", '{"files": {"a.txt": 1}}', (tmp_path / LIST).read_text()[:-9]):
        (tmp_path / LIST).write_text(damaged)
        before = len(made)
        assert keep() == before + 1 and keep() == before + 1
    assert keep(SETTINGS | {"seed": 2}) == before + 2
    assert "not on the list of finished files" in " ".join(work.said)
