"""The contract of a data set, held by one call."""

from collections.abc import Callable

import numpy as np

from data_pipelines import steps
from data_pipelines.records import RetrievalDataset
from tfretrieval import images


def check_dataset(load: Callable[[], RetrievalDataset], *, counts=None, batch_size=4) -> None:
    """Holds a data set to the contract.

    ``load`` loads it anew. Checked: ids unique and, with labels, parts and checksum, equal in two
    loads; queries apart from what is trained on and searched; every class in use; boxes sane; every
    picture readable; order and pixels a pure function of seed and epoch. ``counts`` are the
    expected sizes of ``(train, database, query)`` and the number of classes.
    """
    dataset, again = load(), load()
    records = dataset.records
    assert dataset.checksum() == again.checksum()
    np.testing.assert_array_equal(records.ids, again.records.ids)
    assert len(np.unique(records.ids)) == len(records)

    assert not np.isin(dataset.query, dataset.train).any()
    assert np.isin(dataset.query, dataset.database).mean() in (0, 1)
    for part in (dataset.train, dataset.database, dataset.query):
        assert part.dtype == np.int64 and len(np.unique(part)) == len(part) > 0
    if counts is not None:
        parts = (dataset.train, dataset.database, dataset.query)
        assert (*map(len, parts), dataset.num_classes) == counts

    assert records.labels.dtype == (np.uint8 if records.multi_label else np.int32)
    assert (records.class_counts() > 0).all(), "every class needs a picture"
    assert records.membership.any(1).all(), "every picture needs a class"
    if records.boxes is not None:
        assert ((records.boxes >= 0) & (records.boxes <= 1)).all()
        assert (records.boxes[:, :2] < records.boxes[:, 2:]).all()

    for index in range(len(records)):
        assert images.decode(records.read(index)).shape[-1] == 3

    def batches(dataset, first_epoch, seed=0):
        shown = steps.train_batches(
            dataset.records,
            dataset.train,
            image_size=8,
            batch_size=batch_size,
            seed=seed,
            first_epoch=first_epoch,
            epochs=2,
        )
        return [tuple(part.numpy() for part in batch) for batch in shown]

    whole, resumed = batches(dataset, first_epoch=0), batches(again, first_epoch=1)
    assert len(whole) == 2 * len(resumed) == 2 * max(1, len(dataset.train) // batch_size)
    np.testing.assert_equal(resumed, whole[len(resumed) :])
    others = batches(dataset, first_epoch=1, seed=1)
    for different in (whole[: len(resumed)], others):
        assert any((a[0] != b[0]).any() for a, b in zip(resumed, different, strict=True))
