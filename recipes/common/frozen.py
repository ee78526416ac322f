"""A network as it is: what it says of every picture, once, for every run that trains on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

import tfretrieval as tfr
from data_pipelines.kept import kept, kept_rows, pictures
from data_pipelines.records import Records
from data_pipelines.view import WHOLE, View
from recipes.common import networks, saliency, training
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.common.settings import BOX, WHOLE_PICTURES, RunSettings

# The threshold of a crop.
ALPHA = 0.4
# Pictures whose maps are held at a time.
HELD = 2048


def frozen_pass(
    opened: Opened[RunSettings, Divided],
    name: str,
    classifier: tf.keras.Model,
    view: View,
    network: tf.keras.Model,
) -> Arrays:
    """Features and logits of a network that is not trained here. Of the same pictures they are the
    same for every seed and every run, so that they are kept in the cache folder.

    Args:
        network: whose weights count: the classifier, or a backbone where its logits do not matter.
    """
    return kept(
        "features",
        _depends_on(opened, name, view, network),
        lambda: training.cached_features(opened, f"{name}/frozen", classifier, view),
    )


def _depends_on(
    opened: Opened[RunSettings, Divided], name: str, view: View, network: tf.keras.Model
) -> dict[str, Any]:
    told = f"{name.partition('+')[0]}, {opened.config.image_size} pixels"
    return depends_on(opened.config, opened.data.records, told, network, **view.shown)


def depends_on(
    config: RunSettings,
    records: Records,
    told: str,
    network: tf.keras.Model,
    **parts: np.ndarray | None,
) -> dict[str, Any]:
    """All that what a network says of pictures depends on, for :func:`kept`.

    Args:
        told: what its weights do not say, such as its name and the size of the pictures.
        parts: further arrays; those that are None are left out.
    """
    return {
        "pictures": pictures(records),
        "network": told,
        "versions": f"{tf.__version__}, {config.mixed_precision}",
        # A weight may be a single number, which Keras 3 gives as one.
        **{f"weights {at}": np.asarray(one) for at, one in enumerate(network.get_weights())},
        **{part: value for part, value in parts.items() if value is not None},
    }


def backbone(opened: Opened[RunSettings, Divided], name: str) -> tf.keras.Model:
    """The network; of random numbers always the same of a seed."""
    tf.keras.utils.set_random_seed(opened.config.seed)
    return networks.backbone(name, opened.config)


def view_of(opened: Opened[RunSettings, Divided], network: tf.keras.Model, view: str) -> View:
    """What a frozen network is shown of the pictures: all of them, the true boxes, or what the
    network itself points at."""
    if view == WHOLE_PICTURES:
        return WHOLE
    if view == BOX:
        return View(truth := opened.data.records.boxes, found=truth)
    looking = tfr.saliency.Localizer(network)
    table = saliency.look(opened, looking, shared=True)
    return saliency.view(looking, table, ALPHA, "box")


def pooled_maps(
    opened: Opened[RunSettings, Divided], name: str, network: tf.keras.Model, view: View
) -> np.ndarray:
    """The pooled last map of every picture, float32 ``[N, 1, 1, C]``: a map of one cell, so that
    what is built on a network can be built on these.

    Args:
        name: of the network, and after a + what it sees: of its files in the run.
    """
    seen = frozen_pass(opened, name, tfr.models.classifier(network, 2), view, network)
    return np.asarray(seen["features"])[:, None, None]


def whole_maps(
    opened: Opened[RunSettings, Divided], name: str, network: tf.keras.Model, view: View
) -> np.ndarray:
    """The last map of every picture as it is, float16 ``[N, h, w, C]``, kept for other runs
    and read from the disk."""
    config, records = opened.config, opened.data.records

    def compute(start: int, stop: int) -> Arrays:
        batches = training.seen(opened, view, start, stop)
        shown = tqdm(
            batches, total=-(-(stop - start) // config.batch_size), desc=name, disable=None
        )
        seen = [network.predict_on_batch(images).astype(np.float16) for images in shown]
        return {"maps": np.concatenate(seen)}

    depends = {**_depends_on(opened, name, view, network), "layer": network.layers[-1].name}
    # Whole batches, so that every picture is in the one that it would be in of a pass at once.
    step = config.batch_size * max(1, HELD // config.batch_size)
    with opened.folder.chief_first(f"{name}/maps"):
        return kept_rows("maps", depends, len(records), step, compute)["maps"]


def stand_in(maps: np.ndarray) -> tf.keras.Model:
    """The network whose input is its map."""
    image = tf.keras.Input(maps.shape[1:], name="image")
    return tf.keras.Model(image, tf.keras.layers.Activation("linear")(image), name="frozen")


def behind(network: tf.keras.Model, model: tf.keras.Model, trained: tf.keras.Model) -> None:
    """Gives a model that is built on a network the weights that its like learned on the maps."""
    model.set_weights([*network.get_weights(), *trained.get_weights()])
