"""State dicts as torchvision's resnet18 and resnet50 have them, with drawn numbers."""

import numpy as np

BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}


def state_dict(seed: int, width: int = 64, depth: int = 18) -> dict[str, np.ndarray]:
    """All arrays by name; of ResNet18 the 122 that the golden file's rule draws: 102 of weights
    and 20 counters."""
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
    for layer, blocks in enumerate(BLOCKS[depth], start=1):
        inner = width * 2 ** (layer - 1)
        channels = inner if depth == 18 else 4 * inner
        for block in range(blocks):
            name = f"layer{layer}.{block}"
            kernels = [(inner, 3), (inner, 3)] if depth == 18 else [(inner, 1), (inner, 3)]
            kernels += [(channels, 1)] if depth == 50 else []
            into = incoming
            for number, (out, size) in enumerate(kernels, start=1):
                conv(f"{name}.conv{number}", out, into, size, size)
                norm(f"{name}.bn{number}", out)
                into = out
            if block == 0 and incoming != channels:
                conv(f"{name}.downsample.0", channels, incoming, 1, 1)
                norm(f"{name}.downsample.1", channels)
            incoming = channels
    put("fc.weight", generator.standard_normal((1000, incoming)) * np.sqrt(1 / incoming))
    put("fc.bias", generator.standard_normal(1000) * 0.1)
    return arrays
