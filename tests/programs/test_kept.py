"""Kept programs and values: the same numbers, made again where they are damaged."""

import os
import subprocess
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from dmjax.fits.minimise import Minimum
from dmjax.likelihood.parameters import Parameter
from dmjax.numerics import safe_divide
from dmjax.programs import folder as folders
from dmjax.programs import keep_programs, kept, kept_value
from dmjax.programs.disk import read_kept
from dmjax.programs.rebuilt import outline, rebuilt

WHERE = (jnp.arange(3.0), jnp.asarray([2.0, 0.0, 4.0]))


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """An own folder of programs."""
    monkeypatch.setattr(folders, "_folder", None)
    keep_programs(tmp_path / "programs")
    return tmp_path / "programs" / "traced"


def files(programs: Path) -> list[Path]:
    return sorted(programs.iterdir())


def test_a_program_is_kept_once_and_gives_the_same_numbers(programs):
    first = kept(safe_divide)(*WHERE)
    held = files(programs)
    assert len(held) == 1
    before = held[0].read_bytes()
    again = kept(safe_divide)(*WHERE)
    np.testing.assert_array_equal(first, safe_divide(*WHERE))
    np.testing.assert_array_equal(first, again)
    assert [one.read_bytes() for one in files(programs)] == [before]


def test_other_shapes_and_other_plain_values_are_other_programs(programs):
    one = kept(jnp.sum)
    assert float(one(jnp.ones(3))) == 3.0
    assert float(one(jnp.ones(4))) == 4.0
    assert one(jnp.ones((3, 2)), 0).tolist() == [3.0, 3.0]
    assert one(jnp.ones((3, 2)), 1).tolist() == [2.0, 2.0, 2.0]
    assert len(files(programs)) == 4
    filled = kept(jnp.full)
    assert [filled((2,), x).dtype for x in (1, True, 1.0)] == [int, bool, float]
    assert np.signbit(filled((1,), -0.0)) and not np.signbit(filled((1,), 0.0))
    one(np.ones(3)), one(np.zeros(3))
    assert len(files(programs)) == 9


@pytest.mark.parametrize("harm", [lambda b: b[:-9], lambda b: b"", lambda b: b[:-1] + b"?"])
def test_a_damaged_program_is_made_again(programs, harm):
    first = kept(safe_divide)(*WHERE)
    path = files(programs)[0]
    path.write_bytes(harm(path.read_bytes()))
    assert read_kept(path) is None
    np.testing.assert_array_equal(kept(safe_divide)(*WHERE), first)
    assert read_kept(path) is not None


def test_transformations_go_through_the_function_itself(programs):
    one = kept(jnp.sin)
    assert float(jax.grad(lambda x: one(x))(0.0)) == 1.0
    assert jax.vmap(one)(jnp.zeros(3)).tolist() == [0.0, 0.0, 0.0]
    assert files(programs) == []


def test_random_keys_are_arguments_like_others(programs):
    keys = jax.random.split(jax.random.key(1), 3)
    first = kept(jax.random.uniform)(keys[0])
    assert len(files(programs)) == 1
    assert float(kept(jax.random.uniform)(keys[0])) == float(first)
    assert float(kept(jax.random.uniform)(keys[1])) != float(first)
    assert len(files(programs)) == 1


def test_what_cannot_be_described_is_not_kept(programs):
    """A function of the user's may change between processes without a trace."""
    assert kept(jax.tree.map)(lambda x: 2.0 * x, jnp.ones(2)).tolist() == [2.0, 2.0]
    assert files(programs) == []


class Foreign(eqx.Module):
    """A container that is not this package's."""

    x: jax.Array


def test_foreign_containers_are_not_kept(programs):
    assert float(kept(jnp.size)(jnp.ones(3))) == 3
    with pytest.raises(Exception, match="Foreign"):
        outline(Foreign(jnp.ones(1)), [])
    with pytest.raises(Exception, match="os"):
        rebuilt({"made of": "os:Popen", "fields": []}, [])


def test_modules_and_named_tuples_come_back(programs):
    held: list = []
    tree = (Parameter("a", 1.0, 0.5), {"x": jnp.ones(2), "y": np.arange(3)}, None, "text")
    made = rebuilt(outline(tree, held), held)
    assert made[0] == tree[0] and type(made[0]) is Parameter
    assert isinstance(made[1]["y"], np.ndarray) and isinstance(made[1]["x"], jax.Array)
    assert made[2:] == (None, "text")
    assert Minimum.__module__.startswith("dmjax.")


CALLS: list[str] = []


def made_of(name: str) -> dict:
    CALLS.append(name)
    return {"weak": jnp.asarray(1.0), "held": jnp.arange(3), "fixed": np.eye(2)}


made_of.__module__ = "dmjax.made_of"


def test_values_are_kept_for_the_same_arguments(programs):
    one = kept_value(made_of)
    CALLS.clear()
    first, again = one("a"), one("a")
    one("b")
    assert CALLS == ["a", "b"]
    assert again["weak"].weak_type and first["weak"].weak_type
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])
        assert first[key].dtype == again[key].dtype
    files(programs)[0].write_bytes(b"{}\n")
    one("a"), one("b")
    assert len(CALLS) == 3


def test_nothing_is_kept_where_it_is_not_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_folder", None)
    monkeypatch.setenv("DMJAX_CACHE", "0")
    assert keep_programs() is None
    assert folders.programs_folder() is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")
def test_a_folder_that_others_write_into_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_folder", None)
    tmp_path.chmod(0o777)
    assert keep_programs(tmp_path) is None
    tmp_path.chmod(0o700)
    assert keep_programs(tmp_path) == tmp_path


def test_old_programs_are_forgotten(tmp_path):
    for i in range(4):
        path = tmp_path / str(i)
        path.write_bytes(b"x" * 100)
        os.utime(path, (i, i))
    folders.forget_old(tmp_path, 250)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["2", "3"]


def test_processes_share_a_folder(tmp_path):
    """Several at once, the first time and the next, print the same; none fails or complains."""
    code = (
        "import jax; jax.config.update('jax_enable_x64', True);"
        "from dmjax.programs import keep_programs, kept; import jax.numpy as jnp;"
        f"keep_programs({str(tmp_path / 'programs')!r});"
        "print(kept(jnp.linalg.cholesky)(jnp.eye(3) * 4.0).tolist())"
    )
    hidden = ("JAX_COMPILATION_CACHE_DIR", "DMJAX_CACHE")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    for _ in range(2):
        running = [
            subprocess.Popen(
                [sys.executable, "-W", "default", "-c", code],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        ended = [one.communicate() for one in running]
        assert [out for out, _ in ended] == [
            str([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]) + "\n"
        ] * 3
        assert all("Error" not in err for _, err in ended)
    assert list((tmp_path / "programs" / "machine").iterdir())


def test_machine_code_that_jax_cannot_read_is_forgotten_at_the_next_start(tmp_path):
    code = (
        "import jax; from dmjax.programs import keep_programs; import jax.numpy as jnp;"
        f"keep_programs({str(tmp_path / 'programs')!r}); print(float(jnp.sinh(0.0) + 1.0))"
    )
    hidden = ("JAX_COMPILATION_CACHE_DIR", "DMJAX_CACHE")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}

    def run() -> tuple[str, str]:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout, done.stderr

    machine = tmp_path / "programs" / "machine"
    run()
    for path in machine.iterdir():
        path.write_bytes(path.read_bytes()[:20])
    assert run() == ("1.0\n", "")
    assert (machine / "damaged").exists()
    assert run() == ("1.0\n", "")
    assert not (machine / "damaged").exists()
    assert all(path.stat().st_size > 20 for path in machine.iterdir() if path.suffix != ".lock")
