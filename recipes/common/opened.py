"""What always travels together through a recipe: settings, data, folder and strategy."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    import tensorflow as tf

C = TypeVar("C", covariant=True)
D = TypeVar("D", covariant=True)


@dataclasses.dataclass(frozen=True, eq=False)
class Opened(Generic[C, D]):
    """A run whose data are open.

    Attributes:
        config: the settings.
        data: what is trained on and searched.
        folder: of the run.
        strategy: in whose scope models are built.
        seeds: of the command that this run is part of; empty where it is alone.
    """

    config: C
    data: D
    folder: RunFolder
    strategy: tf.distribute.Strategy
    seeds: Sequence[int] = ()

    def with_config(self, **settings: Any) -> Opened[C, D]:
        """The same with other settings."""
        changed: Any = dataclasses.replace(self.config, **settings)  # type: ignore[type-var]
        return dataclasses.replace(self, config=changed)

    def inside(self, name: str) -> Opened[C, D]:
        """The same in a folder of its own inside the run, for settings that differ."""
        return dataclasses.replace(self, folder=RunFolder(self.folder / name, self.config))
