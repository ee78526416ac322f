"""The rooms of the house and who may enter them; every public name can be reached."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Packages of one data set each, tested as a whole.
DRAWN = {"drawn_birds", "openmoji"}
# room -> what it must not import
CLOSED = {
    "tfretrieval": ("data_pipelines", "recipes", "tests"),
    "data_pipelines": ("recipes", "tests"),
    "recipes": ("tests",),
    "tfretrieval/layers": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.losses"),
    "tfretrieval/backbones": ("tfretrieval.models", "tfretrieval.losses"),
    "tfretrieval/losses": ("tfretrieval.models", "tfretrieval.backbones", "tfretrieval.layers"),
    "tfretrieval/mining": ("tfretrieval.models", "tfretrieval.backbones"),
    "tfretrieval/evaluation": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
    "tfretrieval/search": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
    "tfretrieval/saliency": ("tfretrieval.models", "tfretrieval.backbones"),
    "tfretrieval/plots": ("tfretrieval.models", "tfretrieval.backbones", "tensorflow"),
}
LAZY = [
    "tfretrieval",
    *(f"tfretrieval.{p.parent.name}" for p in (ROOT / "tfretrieval").glob("*/__init__.pyi")),
    "data_pipelines",
    "recipes.common",
]


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name}


@pytest.mark.parametrize("room", CLOSED)
def test_imports_run_one_way(room):
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        for name in imported(file):
            for closed in CLOSED[room]:
                assert name != closed and not name.startswith(f"{closed}."), f"{file}: {name}"


@pytest.mark.parametrize("package", LAZY)
def test_every_exported_name_exists(package):
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None


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
