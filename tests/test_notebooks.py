"""Every notebook runs from a clean kernel, and is kept with the outputs it makes."""

from pathlib import Path

import pytest

pytest.importorskip("ipykernel", reason="notebooks need the extra dmjax[notebooks]")
nbformat = pytest.importorskip("nbformat", reason="notebooks need the extra dmjax[notebooks]")
nbclient = pytest.importorskip("nbclient", reason="notebooks need the extra dmjax[notebooks]")

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
TIMEOUT_S = 600
MAX_BYTES = 600_000


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def output_kinds(cell) -> set[str]:
    """ "text" and "figure", whichever the cell shows; warnings on stderr do not count."""
    kinds = set()
    for output in cell.outputs:
        if output.output_type == "stream":
            kinds |= {"text"} if output.name == "stdout" else set()
        elif output.output_type != "error":
            kinds.add("figure" if "image/png" in output.data else "text")
    return kinds


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_kept_outputs_are_whole(path: Path):
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output.output_type != "error" for cell in cells for output in cell.outputs)
    assert path.stat().st_size < MAX_BYTES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, tmp_path: Path):
    kept = nbformat.read(path, as_version=4)
    fresh = nbformat.from_dict(kept.copy())
    nbclient.NotebookClient(
        fresh,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    for before, after in zip(code_cells(kept), code_cells(fresh), strict=True):
        assert all(output.output_type != "error" for output in after.outputs)
        assert output_kinds(before) == output_kinds(after), f"outputs missing:\n{after.source}"
