"""The reference has every public name, its formula, and what the pages call by name is there."""

import importlib
import pkgutil
import re

import pytest

import tfretrieval
from docs import build_reference
from docs.formulas import FORMULAS
from tests.docs.the_pages import PAGES

# Names that other libraries have stand in the first column of these pages.
RIVALS = "coming_from"
CODE = re.compile(r"`((?:tfr\.|tfretrieval\.)?([a-z_]+)\.([A-Za-z_]\w*)[^`]*)`")
ENDINGS = {"tar", "jsonl", "npz", "py"}  # Of files with the name of a package.
PACKAGES = {package for group in build_reference.PACKAGES.values() for package in group}


def test_every_package_has_its_page():
    found = {module.name for module in pkgutil.iter_modules(tfretrieval.__path__)}
    assert {name for name in found if not name.startswith("_")} == PACKAGES


def test_a_page_lists_what_its_package_exports(tmp_path):
    build_reference.write(tmp_path)
    text = (tmp_path / "tfretrieval.losses.md").read_text()
    for name in importlib.import_module("tfretrieval.losses").__all__:
        assert f"\n   {name}\n" in text
    assert "tfretrieval.losses" in (tmp_path / "index.md").read_text()


def test_pages_that_have_not_changed_are_left_alone(tmp_path):
    build_reference.write(tmp_path)
    before = {page: page.stat().st_mtime_ns for page in tmp_path.iterdir()}
    build_reference.write(tmp_path)
    assert {page: page.stat().st_mtime_ns for page in tmp_path.iterdir()} == before


def test_every_loss_has_its_formula_and_every_formula_its_name():
    losses = importlib.import_module("tfretrieval.losses").__all__
    # A miner around another loss has none of its own, nor has the base of those on a batch.
    without = {"losses.InBatch", "losses.BatchLoss"}
    assert {f"losses.{name}" for name in losses} - set(FORMULAS) == without
    assert set(FORMULAS) <= build_reference.public_names()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_calls_by_name_is_there(page):
    text = page.read_text(encoding="utf-8")
    if page.parent.name == RIVALS:
        text = re.sub(r"^\|[^|]*\|", "", text, flags=re.MULTILINE)
    for whole, package, name in CODE.findall(text):
        if package in PACKAGES and name not in ENDINGS:
            module = importlib.import_module(f"tfretrieval.{package}")
            assert hasattr(module, name), whole
