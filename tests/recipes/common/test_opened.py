from recipes.common.opened import Opened
from recipes.common.settings import RunSettings
from tfretrieval.run_folder import RunFolder


def test_other_settings_and_a_folder_inside(tmp_path):
    config = RunSettings()
    run = Opened(config, "data", RunFolder(tmp_path / "run", config), "strategy")
    changed = run.with_config(epochs=3).inside("plane")
    assert changed.config == RunSettings(epochs=3) and run.config == config
    assert changed.folder.path == tmp_path / "run" / "plane"
    assert (changed.data, changed.strategy) == ("data", "strategy")
    changed.folder.write_text("a", "")
    assert changed.folder.read_json("config.json")["epochs"] == 3
