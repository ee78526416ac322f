"""A tiny comparison: three classes of features that differ, and settings of a few steps."""

import numpy as np

from recipes.common.heads import HeadTask
from recipes.compare import Config

LABELS = np.repeat(np.arange(3), 12)
GENERATOR = np.random.default_rng(0)
FEATURES = np.float32(GENERATOR.normal(size=(3, 8))[LABELS] + GENERATOR.normal(size=(36, 8)) / 2)
FIT = np.flatnonzero(np.arange(36) % 12 < 8)
TASK = HeadTask(FEATURES, LABELS, FIT, 3, True, lambda codes: {})
SETTINGS = {
    "dataset": "folder",
    "weights": "none",
    "training": "full",
    "network": "resnet18",
    "bits": 8,
    "bit_lengths": (8, 6),
    "hash_epochs": 2,
    "classes_per_batch": 3,
    "images_per_class": 4,
    "remine": 1,
}
CONFIG = Config(**SETTINGS)
