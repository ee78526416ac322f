"""From a run to files and a table; what is wrong is a line."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_pipelines.pictures import write_tree
from tests.export import encoders
from tfretrieval.export import export_descriptor, export_encoder
from tfretrieval.export.command import main
from tfretrieval.saliency import Localizer

NAMES = [f"{bird}/{number}.jpg" for bird in ("finch", "wren") for number in range(6)]


def make_run(folder, encoder, **options):
    folder.mkdir()
    encoder.save(folder / "model.keras")
    export_encoder(encoder, folder / "savedmodel", 32, **options)
    return folder


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("command") / "run", encoders.small())


@pytest.fixture
def pictures(tmp_path):
    write_tree(tmp_path / "pictures", dict.fromkeys(NAMES))
    return tmp_path / "pictures"


def export(*arguments):
    return main(list(map(str, arguments)))


def test_from_a_run_to_four_files_and_a_table(run_folder, pictures, tmp_path, capsys):
    (pictures / "wren/broken.jpg").write_bytes(b"x")
    arguments = ("--model", run_folder, "--images", pictures, "--out", tmp_path / "out")
    assert export(*arguments, "--quantize", "--calibrate", 6) == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    files = {f"encoder{kind}.{suffix}" for kind in ("", ".int8") for suffix in ("tflite", "onnx")}
    assert written == files | {"agreement.md"}
    table = (tmp_path / "out/agreement.md").read_text()
    told = capsys.readouterr()
    assert table.strip() in told.out and "not read: " in told.err
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line[:1] == "|"}
    for title in ("TensorFlow, from pixels", "LiteRT, float32", "ONNX, float32"):
        assert "| 100.00" in rows[title]
    assert {"LiteRT, 8 bits", "ONNX, 8 bits"} < set(rows)


def test_of_a_run_that_looks_at_two_views(pictures, tmp_path, capsys):
    localizer = Localizer(encoders.maps_of_what_is_bright(48))
    folder = make_run(tmp_path / "run", encoders.two_views(), localizer=localizer, alpha=0.5)
    assert export("--model", folder, "--to", "litert", "--images", pictures) == 0
    table = (folder / "encoders/agreement.md").read_text()
    assert "ONNX" not in table and "| 100.00" in table.splitlines()[4]


def test_without_pictures_there_is_no_table(run_folder, tmp_path):
    assert export("--model", run_folder, "--to", "onnx", "--out", tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["encoder.onnx"]


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("--model", "none"), "none has no model.keras"),
        (("--model", "RUN", "--quantize"), "give --images"),
        (("--model", "RUN", "--images", "none"), "none is no folder"),
        (("--model", "RUN", "--images", "pictures", "--quantize"), "12 of 200 to calibrate on"),
        (("--model", "descriptors"), "no codes"),
        (("--model", "damaged"), "cannot be read by the Keras of"),
        (("--model", "RUN", "--out", "damaged/model.keras/x"), "Not a directory"),
    ],
)
def test_what_is_wrong_is_one_line(run_folder, pictures, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(pictures.parent)
    for name in ("descriptors", "damaged"):
        Path(name).mkdir()
        Path(name, "model.keras").write_text("x")
    (Path("damaged") / "savedmodel").symlink_to(run_folder / "savedmodel")
    if "descriptors" in arguments:
        export_descriptor(encoders.any_size(), "descriptors/savedmodel", 32)
    assert export(*(run_folder if each == "RUN" else each for each in arguments)) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and told in error


def test_help_answers_at_once_and_without_tensorflow():
    script = (
        "import runpy, sys; sys.argv = ['export', '--help']\n"
        "try: runpy.run_module('tfretrieval.export', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop: sys.exit(stop.code or 'tensorflow' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "python -m tfretrieval.export --model" in done.stdout
