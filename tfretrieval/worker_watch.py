"""Workers that train together watch each other: one that hangs or dies ends all, and is named."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from tfretrieval.workers import Workers, from_environment

FOLDER = ".workers"

# Of TensorFlow, by name: what an operation of all workers fails with when one of them is gone.
_LOST = {"AbortedError", "CancelledError", "DeadlineExceededError", "InternalError"}
_LOST |= {"FailedPreconditionError", "UnavailableError", "UnknownError"}

# What a worker does, for the others.
WORKING, FITTING, DONE, FAILED = "working", "fitting", "done", "failed"


class Watch:
    """Tells the other workers that this one lives, and ends it when one of them does not.

    An operation of all workers waits in C++ for the slowest, for ever: nothing but the end of the
    process stops it. So each worker writes a file a second, ``.workers/INDEX`` of the shared
    folder, and reads the others'. The process ends with status 2 and one line that names the worker
    which

    * has not begun within ``START`` seconds,
    * has ended with an error, at once,
    * has not written for ``SILENCE`` seconds: it was killed, is stopped, or is cut off,
    * writes, but while all train has been the last to take a batch for ``STALL`` seconds.

    No clock is compared with another machine's: what counts is when this one last saw a change.

    Args:
        folder: that all workers share.
    """

    BEAT: ClassVar[float] = 1.0
    START: ClassVar[float] = 600.0
    SILENCE: ClassVar[float] = 60.0
    STALL: ClassVar[float] = 900.0

    # The one of this process, which every training tells its batches to.
    current: ClassVar[Watch | None] = None

    def __init__(self, folder: Path, workers: Workers):
        self.folder, self.workers = folder / FOLDER, workers
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state, self.taken = WORKING, 0
        self._beats, self._born = 0, time.time_ns()
        self._began = time.monotonic()
        others = (i for i in range(len(workers.names)) if i != workers.index)
        # What lies there is of an earlier run, until it changes.
        self._seen = {i: (self._read(i), self._began, False) for i in others}
        self._progress: tuple[Any, float] = (None, self._began)
        self._ended = threading.Event()
        self._write()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="worker watch")
        self._thread.start()

    def took_batch(self) -> None:
        """Counts a batch that this worker begins with."""
        self.taken += 1

    def end(self, state: str) -> None:
        """Tells the others how this worker ended, and watches no longer."""
        self._ended.set()
        self._thread.join()
        self.state = state
        self._write()

    def wait_for_verdict(self) -> None:
        """Gives the worker that made an operation of all fail the time to be found silent."""
        time.sleep(self.SILENCE + 5 * self.BEAT)

    def _watch(self) -> None:
        while not self._ended.wait(self.BEAT):
            # A shared folder may be away for a moment; if it stays away, all are silent.
            with contextlib.suppress(OSError):
                self._write()
            wrong = self._wrong()
            if wrong is not None and not self._ended.is_set():
                advice = "end all workers and start the same again: the run goes on where it was"
                print(f"error: {wrong}: {advice}", file=sys.stderr, flush=True)
                # The main thread may be in an operation that never returns.
                os._exit(2)

    def _write(self) -> None:
        self._beats += 1
        told = {"born": self._born, "beat": self._beats, "state": self.state, "taken": self.taken}
        partial = self.folder / f"{self.workers.index}.partial-{os.getpid()}"
        partial.write_text(json.dumps(told))
        os.replace(partial, self.folder / str(self.workers.index))

    def _read(self, index: int) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads((self.folder / str(index)).read_text()))
        return {}

    def _wrong(self) -> str | None:
        """Which worker is at fault, and of what; None while none is."""
        now = time.monotonic()
        for index, (before, since, begun) in self._seen.items():
            told = self._read(index)
            if told and told != before:
                begun, since, before = True, now, told
                self._seen[index] = (told, now, True)
            name = self.workers.named(index)
            if not begun and now - since > self.START:
                return f"{name} has not begun within {self.START:g} seconds"
            if begun and before["state"] == FAILED:
                return f"{name} has ended with an error, which its own output tells"
            if begun and before["state"] != DONE and now - since > self.SILENCE:
                return f"{name} has not been heard of for {self.SILENCE:g} seconds"
        return self._stalled(now)

    def _stalled(self, now: float) -> str | None:
        everyone = {
            i: (told.get("state"), told.get("taken", 0)) for i, (told, *_) in self._seen.items()
        }
        everyone[self.workers.index] = (self.state, self.taken)
        if everyone != self._progress[0] or {state for state, _ in everyone.values()} != {FITTING}:
            self._progress = (everyone, now)
        if now - self._progress[1] <= self.STALL:
            return None
        last = min(everyone, key=lambda index: everyone[index][1])
        return f"{self.workers.named(last)} has kept the others waiting for {self.STALL:g} seconds"


@contextlib.contextmanager
def watched(folder: str | Path) -> Iterator[None]:
    """A command that all workers of ``TF_CONFIG`` run, in a folder that they share.

    Where this process is alone nothing is watched.

    Raises:
        WorkersError: a ``TF_CONFIG`` that cannot be read.

    >>> with watched("runs/any"):
    ...     1 + 1
    2
    """
    workers = from_environment()
    if not workers.several:
        yield
        return
    watch = Watch.current = Watch(Path(folder), workers)
    try:
        yield
    except BaseException as error:
        if type(error).__name__ in _LOST:
            watch.wait_for_verdict()
        watch.end(FAILED)
        raise
    finally:
        Watch.current = None
    watch.end(DONE)
