"""Threads of JAX's CPU programs: enough that calls which wait for each other all run.

A batched factorisation shares its work among the threads of a pool and waits for them, on one of
them. Where a program holds as many such calls side by side as there are threads, all wait for ever:
on a machine of two cores, two fits suffice (seen with jaxlib 0.10). More threads than cores cost
next to nothing.
"""

import os

FEWEST = 16
"""Threads of the pool, on machines with fewer cores."""


def ensure_threads() -> None:
    """Ask for at least `FEWEST` threads, unless the user has asked for a number (PJRT_NPROC).

    It must come before JAX's first computation; later it changes nothing.
    """
    if (os.cpu_count() or 1) < FEWEST:
        os.environ.setdefault("PJRT_NPROC", str(FEWEST))
