"""torchvision's weights for our ResNets."""

import os
from pathlib import Path

import tensorflow as tf

from tfretrieval.backbones.state_dict import load_state_dict
from tfretrieval.backbones.weights_file import Published, weights_path

# Depth -> torchvision's IMAGENET1K_V1 weights of that ResNet, 46,807,446 and 102,469,840 bytes;
# docs/how_to/weights.md says what is known of them.
IMAGENET = {
    18: Published(
        "resnet18.tv_in1k.safetensors",
        "https://huggingface.co/timm/resnet18.tv_in1k/resolve/main/model.safetensors",
        "694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81",
    ),
    50: Published(
        "resnet50.tv_in1k.safetensors",
        "https://huggingface.co/timm/resnet50.tv_in1k/resolve/main/model.safetensors",
        "5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888",
    ),
}
# Channels of the first stage in them.
WIDTH = 64
# Depth -> blocks of the four stages.
BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
# Convolutions of a block; from 50 layers on blocks are bottlenecks.
CONVOLUTIONS = {18: 2, 50: 3}


def resnet_file(
    name: str, depth: int, weights: str | os.PathLike[str] | None, width: int, download: bool
) -> Path | None:
    """:func:`weights_path` for a ResNet of this depth."""
    return weights_path(name, weights, IMAGENET[depth], width, WIDTH, download)


def resnet_keys(depth: int = 18) -> dict[str, str]:
    """Our layer -> torch's module, for every layer of a ResNet that has weights.

    >>> keys = resnet_keys()
    >>> keys["stem_conv"], keys["stage2_block1_shortcut_bn"], keys["logits"]
    ('conv1', 'layer2.0.downsample.1', 'fc')
    >>> resnet_keys(50)["stage1_block3_bn3"]
    'layer1.2.bn3'
    """
    keys = {"stem_conv": "conv1", "stem_bn": "bn1", "logits": "fc"}
    for stage, blocks in enumerate(BLOCKS[depth], start=1):
        for block in range(1, blocks + 1):
            ours, torch = f"stage{stage}_block{block}", f"layer{stage}.{block - 1}"
            for number in range(1, CONVOLUTIONS[depth] + 1):
                for part in ("conv", "bn"):
                    keys[f"{ours}_{part}{number}"] = f"{torch}.{part}{number}"
        # Where the channels change; those of basic blocks do not in the first stage.
        if stage > 1 or CONVOLUTIONS[depth] == 3:
            keys[f"stage{stage}_block1_shortcut_conv"] = f"layer{stage}.0.downsample.0"
            keys[f"stage{stage}_block1_shortcut_bn"] = f"layer{stage}.0.downsample.1"
    return keys


def load_torch_resnet(model: tf.keras.Model, path: str | os.PathLike[str], depth: int = 18) -> None:
    """Gives a ResNet the weights of a torchvision state dict, by :func:`load_state_dict`.

    Args:
        model: a ResNet at width 64; layers it has beyond torchvision's keep their weights.
        path: a ``.safetensors`` file, or one that ``torch.save`` wrote. timm's
            ``resnet18.tv_in1k`` and ``resnet50.tv_in1k`` have the same names.
        depth: 18 or 50.

    Raises:
        WeightsError: a file that cannot be read, or that lacks an array, has one too many or one
            of another shape; the model is left as it was.
    """
    load_state_dict(model, path, resnet_keys(depth), f"torchvision's ResNet{depth}")
