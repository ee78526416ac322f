"""The settings of the remedies for a saliency network that finds the wrong thing."""

import dataclasses
import os
from typing import Any

from recipes.common.cli import option
from recipes.triplet.settings import TripletSettings, check_alpha


@dataclasses.dataclass(frozen=True)
class RemedySettings(TripletSettings):
    """What ``recipes.saliency_remedies`` lets its user set."""

    dataset: str = option("drawn_birds/crowded", "name in the catalogue: the target (ours)")
    source: str = option("drawn_objects", "what the saliency network is pretrained on (ours)")
    source_dir: str | None = option(None, "where that lies (default: TFDS's folder)")
    source_epochs: int = option(10, "epochs of the pretraining (ours)")
    network: str = option("resnet18", "trained (ours)", choices=("resnet18", "resnet18_i"))
    image_size: int = option(128, "pixels of a side (our choice)")
    width: int = option(16, "channels of the first stage (our choice)")
    weights: str = option("none", "what networks start from: none (ours), imagenet, or a file")
    epochs: int = option(20, "epochs of stage 1 (our choice)")
    hash_epochs: int = option(30, "epochs of stage 2 (our choice)")
    saliency_layer: str | None = option(
        "stage3_block2_out", "of the saliency networks: 8x8 cells, as in the paper"
    )
    alpha: float | str = option(0.4, "threshold of every row but the chosen one (paper)")
    alphas: tuple[float | str, ...] = option(
        (0.2, 0.3, 0.4, 0.5, 0.6, "mean"), "thresholds to choose from (ours)"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.source_dir is not None:
            object.__setattr__(self, "source_dir", os.path.abspath(self.source_dir))
        check_alpha(self.alpha, "alpha")
        for alpha in self.alphas:
            check_alpha(alpha, "alphas")

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """Half the epochs."""
        return {"source_epochs": 5, "epochs": 10, "hash_epochs": 15}
