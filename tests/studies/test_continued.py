"""Toys and chains that were killed or damaged continue to the same numbers, or are refused."""

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from killed import moments_of, snapshots

import dmjax
import dmjax.limits.toys as engine
from counting_models import known
from dmjax.bayes import chains
from dmjax.bayes.chains import run_chains
from dmjax.errors import InputError
from dmjax.likelihood.joint import observed_data
from dmjax.limits.toys import Toys, Wanted
from dmjax.store import blocks
from dmjax.store.blocks import Block, open_block, write_block
from dmjax.store.progress import nothing
from dmjax.studies.plan import open_store
from dmjax.studies.posterior import _kept
from dmjax.studies.settings import ToySettings

TOYS = {"toys": 100, "batch_size": 50}
EVENTS = TOYS | {"model": "events"}
MASSES = TOYS | {"m_v": (10.0, 30.0)}
TWO = {"events": (0.0, 400.0)}
VERBS: dict[str, Callable[..., Any]] = {
    "toys": lambda **how: dmjax.toys("ccm120", **EVENTS, **how),
    "belt": lambda **how: dmjax.limit("ccm120", **EVENTS, method="fc", strengths=5, **how),
    "limit": lambda **how: dmjax.limit("ccm120", **EVENTS, method="toys", strengths=3, **how),
    "coverage": lambda **how: dmjax.coverage("ccm120", **EVENTS, **TWO, **how),
    "inject": lambda **how: dmjax.inject("ccm120", **EVENTS, **TWO, **how),
    "significance": lambda **how: dmjax.significance("ccm120", **MASSES, **how),
    "regions": lambda **how: dmjax.regions(
        "ccm120", **MASSES, method="fc", coupling_points=2, levels=(0.68,), **how
    ),
}
"""Every verb that throws toys, in blocks of 50."""

MOMENTS = 3
"""Of each verb: 21 in all."""


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(engine, "KEPT", 50)


@pytest.fixture
def said() -> list[str]:
    return []


def noting(said: list[str]):
    """Keeps remarks."""
    return lambda what, done, of, note="": said.append(note) if done == of == 0 else None


def finished(name: str, folder: Path, said: list[str] | None = None, **how) -> Any:
    """The result of a verb in a folder, saved as its command would."""
    say = noting([] if said is None else said)
    found = VERBS[name](out=folder / "out.json", say=say, **how)
    found.save(folder / "out.json")
    return found


@pytest.mark.parametrize("name", VERBS)
def test_a_run_killed_at_any_moment_continues_to_the_same_numbers(name, tmp_path):
    total = moments_of(lambda: finished(name, tmp_path / "whole"))
    wanted = dmjax.load(tmp_path / "whole" / "out.json")
    random = np.random.default_rng(list(VERBS).index(name))
    chosen = random.choice(total, MOMENTS, replace=False)
    folder = tmp_path / "run"
    left = snapshots(lambda: finished(name, folder), folder, tmp_path / "left", chosen)
    assert len(left) == MOMENTS
    files = sorted(path.name for path in (folder / "out-toys").iterdir())
    for moment in left:
        assert finished(name, moment) == wanted, moment
        assert sorted(path.name for path in (moment / "out-toys").iterdir()) == files, moment
        assert dmjax.load(moment / "out.json") == wanted


def test_a_second_run_with_the_same_out_is_refused(tmp_path):
    """With the pid of the first, which goes on."""
    refused = []

    def say(what, done, of, note="", /) -> None:
        if not refused:
            with pytest.raises(InputError, match=f"in use by process {os.getpid()} on") as problem:
                finished("inject", tmp_path)
            refused.append(problem)

    found = VERBS["inject"](out=tmp_path / "out.json", say=say)
    assert refused and finished("inject", tmp_path) == found


def cut(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path, _: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


def emptied(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path, other: Path) -> None:
    shutil.copy(other, path)


def rewritten(path: Path, _: Path) -> None:
    """As by someone who changes a number and knows nothing of checksums."""
    with np.load(path) as file:
        held = dict(file)
    held["statistic"] = held["statistic"] * 1.01 + 0.01
    np.savez(path, **held)


DAMAGES = (cut, flipped, emptied, foreign, rewritten)


@pytest.mark.parametrize("name", VERBS)
def test_damaged_swapped_and_foreign_blocks_are_made_again_and_said(name, tmp_path, said):
    """Every block of a finished study, each in one way; foreign ones are those of another seed."""
    wanted = finished(name, tmp_path)
    finished(name, tmp_path / "other", seed=1)
    files = sorted((tmp_path / "out-toys").glob("*.npz"))
    for i, path in enumerate(files[2:]):
        DAMAGES[i % len(DAMAGES)](path, tmp_path / "other" / "out-toys" / path.name)
    files[0].rename(tmp_path / "held")
    files[1].rename(files[0])
    (tmp_path / "held").rename(files[1])
    assert finished(name, tmp_path, said) == wanted
    assert len(said) == len(files) and all("made again" in line for line in said)
    again: list[str] = []
    assert finished(name, tmp_path, again) == wanted and not again


def test_a_swapped_belt_block_cannot_move_a_limit(tmp_path, said, monkeypatch):
    """It would, with status "ok", if blocks were believed."""
    wanted = finished("belt", tmp_path)
    low, high = (tmp_path / "out-toys" / f"m0_belt_{i}_0_50.npz" for i in (0, 3))
    low.rename(tmp_path / "held")
    high.rename(low)
    (tmp_path / "held").rename(high)
    shutil.copytree(tmp_path / "out-toys", tmp_path / "believed" / "out-toys")
    with monkeypatch.context() as patch:
        patch.setattr("dmjax.store.blocks._objection", lambda *_: None)
        believed = finished("belt", tmp_path / "believed")
    assert believed.status == ["ok"] and abs(believed.limit[0] / wanted.limit[0] - 1.0) > 0.03
    assert finished("belt", tmp_path, said) == wanted
    assert len(said) == 2 and all("belongs to another label" in line for line in said)


def test_blocks_of_other_strengths_or_another_truth_are_made_again(tmp_path, said):
    """Under the same label and configuration: as from a program that chose them otherwise."""
    wanted = finished("belt", tmp_path)
    path = tmp_path / "out-toys" / "m0_belt_1_0_50.npz"
    found = open_block(path)
    assert not isinstance(found, str)
    stated, arrays = found
    for key, value in (("strengths", [1e9]), ("truth", "0")):
        other = stated | {key: value}
        label = json.dumps(other | {"checksum": blocks._sum(other, arrays)})
        np.savez(path, **arrays, belongs_to=np.array(label))
        assert finished("belt", tmp_path, said) == wanted
        assert f"belongs to another {key}" in said.pop()


def test_toys_of_other_data_are_refused(tmp_path):
    """The content of a file of one's own changes; its name, which settings state, does not."""
    settings = ToySettings(where=("mine.toml",), model="events")

    def opened(counts: float) -> None:
        joint = known(3.0, counts)
        with open_store(tmp_path / "x.json", settings, joint, observed_data(joint)) as held:
            assert held is not None
            toys = Toys(np.zeros((2, 1)), np.zeros(2), np.zeros(2, int))
            held.toys(Wanted("a", 2, {}), lambda: toys, nothing)

    opened(4.0)
    opened(4.0)
    with pytest.raises(InputError, match=r"toys of another study \(differs in inputs\)"):
        opened(5.0)


def normal_chains(folder: Path, said: list[str]):
    """Two chains of a normal distribution, in blocks kept as `posterior` keeps them."""

    def model() -> None:
        numpyro.sample("x", dist.Normal(0.0, 1.0))

    keep = partial(_kept, folder, {"seed": 1}, 2, noting(said))
    start = {"x": jnp.zeros(2)}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return run_chains(model, jax.random.split(jax.random.key(1), 2), start, 10, 20, keep)


def signed(path: Path, configuration: dict, changes: dict) -> None:
    """A whole block with other arrays, or of another configuration."""
    found = open_block(path)
    assert not isinstance(found, str)
    write_block(Block(path, configuration, path.stem, 2), found[1] | changes)


def test_chains_killed_or_damaged_continue_to_the_same_draws(tmp_path, said, monkeypatch):
    """The second and the third block of three, each continued from what is before it."""
    monkeypatch.setattr(chains, "STEPS", 10)
    found, moments = [], np.random.default_rng(3).choice(18, 2, replace=False)
    run = partial(normal_chains, tmp_path / "run", said)
    (tmp_path / "run").mkdir()
    left = snapshots(lambda: found.append(run()), tmp_path / "run", tmp_path / "left", moments)
    wanted = found[0]
    for moment in left:
        assert np.array_equal(normal_chains(moment, said).draws["x"], wanted.draws["x"])
    assert len(left) == 2 and not said
    normal_chains(tmp_path, said)
    _, second, third = (tmp_path / "chains" / f"warmup_10_steps_{i}.npz" for i in (0, 10, 20))
    cases = (
        (third.unlink, ()),
        (lambda: foreign(third, second), ("another label",)),
        (
            lambda: (signed(second, {"seed": 2}, {}), cut(third, third)),
            ("another configuration", "is damaged"),
        ),
        (lambda: signed(third, {"seed": 1}, {"draw_x": np.full((2, 10), np.nan)}), ("not finite",)),
    )
    for damage, words in cases:
        damage()
        made = normal_chains(tmp_path, said)
        assert np.array_equal(made.draws["x"], wanted.draws["x"])
        assert np.array_equal(made.steps, wanted.steps)
        assert len(said) == len(words) and all(map(str.__contains__, said, words))
        said.clear()
