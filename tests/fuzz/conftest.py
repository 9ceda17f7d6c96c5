"""How many cases: the same ones in every run, or with DMJAX_FUZZ=N new ones, N times as many."""

import os

from hypothesis import HealthCheck, Phase, settings

# No shrinking: it takes as long for one failing case as thousands of sound ones.
TIMES = int(os.environ.get("DMJAX_FUZZ", "0"))
settings.register_profile(
    "dmjax",
    derandomize=TIMES == 0,
    database=None,
    phases=(
        Phase.generate,
    ),  # no shrinking: a failing case takes as long as thousands of sound ones
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
settings.load_profile("dmjax")
