"""Results on disk: the same object comes back, and nothing else is believed."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import xarray

import made_answers
from dmjax.errors import InputError
from dmjax.store.plain import digest, read_json, write_json
from dmjax.studies.load import KINDS, class_of, load
from made_results import (
    LIMIT,
    MADE,
    MASSES,
    made_diagnosis,
    made_fit,
    made_limit,
    made_posterior,
    made_prediction,
)


@pytest.mark.parametrize("suffix", [".json", ".nc"])
@pytest.mark.parametrize("kind", MADE)
def test_a_saved_result_is_read_back_as_it_was(kind, suffix, tmp_path):
    made = MADE[kind]()
    found = load(made.save(tmp_path / f"result{suffix}"))
    if kind == "posterior" and suffix == ".json":
        assert found.samples is None
        made = replace(made, samples=None)
    assert found == made and type(found) is class_of(kind) and found.kind == kind
    assert found.to_plain() == made.to_plain()


def test_every_kind_is_tested():
    assert MADE.keys() == KINDS.keys()
    assert all(class_of(kind).kind == kind for kind in KINDS)


@pytest.mark.parametrize("kind", MADE)
def test_every_kind_is_shown_as_dataset_frame_and_text(kind):
    made = MADE[kind]()
    assert made.to_xarray().attrs["kind"] == kind and len(made.to_pandas()) > 0
    assert repr(made).startswith(type(made).__name__) and "array(" not in repr(made)


def test_results_that_differ_are_not_equal():
    assert made_limit() != made_limit(limit=np.array([1.7e-10, 4.8e-10, np.inf]))
    assert made_limit() != MADE["toys"]()


def test_the_saved_schema_is_flat_and_null_is_no_limit(tmp_path):
    plain = read_json(made_limit().save(tmp_path / "limit.json"))
    keys = "m_v limit expected sigmas lower best_fit status quantity method off_term cl datasets "
    keys += "signal conventions units version schema_version kind checksum configuration"
    assert set(keys.split()) <= plain.keys()
    assert plain["limit"] == [*LIMIT[:2], None] and plain["units"]["m_v"] == "MeV"
    assert plain["best_fit"][2] is None and plain["schema_version"] == 1
    found = load(tmp_path / "limit.json")
    assert np.isinf(found.limit[2]) and np.isnan(found.best_fit[2])


def test_a_limit_is_a_dataset_and_a_frame():
    made = made_limit()
    data, frame = made.to_xarray(), made.to_pandas()
    assert data.limit.dims == ("m_v",) and data.expected.dims == ("m_v", "sigmas")
    assert data.m_v.attrs["units"] == "MeV" and data.attrs["method"] == "asymptotic"
    assert float(data.expected.sel(sigmas=0.0, m_v=30.0)) == made.expected[0, 2]
    assert json.loads(data.attrs["conventions"])["name"] == "d20"
    assert frame.m_v.tolist() == MASSES and frame["expected[1]"].tolist()[0] == made.expected[0, 3]
    assert frame.status.tolist() == made.status


def test_a_limit_without_masses_is_saved_too(tmp_path):
    made = made_limit(m_v=None, expected=None, expected_error=None, expected_status=None)
    assert load(made.save(tmp_path / "events.nc")) == made and len(made.to_pandas()) == 3


def test_posterior_draws_open_with_arviz_and_are_checked(tmp_path):
    import h5py

    made = made_posterior()
    path = made.save(tmp_path / "posterior.nc")
    code = (
        "import warnings; warnings.simplefilter('ignore'); import arviz;"
        f"found = arviz.from_netcdf({str(path)!r}).posterior;"
        "print(float(found.m_v.mean()), found.m_v.dims)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(float(made.samples["m_v"].mean())), "('chain',", "'draw')"]
    assert made.to_xarray()["samples.m_v"].dims == ("chain", "draw")
    with h5py.File(path, "a") as file:
        file["posterior/y"][0, 0] = 1.0
    with pytest.raises(InputError, match="'samples' changed after it was written"):
        load(path)


WRONG = {
    "short": (lambda r: r["limit"].pop(), "'limit' has 2 entries along m_v"),
    "text": (lambda r: r["limit"].__setitem__(0, "é"), "'limit' must hold numbers"),
    "nested": (lambda r: r["m_v"].__setitem__(0, [1.0]), "rows of different lengths"),
    "doubled": (lambda r: r.update(m_v=r["m_v"] * 2), "along m_v"),
    "cl": (lambda r: r.update(cl="0.9"), "'cl' must be a number"),
    "flag": (lambda r: r.update(toys=True), "'toys' must be a whole number"),
    "lost": (lambda r: r.pop("conventions"), "no 'conventions'"),
    "more": (lambda r: r.update(extra=1), "an unknown 'extra'"),
    "mass": (lambda r: r["m_v"].__setitem__(1, None), "'m_v' must hold numbers"),
    "kind": (lambda r: r.update(kind="limits"), "did you mean 'limit'"),
    "class": (lambda r: r.update(kind=["limit"]), "unknown kind of result"),
    "schema": (lambda r: r.update(schema_version=2), "this dmjax reads 1: run again"),
    "old": (lambda r: r.pop("schema_version"), "older version: run again"),
    "huge": (lambda r: r["limit"].__setitem__(0, 10**40), "'limit' must hold numbers"),
    "long": (lambda r: r.update(cl=10**400), "'cl' is too large for a number"),
    "ragged": (lambda r: r["expected_status"][0].pop(), "rows of different lengths"),
    "units": (lambda r: r["units"].update(m_v="GeV"), "states other units"),
    "no units": (lambda r: r.pop("units"), "states no units"),
}


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_not_its_schema_is_refused(name, signed, tmp_path):
    """Also where the checksum was made to match."""
    edit, said = WRONG[name]
    plain = made_limit().to_plain()
    edit(plain)
    if signed:
        plain["checksum"] = digest({k: v for k, v in plain.items() if k != "checksum"})
    path = write_json(tmp_path / "limit.json", plain)
    with pytest.raises(InputError, match=said) as problem:
        load(path)
    assert "\n" not in str(problem.value) and str(path) in str(problem.value)


MISFITS = [
    (made_prediction, "energy_edges_kev", lambda x: x[1:], "bins of energy"),
    (made_prediction, "time_edges_us", lambda x: x[::-1], "'time_edges_us' must increase"),
    (made_diagnosis, "pulls", lambda x: x | {"pulls": x["pulls"][1:]}, "not one entry for each"),
    (
        made_fit,
        "spectra",
        lambda x: {"a": [next(iter(x.values()))[0] | {"edges": [1.0]}]},
        "edges m",
    ),
    (made_answers.made_injection, "levels", lambda x: x[1:], "along levels"),
]


@pytest.mark.parametrize(("make", "field", "edit", "said"), MISFITS)
def test_parts_that_do_not_fit_together_are_refused(make, field, edit, said, tmp_path):
    plain = make().to_plain()
    plain[field] = edit(plain[field])
    with pytest.raises(InputError, match=said):
        load(write_json(tmp_path / "made.json", plain))


def test_a_changed_number_is_noticed(tmp_path):
    plain = made_limit().to_plain()
    plain["limit"][0] *= 1.0000001
    with pytest.raises(InputError, match="changed after it was written"):
        load(write_json(tmp_path / "limit.json", plain))
    path = made_limit().save(tmp_path / "limit.nc")
    with xarray.load_dataset(path, engine="h5netcdf") as data:
        data["limit"][0] = 1.0
        data.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(InputError, match="changed after it was written"):
        load(path)


@pytest.mark.parametrize(("suffix", "trials"), [(".json", 40), (".nc", 12)])
@pytest.mark.parametrize("kind", MADE)
def test_damaged_files_are_refused_in_one_line(kind, suffix, trials, tmp_path):
    """Cut anywhere, or with one byte changed: an InputError, or (padding of HDF5) the same."""
    made = MADE[kind]()
    path = made.save(tmp_path / f"result{suffix}")
    whole, content = load(path), path.read_bytes()
    random = np.random.default_rng(len(content))
    for trial in range(trials):
        broken, at = bytearray(content), int(random.integers(len(content) - 1))
        if trial % 2:
            broken = broken[:at]
        else:
            broken[at] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        try:
            assert load(path) == whole
        except InputError as problem:
            assert "\n" not in str(problem)


@pytest.mark.parametrize("kind", MADE)
def test_a_result_of_another_kind_is_not_believed(kind, tmp_path):
    """Signed, and called what it is not."""
    plain = MADE[kind]().to_plain() | {"kind": next(k for k in KINDS if k != kind)}
    plain["checksum"] = digest({k: v for k, v in plain.items() if k != "checksum"})
    with pytest.raises(InputError, match=r"result with|must be|has no|unknown"):
        load(write_json(tmp_path / "x.json", plain))


@pytest.mark.parametrize("text", ["", "[1]", "{", "\xff", '{"kind": NaN}', "[" * 100_000])
def test_what_is_no_result_is_said(text, tmp_path):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="not a dmjax result"):
        load(path)


def test_other_files_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path / "none.nc")
    with pytest.raises(InputError, match=r"end in \.json or \.nc"):
        load(tmp_path / "limit.txt")
    with pytest.raises(InputError, match=r"saved as \.json or \.nc"):
        made_limit().save(tmp_path / "limit")
    (tmp_path / "text.nc").write_text("no HDF5")
    with pytest.raises(InputError, match="damaged NetCDF"):
        load(tmp_path / "text.nc")


def test_links_and_objects_in_netcdf_are_not_followed(tmp_path):
    import h5py

    path = made_limit().save(tmp_path / "limit.nc")
    with h5py.File(path, "a") as file:
        file["more"] = h5py.ExternalLink(str(tmp_path / "other.nc"), "/x")
    with pytest.raises(InputError, match="holds a link"):
        load(path)
    path = made_limit().save(tmp_path / "objects.nc")
    with h5py.File(path, "a") as file:
        file.create_dataset("more", (1,), dtype=h5py.ref_dtype)
    with pytest.raises(InputError, match="holds objects"):
        load(path)


def test_draws_of_another_result_are_not_believed(tmp_path):
    """Whole in themselves, and swapped."""
    import h5py

    first = made_posterior().save(tmp_path / "first.nc")
    made = made_posterior()
    draws = {name: 1.1 * x for name, x in (made.samples or {}).items()}
    other = replace(made, draws=401, samples=draws).save(tmp_path / "other.nc")
    with h5py.File(first, "a") as file, h5py.File(other) as source:
        target, foreign = (one["posterior"] for one in (file, source))
        for name in draws:
            target[name][...] = foreign[name][...]
        target.attrs["checksum"] = foreign.attrs["checksum"]
    with pytest.raises(InputError, match="'samples' changed after it was written"):
        load(first)


def test_a_small_file_cannot_ask_for_much_memory(tmp_path):
    import h5py

    path = made_limit().save(tmp_path / "limit.nc")
    with h5py.File(path, "a") as file:
        file.create_dataset("more", (10**14,), dtype="f8", chunks=(10**6,))
    with pytest.raises(InputError, match="holds more numbers than a file of its size can"):
        load(path)


def test_what_cannot_be_saved_cannot_be_made():
    with pytest.raises(InputError, match="'limit' has 2 entries"):
        made_limit(limit=[1e-10, 2e-10])
    with pytest.raises(InputError, match="'m_v' has numbers that are not finite"):
        made_limit(m_v=np.array([1.0, np.nan, 2.0]))
    with pytest.raises(InputError, match=r"'configuration\.x' cannot be saved"):
        made_limit(configuration={"x": object()})
