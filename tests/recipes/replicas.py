"""A training on two replicas: killed and resumed it equals the whole."""

from pathlib import Path

import numpy as np
import pytest

from tests.replicas import on_two_replicas
from tfretrieval.callbacks import TrainingCheckpoint


def check_resumes(train_on, folder: Path) -> None:
    """Holds ``train_on(strategy, folder)`` of a test module, which returns weights, to that."""
    on_two_replicas(compare, train_on, folder)


def compare(strategy, train_on, folder: Path) -> None:
    end = TrainingCheckpoint.on_epoch_end
    killed: dict[Path, bytes] = {}

    def end_and_keep(self, epoch, logs=None):
        """All that a training leaves that is killed when its first epoch has ended is a file."""
        end(self, epoch, logs)
        if epoch == 0:
            killed[self.path] = self.path.read_bytes()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingCheckpoint, "INTERVAL", 0.0)
        patch.setattr(TrainingCheckpoint, "on_epoch_end", end_and_keep)
        whole = train_on(strategy, folder)
        [(path, content)] = killed.items()
        assert path.read_bytes() != content
        path.write_bytes(content)
        resumed = train_on(strategy, folder)
    for one, other in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, other)
