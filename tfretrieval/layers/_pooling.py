"""What the layers from maps to one vector a picture share."""


def check_maps(maps) -> None:
    """Raises `ValueError` unless the maps are ``[B, H, W, C]``."""
    if len(maps.shape) != 4:
        raise ValueError(f"maps must be [B, H, W, C], got shape {tuple(maps.shape)}")
