"""Strict mode for every test: float64, no silent promotion, warnings are errors (pyproject)."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

QUICKLY_COMPILED = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    # Later releases do not know the switch, and end at one they do not know.
    + (" --xla_cpu_use_fusion_emitters=false" if jax.__version_info__ < (0, 11) else "")
)
"""Most of a test's time is compilation; unoptimised programs compile in less than half of it."""
os.environ["XLA_FLAGS"] = f"{QUICKLY_COMPILED} {os.environ.get('XLA_FLAGS', '')}".strip()
PROGRAMS = Path(__file__).parents[1] / ".pytest_cache" / "programs"
"""Compiled programs, shared by the workers, by commands under test and by the next run."""
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(PROGRAMS))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")
jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])
jax.config.update(
    "jax_persistent_cache_min_compile_time_secs",
    float(os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"]),
)

os.environ["DMJAX_CACHE"] = str(PROGRAMS / "traced")

MEMORY_MAPS = Path("/proc/self/maps")
MOST_MAPS = 12_000
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The raw inputs behind the shipped tables, where a checkout has them beside it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("raw reference data are not beside this checkout (../shared/data)")
    return SHARED_DATA


@pytest.fixture(autouse=True, scope="module")
def few_memory_maps() -> Iterator[None]:
    """Forget compiled programs in time: each holds memory maps, of which Linux allows 65 530."""
    yield
    if MEMORY_MAPS.exists() and MEMORY_MAPS.read_bytes().count(b"\n") > MOST_MAPS:
        jax.clear_caches()
        gc.collect()
