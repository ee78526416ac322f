"""A state dict as torchvision's resnet18 has it, with drawn numbers."""

import numpy as np


def state_dict(seed: int, width: int = 64) -> dict[str, np.ndarray]:
    """The 122 arrays by name: 102 of weights, drawn by the golden file's rule, and 20 counters."""
    generator = np.random.default_rng(seed)
    arrays = {}

    def put(name, values):
        arrays[name] = np.asarray(values, np.float32)

    def conv(name, *shape):
        put(f"{name}.weight", generator.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:])))

    def norm(name, channels):
        put(f"{name}.weight", generator.uniform(0.5, 1.5, channels))
        put(f"{name}.bias", generator.standard_normal(channels) * 0.1)
        put(f"{name}.running_mean", generator.standard_normal(channels) * 0.1)
        put(f"{name}.running_var", generator.uniform(0.5, 1.5, channels))
        arrays[f"{name}.num_batches_tracked"] = np.array(0)

    conv("conv1", width, 3, 7, 7)
    norm("bn1", width)
    incoming = width
    for layer, channels in enumerate((width, 2 * width, 4 * width, 8 * width), start=1):
        for block in (0, 1):
            name = f"layer{layer}.{block}"
            conv(f"{name}.conv1", channels, incoming, 3, 3)
            norm(f"{name}.bn1", channels)
            conv(f"{name}.conv2", channels, channels, 3, 3)
            norm(f"{name}.bn2", channels)
            if layer > 1 and block == 0:
                conv(f"{name}.downsample.0", channels, incoming, 1, 1)
                norm(f"{name}.downsample.1", channels)
            incoming = channels
    put("fc.weight", generator.standard_normal((1000, incoming)) * np.sqrt(1 / incoming))
    put("fc.bias", generator.standard_normal(1000) * 0.1)
    return arrays
