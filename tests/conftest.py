"""Strict mode for every test: float64, no silent promotion, warnings are errors (pyproject)."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import jax
import pytest

CACHE = "JAX_COMPILATION_CACHE_DIR"
if CACHE not in os.environ:
    # One for this session: what one test compiled, another process need not compile again.
    os.environ[CACHE] = tempfile.mkdtemp(prefix="dmjax-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"
    atexit.register(shutil.rmtree, os.environ[CACHE], ignore_errors=True)

jax.config.update("jax_compilation_cache_dir", os.environ[CACHE])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The raw inputs behind the shipped tables, where a checkout has them beside it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("raw reference data are not beside this checkout (../shared/data)")
    return SHARED_DATA
