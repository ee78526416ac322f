"""Requests that come together are encoded together, off the event loop."""

import asyncio
import threading

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import ColourEncoder
from tfretrieval.browser import batching
from tfretrieval.browser.batching import Batcher, Busy

FILES = [encode(picture(str(i))) for i in range(5)]


def together(work, encoder=None):
    """Runs ``work(batcher)`` in an event loop."""

    async def run():
        batcher = Batcher(encoder or ColourEncoder())
        try:
            return await work(batcher), batcher
        finally:
            await batcher.close()

    return asyncio.run(run())


def test_each_gets_its_own_codes_from_one_batch():
    async def work(batcher):
        return await asyncio.gather(*map(batcher.encode, FILES))

    encoder = ColourEncoder()
    found, batcher = together(work, encoder)
    assert encoder.calls == [5] and (batcher.batches, batcher.pictures) == (1, 5)
    for one, file in zip(found, FILES, strict=True):
        np.testing.assert_array_equal(one.packed, ColourEncoder().encode([file]).packed)


def test_a_bad_picture_is_told_to_its_sender_alone():
    async def work(batcher):
        files = [FILES[0], b"hello", FILES[1]]
        return await asyncio.gather(*map(batcher.encode, files), return_exceptions=True)

    found, _ = together(work)
    assert isinstance(found[1], ValueError) and "no known picture" in str(found[1])
    assert found[0].packed.shape == found[2].packed.shape == (1, 2)


def test_sketches_and_photographs_are_not_mixed():
    async def work(batcher):
        both = [batcher.encode(FILES[0], sketch) for sketch in (True, False, True)]
        return await asyncio.gather(*both)

    encoder = ColourEncoder()
    found, _ = together(work, encoder)
    assert encoder.calls == [1, 2]
    assert (found[0].packed != found[1].packed).any()
    np.testing.assert_array_equal(found[0].packed, found[2].packed)


def test_a_fault_of_the_encoder_ends_its_requests_and_not_the_next():
    encoder = ColourEncoder()
    sound = encoder._encode

    def broken(contents, sketches):
        encoder._encode = sound
        raise MemoryError("too much")

    encoder._encode = broken

    async def work(batcher):
        with pytest.raises(MemoryError):
            await batcher.encode(FILES[0])
        return await batcher.encode(FILES[0])

    found, _ = together(work, encoder)
    assert found.packed.shape == (1, 2)


def test_while_it_encodes_the_loop_goes_on_and_who_left_is_not_encoded(monkeypatch):
    started, go_on = threading.Event(), threading.Event()
    encoder = ColourEncoder()
    sound = encoder._encode

    def slow(contents, sketches):
        started.set()
        go_on.wait(5)
        return sound(contents, sketches)

    encoder._encode = slow

    async def work(batcher):
        first = asyncio.create_task(batcher.encode(FILES[0]))
        await asyncio.to_thread(started.wait, 5)
        gone = asyncio.create_task(batcher.encode(FILES[1]))
        stays = asyncio.create_task(batcher.encode(FILES[2]))
        await asyncio.sleep(0)
        gone.cancel()
        go_on.set()
        return await asyncio.gather(first, stays)

    together(work, encoder)
    assert encoder.calls == [1, 1]


def test_a_full_queue_says_so(monkeypatch):
    monkeypatch.setattr(batching, "WAITING", 1)

    async def work(batcher):
        tasks = [batcher.encode(file) for file in FILES[:3]]
        return await asyncio.gather(*tasks, return_exceptions=True)

    found, _ = together(work)
    assert [isinstance(one, Busy) for one in found] == [False, True, True]
