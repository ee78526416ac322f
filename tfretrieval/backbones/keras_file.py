"""The network of a ``.keras`` file as a backbone."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval._registered import register
from tfretrieval.backbones.weights_file import WeightsError
from tfretrieval.saliency.feature_layers import feature_maps


def keras_file(
    input_shape: Sequence[int | None] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """The feature network of any functional Keras model, saved whole by ``model.save``.

    It ends at the model's output where that is a map, else at its deepest map of more than one
    cell: pooling, hash layer and classifier behind it are left off. Pictures enter in [0, 255], so
    what scales them must be in the model, as a ``Rescaling`` layer at its beginning. Keras refuses
    ``Lambda`` layers, whose code is in the file; all the same, load only what you trust.

    Args:
        input_shape: ``(height, width, 3)`` of the pictures; a network made for another size is
            built anew for this one, with the same weights.
        weights: path of the file.
        download: of no use here; every network of a name has it.

    Returns:
        A functional model: images ``[B, H, W, 3]`` to the map.

    Raises:
        WeightsError: no file, one that is no such model, or a network that cannot be built for
            this size.

    >>> import tempfile
    >>> image = tf.keras.Input((32, 32, 3))
    >>> map_ = tf.keras.layers.Conv2D(4, 3, 2)(tf.keras.layers.Rescaling(1 / 255)(image))
    >>> logits = tf.keras.layers.Dense(5)(tf.keras.layers.GlobalAveragePooling2D()(map_))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tf.keras.Model(image, logits).save(f"{folder}/mine.keras")
    ...     keras_file((64, 64, 3), f"{folder}/mine.keras").output_shape
    (None, 31, 31, 4)
    """
    # Of a file of HDF5, whatever its name is, Keras 2 would run what its layers hold.
    if weights is None or not os.path.isfile(weights) or not zipfile.is_zipfile(weights):
        raise WeightsError(
            f"keras_file is the network of a .keras file, which its weights name, and {weights} is "
            "none"
        )
    register()
    try:
        model = tf.keras.models.load_model(weights, compile=False)
    except Exception as error:  # of a file that is damaged, Keras raises whatever it meets
        reason = str(error).strip().partition("\n")[0]
        raise WeightsError(f"{weights} cannot be read as a model: {reason}") from error
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise WeightsError(f"{weights} reads {shape}, and one picture [B, H, W, 3] is wanted")
    output = model.output
    if isinstance(output, (list, dict)) or len(output.shape) != 4:
        maps = [
            layer
            for layer in feature_maps(model, any_size=True)
            if tuple(layer.output.shape[1:3]) != (1, 1)
        ]
        if not maps:
            raise WeightsError(
                f"{weights} has no layer that gives a map [B, h, w, C]: of a model that holds its "
                "network as a layer, save that network, with what scales pictures in it"
            )
        output = maps[-1].output
    network = tf.keras.Model(model.inputs[0], output, name=model.name)
    wanted = (None, *input_shape)
    if network.input_shape == wanted:
        return network
    try:
        built = tf.keras.models.clone_model(network, tf.keras.Input(wanted[1:], name="image"))
        built.set_weights(network.get_weights())
    except (TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise WeightsError(
            f"{weights} was made for {shape[1:3]} pixels and cannot be built for {wanted[1:3]}: "
            f"{reason}"
        ) from error
    return built
