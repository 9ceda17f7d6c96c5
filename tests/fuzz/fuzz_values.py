"""Values nobody should give: numbers, texts and trees of damaged or foreign files."""

import math

from hypothesis import strategies as st

from dmjax.schema import Number

HUGE_INTEGERS = (2**63, -(2**63) - 1, 10**40, -(10**40), 10**400, 10**4000)
ODD_NUMBERS = (0.0, -0.0, -1.0, 5e-324, 1e-300, 1e300, -1e300, math.nan, math.inf, -math.inf)
ODD_TEXTS = (
    "", " ", "nan", "inf", "1e999", "١٢", "x", "é", "\u202e", "a\nb", "\x1b[31m", "../..", "=", ",",
    ":", "1:2", "1,,2", "x=", "=1", "None", "{}", "[]", "x" * 3000, "9" * 5000, "0x10", "1_0",
)  # fmt: skip

numbers = st.one_of(
    st.sampled_from(ODD_NUMBERS), st.sampled_from(HUGE_INTEGERS), st.floats(), st.integers()
)
texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=8))
scalars = st.one_of(numbers, texts, st.booleans())
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def inside(rule: Number) -> st.SearchStrategy[float]:
    """Numbers that keep a rule: its ends, whole ones, and any between, by size."""
    if rule.whole:
        low, high = int(rule.low), int(min(rule.high, rule.low + 50))
        return st.integers(low, high)
    low, high = max(rule.low, -1e300), min(rule.high, 1e300)
    held = st.sampled_from([x for x in (low, high, 1.0, 0.0) if rule.holds(x)])
    between = st.floats(low, high).filter(rule.holds)
    if low <= 0.0:
        return held | between
    by_size = st.floats(math.log10(low), math.log10(high)).map(lambda x: 10.0**x)
    return held | by_size.filter(rule.holds)


def outside(rule: Number) -> st.SearchStrategy[float]:
    """Numbers that break a rule: just beyond its ends, and odd ones."""
    step = 1 if rule.whole else math.inf
    ends = [
        int(end + sign * step) if rule.whole else math.nextafter(end, sign * step)
        for end, sign in ((rule.low, -1), (rule.high, 1))
        if math.isfinite(end)
    ]
    broken = [x for x in (*ends, *ODD_NUMBERS, *HUGE_INTEGERS) if not rule.holds(x)]
    return st.sampled_from(broken)
