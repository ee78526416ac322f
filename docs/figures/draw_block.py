"""Draws `docs/figures/block.png`, figure 2 of Pan et al. 2021, from the network itself.

python -m docs.figures.draw_block
"""

from pathlib import Path

from PIL import Image

from tfretrieval.backbones import resnet18_i
from tfretrieval.inspection import data_flow
from tfretrieval.plots import block_diagram


def main() -> None:
    network = resnet18_i((299, 299, 3))
    block = network.get_layer("inception_resnet_c")
    figure = block_diagram(
        data_flow(block, block.output.shape[1:]), "The block of ResNet18-I: Inception-ResNet-C"
    )
    file = Path(__file__).with_name("block.png")
    figure.savefig(file, dpi=110)
    Image.open(file).convert("RGB").quantize(64).save(file, optimize=True)


if __name__ == "__main__":
    main()
