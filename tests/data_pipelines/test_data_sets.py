"""The list of data sets; and a new one is a file, an export and a line, nothing more."""

import ast
import sys
import textwrap
from pathlib import Path

import pytest

import data_pipelines
from data_pipelines import catalogue, data_sets, sources
from data_pipelines.records import DataError
from data_pipelines.sources import BenchmarkSet, ClassSet, PairSet
from tests.check_dataset import check_dataset
from tests.data_pipelines.pictures import encode, picture
from tests.data_pipelines.published_sets import write_tar

# As a contributor writes it: layout, reader, counts and splits in one file.
TOYS = '''
"""Toys: toys/<class>_<number>.jpg; the first picture of a class is a query."""

import numpy as np

from data_pipelines.records import Listing, Records
from data_pipelines.sources.layout import Archive, Layout
from data_pipelines.sources.published_set import Halves, PublishedSet


def read_toys(root):
    paths = sorted((root / "toys").glob("*.jpg"))
    classes = sorted({path.stem.split("_")[0] for path in paths})
    records = Records(
        ids=[f"toys/{path.name}" for path in paths],
        labels=[classes.index(path.stem.split("_")[0]) for path in paths],
        class_names=tuple(classes),
        paths=[str(path) for path in paths],
    )
    split = np.array(["test" if path.stem.endswith("_0") else "train" for path in paths])
    return Listing(records, split)


TOYS = PublishedSet(
    Layout("toys", "", ("toys",), (Archive("toys.tar"),), "1 kB"),
    read_toys,
    counts=(12, 4, 4),
    halves=Halves(seen=2, counts=(8, 8, 4)),
)
'''
NAMES = [f"toys/{kind}_{i}.jpg" for kind in ("ball", "car", "doll", "kite") for i in range(4)]


@pytest.fixture
def toys(tmp_path, monkeypatch):
    """The archive, with its file in `sources` and its line in the list."""
    (tmp_path / "toys_source.py").write_text(textwrap.dedent(TOYS))
    monkeypatch.syspath_prepend(str(tmp_path))
    from toys_source import TOYS as toy_set

    monkeypatch.setattr(sources, "TOYS", toy_set, raising=False)
    monkeypatch.setattr(data_sets, "DATA_SETS", (*data_sets.DATA_SETS, sources.TOYS))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield write_tar(tmp_path / "toys.tar", {name: encode(picture(name)) for name in NAMES})
    sys.modules.pop("toys_source")


def load(name, place):
    return catalogue.load(name, str(place), progress=False)


def test_a_file_an_export_and_a_line_make_a_data_set(toys):
    assert {"toys", "toys/zero_shot"} <= set(catalogue.names())
    check_dataset(lambda: load("toys", toys), counts=(12, 12, 4, 4))
    halves = catalogue.load("toys", str(toys), split="zero_shot", progress=False)
    assert (len(halves.train), len(halves.query)) == (8, 8) and halves.name == "toys/zero_shot"


def test_it_has_the_counts_and_messages_of_every_public_set(toys, tmp_path):
    fewer = {name: encode(picture(name)) for name in NAMES[1:]}
    with pytest.raises(DataError, match="^toys must have 12 training .* got 12, 3 and 4"):
        load("toys", write_tar(tmp_path / "fewer.tar", fewer))
    with pytest.raises(DataError, match="^toys is not in .*nowhere', which does not exist: point"):
        load("toys", tmp_path / "nowhere")
    with pytest.raises(DataError, match="did you mean toys"):
        load("toyz", toys)


def test_no_generic_file_knows_the_name_of_a_set():
    """What is known of a set stands in its source; the list holds the export, not the name."""
    package = Path(data_pipelines.__file__).parent
    generic = [*package.glob("*.py"), *(package / "steps").glob("*.py")]
    generic += [package / f"sources/{name}.py" for name in ("published_set", "sketch_set", "kinds")]
    generic += [package / f"sources/{name}.py" for name in ("layout", "tfds_source", "unpack")]
    names = {each.partition("/")[0] for each in catalogue.names()}
    for file in generic:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not names & texts, file


def test_names_are_given_once_and_every_entry_is_of_a_kind():
    names = []
    for each in data_sets.DATA_SETS:
        assert isinstance(each, (ClassSet, PairSet, BenchmarkSet))
        names += each.names if isinstance(each, ClassSet) else [each.name]
    assert len(set(names)) == len(names) and tuple(sorted(catalogue.names())) == catalogue.names()
