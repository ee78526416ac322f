"""Which pictures an epoch shows, in which order: NumPy, and a pure function of (seed, epoch).

Nothing here remembers anything, so a run that was killed and continues at epoch e sees what the
uninterrupted one would have seen.
"""

import numpy as np


def steps_per_epoch(n: int, batch_size: int) -> int:
    """Full batches in `n` examples; one smaller batch where there are fewer than `batch_size`.

    >>> steps_per_epoch(100, 32), steps_per_epoch(20, 32)
    (3, 1)
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"examples and batch size must be positive, got {n} and {batch_size}")
    return max(1, n // batch_size)


def shuffled(n: int, seed: int, epoch: int, stream: int = 0) -> np.ndarray:
    """The numbers 0..n-1 in the order of this epoch, int64 `[n]`.

    Args:
        stream: lists that are drawn side by side need one each: of the same stream, two lists of
            one length come in the same order, and are pairs instead of random.

    >>> shuffled(5, seed=1, epoch=0).tolist() == shuffled(5, seed=1, epoch=0).tolist()
    True
    """
    # An entropy of zero at the end is none: stream 0 is what a single list is drawn by.
    return np.random.default_rng([seed, epoch, stream]).permutation(n).astype(np.int64)


def classes_by_pictures(
    labels: np.ndarray,
    *,
    classes_per_batch: int,
    images_per_class: int,
    seed: int,
    epoch: int,
) -> np.ndarray:
    """Batches of P classes with K pictures each: int64 `[steps, P, K]`, positions in `labels`.

    Each batch draws P different classes evenly, then K different pictures of each (with repetition
    only where a class has fewer). A class with a single picture has no positive pair and is never
    drawn. An epoch has as many batches as the pictures fill.

    Raises:
        ValueError: labels not `[N]`, K below 2, or fewer than P classes with two pictures.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError("batches of P classes x K pictures need one label for each picture")
    if images_per_class < 2:
        raise ValueError(f"images_per_class must be at least 2, got {images_per_class}")
    _, counts = np.unique(labels, return_counts=True)
    by_class = np.split(np.argsort(labels, kind="stable"), np.cumsum(counts)[:-1])
    members = [pictures for pictures in by_class if len(pictures) > 1]
    if not 1 <= classes_per_batch <= len(members):
        raise ValueError(
            f"classes_per_batch must be 1..{len(members)}, the classes with two pictures or more; "
            f"got {classes_per_batch}"
        )
    rng = np.random.default_rng([seed, epoch])

    def draw(pictures: np.ndarray) -> np.ndarray:
        return rng.choice(pictures, images_per_class, replace=len(pictures) < images_per_class)

    steps = steps_per_epoch(int(counts[counts > 1].sum()), classes_per_batch * images_per_class)
    chosen = [rng.choice(len(members), classes_per_batch, replace=False) for _ in range(steps)]
    return np.array([[draw(members[c]) for c in batch] for batch in chosen], np.int64)
