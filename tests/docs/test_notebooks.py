"""The notebooks are those of their scripts, and run from end to end."""

import re

import nbformat
import pytest

from docs.notebooks import build

SMALL = {"IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1}


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


def test_the_paper_beats_any_order_and_its_export_gives_the_same_bits(tmp_path):
    small = {**SMALL, "ROUNDS": 2, "EPOCHS_A_ROUND": 1}
    notebook = build.notebook("the_paper_in_ten_cells", small)
    build.run(notebook, tmp_path)
    text = printed(notebook)
    chance = number("pictures in any order:", text)
    for row in ("features, 32 numbers:", "codes before stage 2:", "codes after stage 2:"):
        assert chance < number(row, text) < 100, text
    assert "64 pictures, 2 bytes each; 0 bits differ" in text
    assert len(figures(notebook)) == 4


def test_your_own_folder_is_searched_for_classes_never_trained_on(tmp_path):
    notebook = build.notebook("your_own_folder", SMALL)
    build.run(notebook, tmp_path)
    text = printed(notebook)
    assert "1500 pictures of 20 other classes are searched" in text
    assert "1499 database items (leave one out" in text
    for row in ("before training", "after training"):
        # Of 1,499 others 74 are of the query's class.
        assert 5.2 < number(row, text) < 100, text
    assert len(figures(notebook)) == 2


def test_a_network_is_fine_tuned_watched_exported_and_searched(tmp_path):
    small = {"IMAGE_SIZE": 32, "BITS": 16, "EPOCHS": 1}
    notebook = build.notebook("fine_tune_and_watch", small)
    build.run(notebook, tmp_path)
    text = printed(notebook)
    # Of 800 pictures 40 are of the query's class.
    for row in ("before training", "after training"):
        assert 5 < number(row, text) < 100, text
    assert "of 16 bits differ" in text and "asked: " in text
    assert len(figures(notebook)) == 2
    events = [file for file in tmp_path.rglob("events.out*") if file.is_file()]
    assert {file.parent.name for file in events} >= {"train", "validation", "gallery"}


def test_the_saved_model_needs_nothing_of_this_package(tmp_path):
    notebook = build.notebook("a_saved_model_in_plain_tensorflow", SMALL)
    (start,) = [
        i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## From here on")
    ]
    after = nbformat.v4.new_notebook(cells=notebook.cells[start:])
    notebook.cells[start:] = [nbformat.v4.new_code_cell("print(folder)")]
    build.run(notebook, tmp_path)
    folder = printed(notebook).splitlines()[-1]
    # A kernel of its own, in which these cannot be imported.
    without = f"""
import pathlib, sys
sys.modules.update(dict.fromkeys(("tfretrieval", "data_pipelines", "recipes")))
folder = pathlib.Path({folder!r})
"""
    after.cells.insert(0, nbformat.v4.new_code_cell(without))
    build.run(after, tmp_path)
    text = printed(after)
    assert "2000 pictures are 4,000 bytes of codes" in text
    (right,) = re.findall(r"for ([\d.]+) % of the queries", text)
    # One epoch of a tiny network is near the chance of 2.5 %: it answers, and not always wrongly.
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


def test_the_paper_has_ten_cells_of_code():
    cells = build.notebook("the_paper_in_ten_cells").cells
    assert [cell.cell_type for cell in cells].count("code") == 10


def test_a_setting_that_a_notebook_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no setting 'COLOUR'"):
        build.notebook("your_own_folder", {"COLOUR": 1})
