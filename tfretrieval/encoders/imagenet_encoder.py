"""An ImageNet network and codes that are fitted on the pictures themselves: nothing is trained."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.networks import network as network_of
from tfretrieval.codes import pack
from tfretrieval.encoders.encoder import Encoded, Encoder
from tfretrieval.export import encoding_module
from tfretrieval.fitting import IterativeQuantization
from tfretrieval.saliency import Localizer

NETWORK, IMAGE_SIZE, BITS, ALPHA = "efficientnet_lite0", 224, 64, 0.4
# Codes are fitted on so many pictures at most.
FITTED_ON = 20_000


class ImageNetEncoder(Encoder):
    """Pooled features of a network with ImageNet's weights; PCA-ITQ codes once they are fitted.

    Args:
        network: a name of :mod:`tfretrieval.backbones` or ``tf.keras.applications``.
        image_size: pixels of a side.
        bits: length of a code.
        crop: the network first looks at the whole picture, and then describes the region that
            stands out in its own map (alpha 0.4).
        quantization: what codes were fitted to, as :attr:`quantization` holds it.

    Attributes:
        quantization: mean ``[D]`` and kernel ``[D, bits]``, None before :meth:`fit`.

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

    def fit(self, features: np.ndarray, seed: int = 0) -> None:
        """Fits the codes to features ``[N, D]``, to 20,000 drawn ones of more.

        Raises:
            ValueError: fewer pictures than bits.
        """
        if len(features) <= self.bits:
            raise ValueError(
                f"{len(features)} pictures are too few for codes of {self.bits} bits: give more "
                "than there are bits, or --bits"
            )
        chosen = np.sort(np.random.default_rng(seed).permutation(len(features))[:FITTED_ON])
        fitted = IterativeQuantization(self.bits, random_state=seed).fit(features[chosen])
        self.quantization = fitted.mean_, fitted.kernel_

    def codes(self, features: np.ndarray) -> np.ndarray:
        """Packed codes of features, uint8 ``[n, ceil(bits / 8)]``.

        Features pass through float16, in which an index keeps them: a query's codes are those that
        its picture has in the index.
        """
        assert self.quantization is not None
        mean, kernel = self.quantization
        kept = np.asarray(features, np.float16).astype(np.float64)
        return pack((kept - mean) @ kernel)

    def _encode(self, contents: Sequence[bytes], sketches: bool) -> Encoded:
        found = self._module.encode_bytes(tf.constant(list(contents), tf.string))
        features, boxes = np.asarray(found["codes"]), found.get("boxes")
        return Encoded(
            features,
            None if self.quantization is None else self.codes(features),
            None if boxes is None else np.asarray(boxes),
        )
