"""An ImageNet network and codes that are fitted on the pictures themselves: nothing is trained."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.networks import network as network_of
from tfretrieval.encoders.encoder import Encoded
from tfretrieval.encoders.fitted_encoder import BITS, FittedEncoder
from tfretrieval.export import encoding_module
from tfretrieval.saliency import Localizer

NETWORK, IMAGE_SIZE, ALPHA = "efficientnet_lite0", 224, 0.4


class ImageNetEncoder(FittedEncoder):
    """Pooled features of a network with ImageNet's weights; PCA-ITQ codes once they are fitted.

    Args:
        network: a name of :mod:`tfretrieval.backbones` or ``tf.keras.applications``.
        image_size: pixels of a side.
        bits: length of a code.
        crop: the network first looks at the whole picture, and then describes the region that
            stands out in its own map (alpha 0.4).
        quantization: what codes were fitted to.

    Raises:
        ValueError: no such network, or its weights are not there.
    """

    def __init__(
        self,
        network: str = NETWORK,
        image_size: int = IMAGE_SIZE,
        bits: int = BITS,
        crop: bool = False,
        quantization: tuple[np.ndarray, np.ndarray] | None = None,
    ):
        self.network, self.image_size, self.bits, self.crop = network, image_size, bits, crop
        backbone = network_of(network).build((image_size, image_size, 3), weights="imagenet")
        pooled = tf.keras.layers.GlobalAveragePooling2D(dtype="float32")(backbone.output)
        model = tf.keras.Model(backbone.input, pooled)
        localizer = Localizer(backbone) if crop else None
        self._module = encoding_module(model, image_size, localizer, ALPHA)
        self.dimensions = int(pooled.shape[-1])
        self.quantization = quantization
        self.name = f"{network} with ImageNet's weights, {'crops' if crop else 'whole pictures'}"
        total = hashlib.sha256(f"{self.name} {image_size} {bits}".encode())
        for weights in backbone.get_weights():
            total.update(np.ascontiguousarray(weights).tobytes())
        self.fingerprint = total.hexdigest()

    def described(self) -> dict[str, Any]:
        return {
            "kind": "imagenet",
            "name": self.name,
            "network": self.network,
            "image_size": self.image_size,
            "bits": self.bits,
            "crop": self.crop,
        }

    def _encode(self, contents: Sequence[bytes], sketches: bool) -> Encoded:
        found = self._module.encode_bytes(tf.constant(list(contents), tf.string))
        boxes = found.get("boxes")
        return self._with_codes(
            np.asarray(found["codes"]), None if boxes is None else np.asarray(boxes)
        )
