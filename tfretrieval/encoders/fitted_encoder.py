"""Encoders whose codes are fitted to the features of the pictures themselves."""

from __future__ import annotations

import numpy as np

from tfretrieval.codes import pack
from tfretrieval.encoders.encoder import Encoded, Encoder
from tfretrieval.fitting import IterativeQuantization

BITS = 64
# Codes are fitted on so many pictures at most.
FITTED_ON = 20_000


class FittedEncoder(Encoder):
    """Real-valued features, and PCA-ITQ codes once they are fitted.

    Attributes:
        quantization: mean ``[D]`` and kernel ``[D, bits]``, None before :meth:`fit`.
    """

    quantization: tuple[np.ndarray, np.ndarray] | None = None

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

    def _with_codes(self, features: np.ndarray, boxes: np.ndarray | None) -> Encoded:
        packed = None if self.quantization is None else self.codes(features)
        return Encoded(features, packed, boxes)
