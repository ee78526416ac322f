"""From records to batches for `fit` and `predict`: `tf.data`, deterministic, read ahead.

Order and pixels are a pure function of (seed, epoch): neither the number of threads nor where a run
was resumed changes them. `epochs` is the number of the last epoch plus one, as in Keras, so that
`first_epoch=e` continues what an earlier call began.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
