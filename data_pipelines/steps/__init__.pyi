from .bounded import bounded_batches as bounded_batches
from .classification import class_batches as class_batches
from .classification import train_batches as train_batches
from .evaluation import eval_batches as eval_batches
from .features import feature_batches as feature_batches
from .features import tuple_feature_batches as tuple_feature_batches
from .sketches import mirrored_batches as mirrored_batches
from .sketches import paired_batches as paired_batches
from .sketches import paired_feature_batches as paired_feature_batches
from .tuples import tuple_batches as tuple_batches

__all__ = [
    "bounded_batches",
    "class_batches",
    "eval_batches",
    "feature_batches",
    "mirrored_batches",
    "paired_batches",
    "paired_feature_batches",
    "train_batches",
    "tuple_batches",
    "tuple_feature_batches",
]
