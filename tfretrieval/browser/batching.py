"""Encodes what several requests ask for at once together, off the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses

import numpy as np

from tfretrieval.encoders import Encoded, Encoder

# Pictures that are encoded together, how long one waits for others, and how many may wait.
TOGETHER, WAIT_SECONDS, WAITING = 16, 0.003, 256


class Busy(Exception):
    """More pictures wait to be encoded than will be taken."""


@dataclasses.dataclass(frozen=True, eq=False)
class _Asked:
    """A picture that waits."""

    contents: bytes
    sketch: bool
    done: asyncio.Future[Encoded]


class Batcher:
    """A thread that encodes, and the queue before it.

    Args:
        encoder: whose calls never overlap.

    Attributes:
        batches, pictures: numbers of what was encoded so far.
    """

    def __init__(self, encoder: Encoder):
        self.encoder = encoder
        self.batches = 0
        self.pictures = 0
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue(WAITING)
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Pictures in the queue."""
        return self._queue.qsize()

    async def encode(self, contents: bytes, sketch: bool = False) -> Encoded:
        """Codes of one picture file.

        Args:
            sketch: what it is, of importance where the encoder knows sketches.

        Raises:
            ValueError: it is no picture, or cannot be decoded.
            Busy: too many others wait.
        """
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        done: asyncio.Future[Encoded] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(_Asked(contents, sketch, done))
        except asyncio.QueueFull:
            raise Busy(f"{WAITING} pictures wait already: try again") from None
        return await done

    async def close(self) -> None:
        """Ends the thread."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work(self) -> None:
        while True:
            taken = [await self._queue.get()]
            await asyncio.sleep(WAIT_SECONDS)
            while len(taken) < TOGETHER and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            # One whose client has gone is not encoded.
            for sketches in (False, True):
                asked = [one for one in taken if one.sketch == sketches and not one.done.done()]
                if asked:
                    await self._answer(asked, sketches)

    async def _answer(self, asked: list[_Asked], sketches: bool) -> None:
        loop = asyncio.get_running_loop()
        contents = [one.contents for one in asked]
        try:
            encoded, good, wrong = await loop.run_in_executor(
                self._thread, self.encoder.encode_each, contents, sketches
            )
        except Exception as error:
            for one in asked:
                if not one.done.done():
                    one.done.set_exception(error)
            return
        self.batches += 1
        self.pictures += len(asked)
        rows = {int(place): row for row, place in enumerate(good)}
        for place, done in enumerate(one.done for one in asked):
            if done.done():
                continue
            if place in wrong:
                done.set_exception(ValueError(wrong[place]))
            else:
                assert encoded is not None
                done.set_result(_row(encoded, rows[place]))


def _row(encoded: Encoded, row: int) -> Encoded:
    def one(array: np.ndarray | None) -> np.ndarray | None:
        return None if array is None else array[row : row + 1]

    return Encoded(encoded.features[row : row + 1], one(encoded.packed), one(encoded.boxes))
