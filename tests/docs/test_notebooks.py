"""The notebooks are those of their scripts, and run from end to end."""

import re

import nbformat
import pytest

from docs.notebooks import build

SMALL = {
    "the_paper_in_ten_cells": {
        "IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1, "ROUNDS": 2,
    },
    "your_own_folder": {
        "IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1,
    },
    "a_saved_model_in_plain_tensorflow": {
        "IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1,
    },
}  # fmt: skip
# What the last prints say.
PRINTED = {
    "the_paper_in_ten_cells": [r"codes after stage 2: +[\d.]+ mAP", r"; 0 bits differ"],
    "your_own_folder": [
        r"of 20 other classes are searched", r"after training +[\d.]+ mAP +[\d.]+ R@1",
    ],
    "a_saved_model_in_plain_tensorflow": [
        r"2000 pictures are 4,000 bytes", r"for [\d.]+ % of the queries",
    ],
}  # fmt: skip


def printed(notebook):
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return "".join(o.text for o in outputs if o.output_type == "stream")


def figures(notebook):
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return [o for o in outputs if "image/png" in o.get("data", {})]


@pytest.mark.parametrize("name", build.NAMES)
def test_a_notebook_runs_from_end_to_end(name):
    built = build.notebook(name, SMALL[name])
    build.run(built, timeout=300)
    text = printed(built)
    for line in PRINTED[name]:
        assert re.search(line, text), text
    assert figures(built)


@pytest.mark.parametrize("name", build.NAMES)
def test_the_committed_notebook_is_that_of_its_script(name):
    committed = nbformat.read(build.HERE / f"{name}.ipynb", as_version=4)
    nbformat.validate(committed)
    built = build.notebook(name)
    assert [(c.cell_type, c.source) for c in committed.cells] == [
        (c.cell_type, c.source) for c in built.cells
    ]
    assert figures(committed)
    text = printed(committed)
    assert not re.search(r"/home/|/root/|/work/|site-packages|Warning|E0000", text)


def test_the_paper_has_ten_cells_of_code():
    cells = build.notebook("the_paper_in_ten_cells").cells
    assert [cell.cell_type for cell in cells].count("code") == 10


def test_the_second_half_of_the_saved_model_needs_nothing_of_this_package():
    cells = build.notebook("a_saved_model_in_plain_tensorflow").cells
    start = next(i for i, c in enumerate(cells) if c.source.startswith("## From here on nothing"))
    after = "\n".join(cell.source for cell in cells[start:] if cell.cell_type == "code")
    assert "tf.saved_model.load" in after
    assert not re.search(r"\b(tfr|tfretrieval|data_pipelines|catalogue|steps|encoder)\b", after)


def test_a_setting_that_a_notebook_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no setting 'COLOUR'"):
        build.notebook("your_own_folder", {"COLOUR": 1})
