"""Experiments, each run as ``python -m recipes.NAME``."""

import importlib.util
import os
from pathlib import Path

# Before anything imports TensorFlow, whichever recipe it is.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow leaves oneDNN off on CPUs without AVX-512, where it is 2 to 4 times as fast too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def _check_neighbour() -> None:
    """``data_pipelines`` is a common name: another one that comes first on the path is told."""
    ours = Path(__file__).resolve().parents[1] / "data_pipelines"
    found = importlib.util.find_spec("data_pipelines")
    places = (found and found.submodule_search_locations) or ()
    if ours not in {Path(place).resolve() for place in places}:
        where = ", ".join(places) or (found and found.origin) or "nowhere"
        raise ImportError(
            f"the recipes of tfretrieval need the data_pipelines beside them, {ours}, but this "
            f"name leads to {where}: start in another folder, or rename yours"
        )


_check_neighbour()
