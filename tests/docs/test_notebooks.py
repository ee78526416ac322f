"""The notebooks are those of their scripts, and run from end to end."""

import re

import nbformat
import pytest

from docs.notebooks import build
from tests.conftest import rewrite_graphs, train_eagerly

SMALL = {"IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1}
SETTINGS = {
    "the_paper_in_ten_cells": {**SMALL, "ROUNDS": 2, "EPOCHS_A_ROUND": 1},
    "fine_tune_and_watch": {"IMAGE_SIZE": 32, "BITS": 16, "EPOCHS": 1},
    "your_own_folder": {**SMALL, "BATCH_SIZE": 50},
    "a_saved_model_in_plain_tensorflow": SMALL,
}


def few_birds():
    """In the kernel, whatever numbers are asked for: ten species, 20 pictures each in each part."""
    from data_pipelines import catalogue

    whole = catalogue.load

    def load(*arguments, **options):
        return whole(*arguments, **{**options, "classes": 10, "per_class": 20})

    catalogue.load = load


def graphs_as_they_are():
    """In the kernel: nothing runs often enough for a graph to be rewritten first."""
    rewrite_graphs(False)


def no_graphs():
    """In the kernel: the first notebook has shown that one with a graph trains."""
    train_eagerly(pytest.MonkeyPatch())


def calling(function):
    name = function.__name__
    return nbformat.v4.new_code_cell(f"from {__name__} import {name}\n{name}()")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """All notebooks, of the last one the half with this package, and the folder of their files.

    They ran in one kernel, since TensorFlow takes long to start, each without the names of those
    before it."""
    folder = tmp_path_factory.mktemp("notebooks")
    notebooks = {name: build.notebook(name, settings) for name, settings in SETTINGS.items()}
    last = notebooks["a_saved_model_in_plain_tensorflow"].cells
    last[plain(last) :] = [nbformat.v4.new_code_cell("print(folder)")]
    together = nbformat.v4.new_notebook(cells=[calling(few_birds), calling(graphs_as_they_are)])
    for number, notebook in enumerate(notebooks.values()):
        together.cells += [calling(no_graphs)] * (number == 1)
        together.cells += [nbformat.v4.new_code_cell("%reset -f"), *notebook.cells]
    build.run(together, folder)
    return notebooks, folder


def plain(cells):
    """Where the cells begin that need nothing of this package."""
    (start,) = [i for i, cell in enumerate(cells) if cell.source.startswith("## From here on")]
    return start


def printed(notebook, name="stdout"):
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return "".join(o.text for o in outputs if o.output_type == "stream" and o.name == name)


def figures(notebook):
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return [o for o in outputs if "image/png" in o.get("data", {})]


def number(line, text):
    """The first number behind the words of a line."""
    (found,) = re.findall(rf"^{line}[^\d\n]*([\d.]+)", text, re.MULTILINE)
    return float(found)


def test_the_paper_beats_any_order_and_its_export_gives_the_same_bits(ran):
    notebook = ran[0]["the_paper_in_ten_cells"]
    text = printed(notebook)
    chance = number("pictures in any order:", text)
    for row in ("features, 32 numbers:", "codes before stage 2:", "codes after stage 2:"):
        assert chance < number(row, text) < 100, text
    assert "64 pictures, 2 bytes each; 0 bits differ" in text
    assert len(figures(notebook)) == 4


def test_your_own_folder_is_searched_for_classes_never_trained_on(ran):
    notebook = ran[0]["your_own_folder"]
    text = printed(notebook)
    assert "100 pictures of 5 other classes are searched" in text
    assert "99 database items (leave one out" in text
    for row in ("before training", "after training"):
        # Of 99 others 19 are of the query's class.
        assert 19.2 < number(row, text) < 100, text
    assert len(figures(notebook)) == 2


def test_a_network_is_fine_tuned_watched_exported_and_searched(ran):
    notebook, folder = ran[0]["fine_tune_and_watch"], ran[1]
    text = printed(notebook)
    # Of 200 pictures 20 are of the query's class.
    for row in ("before training", "after training"):
        assert 10 < number(row, text) < 100, text
    assert "of 16 bits differ" in text and "asked: " in text
    assert len(figures(notebook)) == 2
    events = [file for file in folder.rglob("events.out*") if file.is_file()]
    assert {file.parent.name for file in events} >= {"train", "validation", "gallery"}


def test_the_saved_model_needs_nothing_of_this_package(ran):
    folder = printed(ran[0]["a_saved_model_in_plain_tensorflow"]).splitlines()[-1]
    cells = build.notebook("a_saved_model_in_plain_tensorflow").cells
    # A kernel of its own, in which these cannot be imported.
    without = f"""
import pathlib, sys
sys.modules.update(dict.fromkeys(("tfretrieval", "data_pipelines", "recipes")))
folder = pathlib.Path({folder!r})
"""
    after = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(without), *cells[plain(cells) :]]
    )
    build.run(after, ran[1])
    text = printed(after)
    assert "200 pictures are 400 bytes of codes" in text
    (right,) = re.findall(r"for ([\d.]+) % of the queries", text)
    # One epoch of a tiny network is near the chance of 10 %: it answers, and not always wrongly.
    assert 0 < float(right) < 100
    assert len(figures(after)) == 1


@pytest.mark.parametrize("name", build.NAMES)
def test_the_committed_notebook_is_that_of_its_script(name):
    committed = nbformat.read(build.HERE / f"{name}.ipynb", as_version=4)
    nbformat.validate(committed)
    built = build.notebook(name)
    assert [(c.cell_type, c.source) for c in committed.cells] == [
        (c.cell_type, c.source) for c in built.cells
    ]
    # Run from top to bottom, all of it.
    counts = [c.execution_count for c in committed.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert figures(committed)
    assert printed(committed, "stderr") == ""
    assert not re.search(r"(?i)warning|INFO:|/(home|root|tmp|work|usr)/", printed(committed))


@pytest.mark.parametrize("name", build.NAMES)
def test_every_notebook_gives_the_same_numbers_again(name):
    """Here they run in one kernel, where the first would do it for all."""
    text = "".join(cell.source for cell in build.notebook(name).cells)
    assert "set_random_seed(SEED)" in text and "enable_op_determinism()" in text


def test_the_paper_has_ten_cells_of_code():
    cells = build.notebook("the_paper_in_ten_cells").cells
    assert [cell.cell_type for cell in cells].count("code") == 10


def test_a_setting_that_a_notebook_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no setting 'COLOUR'"):
        build.notebook("your_own_folder", {"COLOUR": 1})
