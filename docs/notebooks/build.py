"""Builds the notebooks of this folder from their scripts, and runs them.

python -m docs.notebooks.build                          # all of them, as they are committed
python -m docs.notebooks.build a_saved_model_in_plain_tensorflow
"""

import argparse
import base64
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import nbformat
from PIL import Image

HERE = Path(__file__).parent
NAMES = (
    "the_paper_in_ten_cells",
    "your_own_folder",
    "fine_tune_and_watch",
    "a_saved_model_in_plain_tensorflow",
)
# The cell of settings, by papermill's convention.
SETTINGS = "parameters"


def notebook(name: str, settings: dict[str, Any] | None = None) -> nbformat.NotebookNode:
    """The notebook of a script; ``settings`` are set anew in a cell behind the one with its own.

    Raises:
        ValueError: a setting that the notebook does not have.
    """
    built = jupytext.read(HERE / f"{name}.py")
    built.metadata = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    ).metadata
    (place,) = [i for i, cell in enumerate(built.cells) if SETTINGS in tags(cell)]
    for setting in settings or {}:
        if f"\n{setting} = " not in f"\n{built.cells[place].source}":
            raise ValueError(f"{name} has no setting {setting!r}")
    if settings:
        lines = [f"{setting} = {value!r}" for setting, value in settings.items()]
        built.cells.insert(place + 1, nbformat.v4.new_code_cell("\n".join(lines)))
    for number, cell in enumerate(built.cells):
        # Drawn at random they would differ with every build.
        cell.id = f"cell-{number}"
    return built


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """What the line ``# %% tags=[...]`` of a cell says."""
    return cell.metadata.get("tags", [])


def run(built: nbformat.NotebookNode, folder: Path) -> None:
    """Runs all cells in a kernel of its own; their outputs stand in them.

    Args:
        folder: where the kernel starts and puts its temporary files.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell fails.
    """
    paths = [str(HERE.parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
    # It starts elsewhere, and this package need not be installed.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TMPDIR": str(folder),
    }
    client = nbclient.NotebookClient(
        built,
        timeout=None,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)


def tidy(built: nbformat.NotebookNode) -> None:
    """What a reader of the committed notebook needs: no start-up messages and no paths of the
    machine that built it, one block of text a cell, and figures of 256 colours, a third of the
    bytes."""
    for cell in built.cells:
        kept: list[nbformat.NotebookNode] = []
        for output in cell.get("outputs", []):
            if output.output_type != "stream":
                kept.append(_quantized(output))
            elif output.name == "stdout":
                lines = output.text.splitlines(keepends=True)
                text = "".join(line for line in lines if not line.startswith("INFO:tensorflow"))
                if kept and kept[-1].output_type == "stream":
                    kept[-1].text += text
                elif text:
                    kept.append(nbformat.v4.new_output("stream", name="stdout", text=text))
        if cell.cell_type == "code":
            cell.outputs = kept


def _quantized(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    if png := output.get("data", {}).get("image/png"):
        small = io.BytesIO()
        figure = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
        figure.quantize(256).save(small, "PNG", optimize=True)
        output.data["image/png"] = base64.b64encode(small.getvalue()).decode()
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME", help=", ".join(NAMES))
    for name in parser.parse_args().names:
        built = notebook(name)
        with tempfile.TemporaryDirectory() as folder:
            run(built, Path(folder))
        tidy(built)
        nbformat.write(built, HERE / f"{name}.ipynb")
        print(f"{name}.ipynb")


if __name__ == "__main__":
    main()
