"""Instances by a ranking loss: LRML on retrieval-SfM, tested on Oxford and Paris (Fan et al. 2019).

    python -m recipes.sfm_lrml --data-dir DATA              data/train/..., data/test/...
    python -m recipes.sfm_lrml --demo                       drawn things, minutes on two CPU cores
    python -m recipes.sfm_lrml --demo --losses lrml lrml-all     five negatives against all

The method: a network and a generalised mean (GeM) give one descriptor of length one a picture. It
is trained on tuples of a query, a picture of the same thing, and the five pictures of a pool that
are most similar to the query, of five other things, mined anew each epoch. The contrastive loss
pushes all negatives to one distance; LRML gives each a margin by its rank, so that their order
survives. Descriptors are then whitened, averaged over scales, and queries expanded. Only the
abstract of the paper was available: the loss is our reading, the rest is the framework of
Radenovic et al. 2019 (docs/papers/instance_retrieval.md).
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

import tfretrieval as tfr
from recipes import instance
from recipes.common.cli import main
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe
from recipes.instance.settings import BEFORE, InstanceSettings

if TYPE_CHECKING:
    import numpy as np

    from data_pipelines.instance_catalogue import InstanceData
    from recipes.instance.instance_result import InstanceResult
    from recipes.instance.pooled import Pooled


@dataclasses.dataclass(frozen=True)
class Config(InstanceSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="sfm_lrml", init=False)


def run(opened: Opened[InstanceSettings, InstanceData]) -> list[InstanceResult]:
    """The network before training, then every loss from there."""
    starting = instance.starting_weights.starting_weights(opened)
    network = instance.tuple_training.descriptor_network(opened, starting)
    seen = instance.pooled.look(opened, network)
    return [run_row(opened, loss, starting, seen) for loss in (BEFORE, *opened.config.losses)]


def run_row(
    opened: Opened[InstanceSettings, InstanceData],
    loss: str,
    starting: list[np.ndarray],
    seen: Pooled | None,
) -> InstanceResult:
    """One loss, or the network as it was before: trained, whitened, searched in four ways."""
    encoder = instance.tuple_training.descriptor_network(opened, starting, seen)
    history = None
    if loss != BEFORE:
        history = instance.tuple_training.train(opened, loss, encoder, seen)

    # Whitening is learned from the pairs that were trained on, and becomes the last layer.
    whitening = instance.whitening.learn_whitening(opened, loss, encoder, seen)
    whitened = whitening.appended_to(encoder)
    search = instance.search
    ways = {
        search.DESCRIPTOR: encoder,
        search.WHITENED: whitened,
        search.MULTI_SCALE: (seen or tfr.models).multi_scale(whitened),
    }
    found = {way: search.search(opened, loss, way, model, seen) for way, model in ways.items()}
    found[search.EXPANDED] = search.expanded(opened, found[search.MULTI_SCALE])
    if loss == opened.config.losses[-1]:
        exported = ways[search.MULTI_SCALE]
        if seen is not None:
            whole = instance.tuple_training.behind(opened, starting, encoder)
            exported = tfr.models.multi_scale(whitening.appended_to(whole))
        instance.export.export(opened, exported, found[search.MULTI_SCALE])
    return instance.instance_result.InstanceResult(
        loss, history, found, instance.held_out.look_at_held_out(opened, loss, encoder, seen)
    )


RECIPE = Recipe(
    load=lambda config, folder: instance.data.open_instances(config, folder),
    run=run,
    compose=lambda opened, results: instance.report.compose(opened, results),
    check=lambda config: instance.starting_weights.check(config),
)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
