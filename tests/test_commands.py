"""From a folder to an answer on the command line; what is wrong is a line."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import folder
from tests.encoders.test_imagenet_encoder import small
from tests.export import encoders
from tfretrieval.commands import main
from tfretrieval.export import export_encoder

SMALL = ("--model", "imagenet", "--network", "resnet18", "--image-size", "32", "--bits", "3")


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    small(monkeypatch)
    return folder(tmp_path / "pictures")


def run(*arguments):
    return main(list(map(str, arguments)))


def index(pictures, out, *flags, model=SMALL):
    return run("index", *model, "--images", pictures, "--out", out, *flags)


def test_from_pictures_to_an_answer_and_its_picture(tmp_path, pictures, capsys):
    (pictures / "broken.jpg").write_bytes(b"x")
    assert index(pictures, tmp_path / "index") == 0
    told = capsys.readouterr()
    assert "5 pictures encoded" in told.out and "not read: broken.jpg: no known" in told.err
    image, drawn = pictures / "wren/1.jpg", tmp_path / "found.png"
    query = ("query", "--index", tmp_path / "index", "--image", image, pictures / "top.jpg")
    assert run(*query, "--k", 2, "--gallery", drawn) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(image) and lines[1].endswith("wren/1.jpg") and len(lines) == 7
    assert Image.open(drawn).width > 300


def test_once_more_encodes_what_is_new_alone(tmp_path, pictures, capsys):
    index(pictures, tmp_path / "index")
    (pictures / "new.webp").write_bytes(encode(picture("new"), "WEBP"))
    (pictures / "top.jpg").unlink()
    assert index(pictures, tmp_path / "index", "--drop-missing") == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("1 pictures encoded") and "4 were there; 1 dropped" in told


def test_of_a_run(tmp_path, pictures, capsys):
    export_encoder(encoders.small(16), tmp_path / "run/savedmodel", 32)
    model = ("--model", tmp_path / "run")
    assert index(pictures, tmp_path / "index", model=model) == 0
    assert index(pictures, tmp_path / "index", model=model) == 0
    assert "0 pictures encoded; 5 were there" in capsys.readouterr().out
    assert run("query", "--index", tmp_path / "index", "--image", pictures / "top.jpg") == 0
    assert "0 of 16 bits  1.000  top.jpg" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, told",
    [
        ({"flags": ("--bits", "2")}, "made with bits 3, not 2"),
        ({"flags": ("--view", "crop")}, "made with crop False, not True"),
        ({"images": "other"}, "is of the pictures in"),
        ({"images": "none"}, "is no folder"),
    ],
)
def test_an_index_goes_on_with_what_it_began_with(tmp_path, pictures, capsys, change, told):
    index(pictures, tmp_path / "index")
    (tmp_path / "other").mkdir()
    images = tmp_path / change["images"] if "images" in change else pictures
    assert index(images, tmp_path / "index", *change.get("flags", ())) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and told in error


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("index", "--model", "nothing", "--images", ".", "--out", "x"), "has no SavedModel"),
        (("query", "--index", "nothing", "--image", __file__), "is no index"),
        (("query", "--index", "nothing", "--image", "gone.jpg"), "gone.jpg"),
        (("serve", "--index", "nothing"), "is no index"),
        (("serve", "--index", "nothing", "--host", "0.0.0.0"), "give --token"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and told in error
    assert not list(tmp_path.iterdir())


def test_a_query_that_is_no_picture_is_named(tmp_path, pictures, capsys):
    index(pictures, tmp_path / "index")
    (tmp_path / "text.jpg").write_text("hello")
    assert run("query", "--index", tmp_path / "index", "--image", tmp_path / "text.jpg") == 2
    assert "text.jpg: no known picture format" in capsys.readouterr().err


def test_help_answers_at_once_and_without_tensorflow():
    script = (
        "import runpy, sys; sys.argv = ['search', '--help']\n"
        "try: runpy.run_module('tfretrieval.search', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as stop: sys.exit(stop.code or 'tensorflow' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "python -m tfretrieval.search query" in done.stdout
