"""The rooms of the house: imports flow one way, the public surface is what it says."""

import ast
import subprocess
import sys
from pathlib import Path

import dmjax

PACKAGE = Path(dmjax.__file__).parent
ROOMS = [
    {"_version", "errors", "threads", "units"},
    {"constants", "numerics", "batches", "texts", "store"},
    {"programs"},
    {"data", "schema", "conventions", "kinematics"},
    {"nuclei", "timing"},
    {"models", "response", "plots"},
    {"recast", "relic", "sources"},
    {"flux", "scattering"},
    {"experiments"},
    {"prediction"},
    {"likelihood"},
    {"analyses"},
    {"fits"},
    {"limits"},
    {"bayes"},
    {"studies"},
    {"cuts"},
    {"export", "reproduce", "scan"},
    {"asking"},
    {"verbs", "answers", "comparing", "planning", "scanning"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
TOP = "dmjax"


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else TOP


def _imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(TOP):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(TOP + "."))


def test_imports_flow_downwards():
    upward = []
    for path in PACKAGE.rglob("*.py"):
        here = _room(".".join([TOP, *path.relative_to(PACKAGE).with_suffix("").parts]))
        if here in ("__init__", "cli"):
            continue
        for module in _imports(path):
            there = _room(module)
            if there != here and (there == TOP or LEVEL[there] >= LEVEL[here]):
                upward.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not upward


def test_every_public_name_loads_and_is_listed():
    assert dir(dmjax) == sorted(dmjax.__all__)
    assert set(dmjax.__all__) == {"__version__", *dmjax._HOMES}
    for name in dmjax.__all__:
        assert getattr(dmjax, name) is not None


def test_help_and_bare_import_do_not_load_jax():
    code = (
        "import sys, dmjax.cli; from typer.testing import CliRunner;"
        "CliRunner().invoke(dmjax.cli.app, ['--help']);"
        "sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_library_leaves_jax_configuration_alone():
    code = (
        "import jax, dmjax; dmjax.experiment('coherent-csi');"
        "import sys; sys.exit(jax.config.jax_enable_x64)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
