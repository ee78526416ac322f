"""A tiny configuration of GDF-Net."""

from recipes.gdf.settings import GdfSettings

SMALL = {
    "dataset": "folder", "image_size": 16, "width": 4, "weights": "none", "backbone": "resnet18",
    "epochs": 2, "batch_size": 8, "bits": 12, "pretraining": 0, "parts": 3, "neighbours": 2,
    "hash_epochs": 2,
}  # fmt: skip


def settings(pictures, **changes):
    return GdfSettings(data_dir=str(pictures), **{**SMALL, **changes})
