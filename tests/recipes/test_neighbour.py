"""`recipes` and `data_pipelines` are names that others use too."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def imported(folder):
    """What is said when the recipes are imported by a process that starts in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "import recipes"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_another_package_of_the_name_is_told_in_one_line(tmp_path):
    (tmp_path / "data_pipelines").mkdir()
    (tmp_path / "data_pipelines" / "__init__.py").touch()
    done = imported(tmp_path)
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("ImportError")]
    assert str(tmp_path / "data_pipelines") in told and str(ROOT / "data_pipelines") in told
    assert "rename yours" in told


def test_an_empty_folder_of_the_name_does_no_harm(tmp_path):
    (tmp_path / "data_pipelines").mkdir()
    assert imported(tmp_path).returncode == 0
