"""The rooms of the house and who may enter them; every public name can be reached."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Packages of one data set each, tested as a whole.
DRAWN = {"drawn_birds", "openmoji"}
# What compares papers may enter their rooms, and is entered by none.
COMPARISON = "comparison"
PAPERS = tuple(
    path.parent.name
    for path in sorted((ROOT / "recipes").glob("*/__init__.py"))
    if path.parent.name not in ("common", COMPARISON)
)
COMMANDS = tuple(
    path.stem for path in sorted((ROOT / "recipes").glob("*.py")) if path.stem != "__init__"
)


def _closed_to(room: str) -> tuple[str, ...]:
    """Other papers' rooms, and all commands: a paper's room imports what all share alone."""
    papers = () if room == COMPARISON else (*PAPERS, COMPARISON)
    return tuple(f"recipes.{name}" for name in (*papers, *COMMANDS) if name != room)


# room -> what it must not import
CLOSED = {
    "tfretrieval": ("data_pipelines", "recipes", "tests"),
    "data_pipelines": ("recipes", "tests"),
    "recipes": ("tests",),
    **{f"recipes/{room}": _closed_to(room) for room in ("common", COMPARISON, *PAPERS)},
    "tfretrieval/layers": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.losses"),
    "tfretrieval/backbones": ("tfretrieval.models", "tfretrieval.losses"),
    "tfretrieval/losses": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.layers"),
    "tfretrieval/models": ("tfretrieval.fitting", "tfretrieval.inspection", "tfretrieval.plots"),
    "tfretrieval/fitting": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.losses"),
    "tfretrieval/inspection": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.losses"),
    "tfretrieval/mining": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.losses"),
    "tfretrieval/evaluation": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
    "tfretrieval/search": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
    "tfretrieval/saliency": ("tfretrieval.models", "tfretrieval.backbones"),
    "tfretrieval/plots": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
}
LAZY = sorted(
    ".".join(stub.parent.relative_to(ROOT).parts)
    for package in ("tfretrieval", "data_pipelines", "recipes")
    for stub in (ROOT / package).rglob("__init__.pyi")
)


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = _module(file, node)
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def _module(file: Path, node: ast.ImportFrom) -> str:
    """What is imported from, by its whole name: ``from .. import gdf`` is an import too."""
    if not node.level:
        return node.module or ""
    parts = file.relative_to(ROOT).parts[: -node.level]
    return ".".join((*parts, *filter(None, [node.module])))


@pytest.mark.parametrize("room", CLOSED)
def test_imports_run_one_way(room):
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        for name in imported(file):
            for closed in CLOSED[room]:
                assert name != closed and not name.startswith(f"{closed}."), f"{file}: {name}"


def test_a_relative_import_is_an_import_too():
    file = ROOT / "recipes" / "triplet" / "report.py"
    for source, name in {
        "from .. import gdf": "recipes.gdf",
        "from ..gdf import report": "recipes.gdf.report",
        "from . import work": "recipes.triplet.work",
        "from recipes import gdf": "recipes.gdf",
    }.items():
        (node,) = ast.parse(source).body
        assert f"{_module(file, node)}.{node.names[0].name}" == name


@pytest.mark.parametrize("package", LAZY)
def test_every_exported_name_exists(package):
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_a_name_that_no_package_exports_fails_the_type_check(tmp_path):
    file = tmp_path / "uses.py"
    file.write_text("import tfretrieval as tfr\n\nprint(tfr.losses.Sum, tfr.losses.Nonsense)\n")
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", f"--cache-dir={tmp_path}"]
    done = subprocess.run([*command, str(file)], cwd=ROOT, capture_output=True, text=True)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1 and '"Nonsense"' in errors[0], done.stdout + done.stderr


def test_importing_a_package_does_not_start_tensorflow():
    imports = "; ".join(f"import {package}" for package in LAZY)
    script = f"import sys; {imports}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


def test_every_public_module_has_a_test_file():
    tests = {p.name for p in (ROOT / "tests").rglob("test_*.py")}
    for package in ("tfretrieval", "data_pipelines"):
        for file in (ROOT / package).rglob("*.py"):
            if not file.name.startswith("_") and not DRAWN & set(file.parts):
                assert f"test_{file.name}" in tests, file


@pytest.mark.parametrize("room", ["common", COMPARISON, *PAPERS])
def test_every_part_of_the_recipes_has_a_test_file_in_the_same_place(room):
    files = [p for p in (ROOT / "recipes" / room).glob("*.py") if p.name != "__init__.py"]
    assert files
    for file in files:
        assert (ROOT / "tests" / "recipes" / room / f"test_{file.name}").exists(), file


def test_what_the_recipes_share_stays_small():
    files = (ROOT / "recipes" / "common").glob("*.py")
    assert sum(file.read_text(encoding="utf-8").count("\n") for file in files) <= 2500


@pytest.mark.parametrize("command", COMMANDS)
def test_help_answers_at_once_and_without_tensorflow(command):
    """Two seconds of the processor, whatever else runs on it."""
    script = (
        f"import resource, runpy, sys; sys.argv = ['{command}', '--help']\n"
        f"try: runpy.run_module('recipes.{command}', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop: code = stop.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "assert used.ru_utime + used.ru_stime < 2, used\n"
        "sys.exit(code or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "--seeds" in done.stdout and "python -m" in done.stdout


def test_a_wrong_name_of_the_library_is_a_type_error():
    """The stubs are typed: an ``Any`` would let ``losses.Nonsense`` pass."""
    stubs = [ROOT / package / "__init__.pyi" for package in ("tfretrieval", "data_pipelines")]
    stubs += [ROOT / "recipes" / room / "__init__.pyi" for room in ("common", *PAPERS)]
    for stub in stubs:
        exported = set(importlib.import_module(".".join(stub.relative_to(ROOT).parts[:-1])).__all__)
        named = re.findall(r"^from \.?\w* ?import (\w+) as \1$", stub.read_text(), re.MULTILINE)
        assert exported <= set(named), stub
