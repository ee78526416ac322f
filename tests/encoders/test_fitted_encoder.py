"""Codes are fitted to features once, and are those of what an index keeps."""

import numpy as np
import pytest

from tfretrieval.codes import pack
from tfretrieval.encoders import FittedEncoder
from tfretrieval.encoders import fitted_encoder as module
from tfretrieval.fitting import IterativeQuantization

FEATURES = np.random.default_rng(0).standard_normal((20, 32)).astype(np.float32)


@pytest.fixture
def encoder():
    class Plain(FittedEncoder):
        bits = 8

        def described(self):
            return {}

        def _encode(self, contents, sketches):
            return self._with_codes(FEATURES, None)

    return Plain()


def test_codes_are_those_of_pca_itq_on_what_an_index_keeps(encoder):
    kept = FEATURES.astype(np.float16)
    encoder.fit(kept)
    fitted = IterativeQuantization(8).fit(kept)
    np.testing.assert_array_equal(encoder.codes(FEATURES), pack(fitted.transform(kept)))


def test_fewer_pictures_than_bits_are_refused(encoder):
    with pytest.raises(ValueError, match="8 pictures are too few for codes of 8 bits"):
        encoder.fit(FEATURES[:8])


def test_many_pictures_are_sampled(encoder, monkeypatch):
    monkeypatch.setattr(module, "FITTED_ON", 15)
    encoder.fit(FEATURES)
    chosen = np.sort(np.random.default_rng(0).permutation(20)[:15])
    expected = IterativeQuantization(8).fit(FEATURES[chosen]).mean_
    np.testing.assert_array_equal(encoder.quantization[0], expected)
