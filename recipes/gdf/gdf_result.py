"""What a row gives: codes, how they search, how their bits are used, where its parts look."""

import dataclasses

import numpy as np
import tensorflow as tf

from recipes.common import measure, pictures
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.gdf.settings import TITLES, GdfSettings
from recipes.gdf.start import Start
from tfretrieval.evaluation import BitUsage, bit_usage

# Pictures whose parts are shown.
PICTURES = 6


@dataclasses.dataclass(frozen=True, eq=False)
class GdfResult:
    """All of one row.

    Attributes:
        name: of :data:`recipes.gdf.settings.TITLES`.
        row: of the main table.
        accuracy: of the classifier above the codes, or of the frozen one.
        codes: relaxed, of all pictures.
        usage: of the bits of the database.
        history: of the training, an array a figure.
        seconds: of the training.
        rate: the learning rate.
        attention: ``[n, h, w, parts]`` of the pictures that are shown, where there are parts.
    """

    name: str
    row: measure.Row
    accuracy: float
    codes: np.ndarray
    usage: BitUsage
    history: History
    seconds: float
    rate: float
    attention: np.ndarray | None = None

    @property
    def title(self) -> str:
        return TITLES[self.name]


def measured(
    opened: Opened[GdfSettings, Divided],
    name: str,
    codes: np.ndarray,
    logits: np.ndarray,
    history: History,
    seconds: float,
    rate: float,
    attention: np.ndarray | None = None,
) -> GdfResult:
    """The result of a row with these codes of all pictures."""
    data = opened.data
    return GdfResult(
        name,
        measure.measure_codes(codes, data),
        measure.accuracy(logits, data),
        codes,
        bit_usage(codes[data.database]),
        history,
        seconds,
        rate,
        attention,
    )


def attention_of(
    opened: Opened[GdfSettings, Divided], model: tf.keras.Model, start: Start
) -> np.ndarray | None:
    """Attention maps of the pictures that are shown, where the network has parts."""
    if "attention" not in model.output:
        return None
    network = tf.keras.Model(model.input, model.output["attention"])
    if start.maps is None:
        seen = shown(opened, opened.config.image_size)
    else:
        seen = start.maps[pictures.some_queries(opened, PICTURES)].astype(np.float32)
    return np.asarray(network.predict(seen, verbose=0))


def shown(opened: Opened[GdfSettings, Divided], size: int) -> np.ndarray:
    """The pictures that are shown, at this size."""
    queries = pictures.some_queries(opened, PICTURES)
    return pictures.pixels(opened.data.records, queries, size, opened.config.batch_size)
