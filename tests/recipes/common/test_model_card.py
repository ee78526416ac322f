"""The card of a run's model: which data, under which terms, how good, where it ends."""

import dataclasses

import pytest

from recipes.common import model_card
from recipes.common.opened import Opened
from recipes.common.report import Column, Report, Table
from recipes.common.settings import RunSettings
from tfretrieval.run_folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Config(RunSettings):
    recipe: str = dataclasses.field(default="toy", init=False)


def card(folder, **settings):
    config = Config(**settings)
    run = Opened(config, None, RunFolder(folder, config), None)
    tables = (
        Table("", ("codes",), (Column("mAP"),), {("ours",): {"mAP": 0.5}}, ("- mAP, %: of all.",)),
        Table("more", ("codes",), (Column("R@1"),), {("ours",): {"R@1": 0.7}}),
    )
    model_card.write(run, Report("toy on birds", 3, ("30 pictures.",), tables))
    file = folder / "model_card.md"
    return file.read_text(encoding="utf-8") if file.exists() else None


def test_it_names_data_terms_numbers_with_their_meaning_and_limits(tmp_path):
    (tmp_path / "savedmodel").mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    text = card(tmp_path, dataset="drawn_birds/demo", weights="none")
    assert text.startswith("---\nlibrary_name: keras\n")
    assert "# toy on birds, seed 3" in text and "- 30 pictures." in text
    assert "drawn by this package" in text and "none, random numbers" in text
    assert "| ours  | 50.0 |" in text and "- mAP, %: of all." in text and "R@1" not in text
    assert "`savedmodel`" in text and "`model.keras`" not in text
    assert "never trained on" in text


def test_a_run_without_a_model_has_no_card(tmp_path):
    assert card(tmp_path / "run") is None


@pytest.mark.parametrize(
    ("dataset", "says"),
    [("folder", "your own"), ("openmoji/demo", "CC BY-SA"), ("caltech_birds2011", "research")],
)
def test_terms_are_those_of_the_pictures(dataset, says):
    assert says in model_card.terms(dataset)


@pytest.mark.parametrize(
    ("setting", "says"), [("imagenet", "non-commercial"), ("net.pth", "file of your own")]
)
def test_terms_are_those_of_the_weights(setting, says):
    assert says in model_card.weights(setting)
