"""Who trains together: the workers that ``TF_CONFIG`` names, and which of them this process is."""

from __future__ import annotations

import dataclasses
import functools
import json
import os

import numpy as np

FORM = '{"cluster": {"worker": ["HOST:PORT", ...]}, "task": {"type": "worker", "index": 0}}'


class WorkersError(ValueError):
    """Workers that cannot train together; the message is one line that says what to do."""


@dataclasses.dataclass(frozen=True)
class Workers:
    """Processes, on one machine or several, that train together; by default this one alone.

    Attributes:
        names: ``host:port`` of each.
        index: of this one. The first is the chief, which writes all files.

    >>> Workers(("a:1", "b:1"), 1)
    Workers(names=('a:1', 'b:1'), index=1)
    """

    names: tuple[str, ...] = ("this process",)
    index: int = 0

    @property
    def several(self) -> bool:
        return len(self.names) > 1

    @property
    def is_chief(self) -> bool:
        return self.index == 0

    def told(self, step: int, rate: float) -> dict[str, str]:
        """How several train together, for a report; nothing of one alone.

        >>> Workers(("a:1", "b:1")).told(step=64, rate=0.001)
        {'workers': '2 workers, a global batch of 64, learning rate 0.001'}
        """
        told = f"{len(self.names)} workers, a global batch of {step}, learning rate {rate:g}"
        return {"workers": told} if self.several else {}

    def named(self, index: int) -> str:
        """How a message calls a worker."""
        return f"worker {index} ({self.names[index]})"

    def share(self, batches: np.ndarray, axis: int) -> np.ndarray:
        """What this worker takes of batches that all take together: of n workers the n-th part of
        an axis, the shares of all in order being the whole.

        Raises:
            WorkersError: an axis that does not divide by the number of workers.

        >>> Workers(("a:1", "b:1"), 1).share(np.arange(8).reshape(2, 4), axis=1).tolist()
        [[2, 3], [6, 7]]
        """
        size, count = batches.shape[axis], len(self.names)
        if size % count:
            raise WorkersError(
                f"a batch of {size} does not divide among {count} workers: choose a multiple of "
                f"{count}"
            )
        taken = np.arange(size).reshape(count, -1)[self.index]
        return np.take(batches, taken, axis=axis)


ALONE = Workers()


def from_environment() -> Workers:
    """The workers of the environment variable ``TF_CONFIG``; this process alone where it is not set
    or names one.

    Raises:
        WorkersError: a ``TF_CONFIG`` that is no such thing, in one line.

    >>> from unittest import mock
    >>> cluster = {"worker": ["a:1", "b:1"]}
    >>> text = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": 1}})
    >>> with mock.patch.dict(os.environ, {"TF_CONFIG": text}):
    ...     from_environment().named(1)
    'worker 1 (b:1)'
    """
    return _read(os.environ.get("TF_CONFIG", ""))


@functools.lru_cache(maxsize=8)
def _read(text: str) -> Workers:
    if not text.strip():
        return ALONE
    try:
        config = json.loads(text)
    except ValueError as error:
        raise WorkersError(f"TF_CONFIG is no JSON ({error}): it must look like {FORM}") from error
    cluster = config.get("cluster") if isinstance(config, dict) else None
    if not cluster:
        return ALONE
    names = cluster.get("worker") if isinstance(cluster, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise WorkersError(f"TF_CONFIG names no workers: it must look like {FORM}")
    if len(cluster) > 1:
        others = ", ".join(sorted(set(cluster) - {"worker"}))
        raise WorkersError(f"TF_CONFIG may name workers alone, not {others}: {FORM}")
    if len(set(names)) < len(names):
        raise WorkersError("TF_CONFIG names a worker twice: each needs a port of its own")
    if not all(":" in name for name in names):
        raise WorkersError(f"TF_CONFIG names a worker without its port: {', '.join(names)}")
    task = config.get("task")
    index = task.get("index") if isinstance(task, dict) else None
    if not isinstance(index, int) or task.get("type") != "worker" or not 0 <= index < len(names):
        raise WorkersError(
            f"TF_CONFIG must say which of its {len(names)} workers this is, as "
            f'"task": {{"type": "worker", "index": 0}}, got {task!r}'
        )
    return Workers(tuple(names), index) if len(names) > 1 else ALONE
