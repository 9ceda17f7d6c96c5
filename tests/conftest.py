"""Strict mode for every test: float64, no silent promotion, warnings are errors (pyproject)."""

from pathlib import Path

import jax
import pytest

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
