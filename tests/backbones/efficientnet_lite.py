"""State dicts as the packages' torch code has them, with drawn numbers."""

import numpy as np

# Kernel, stride, expansion, channels in and out, repeats of the seven stages of Lite0.
STAGES = (
    (3, 1, 1, 32, 16, 1),
    (3, 2, 6, 16, 24, 2),
    (5, 2, 6, 24, 40, 2),
    (3, 2, 6, 40, 80, 3),
    (5, 1, 6, 80, 112, 3),
    (5, 2, 6, 112, 192, 4),
    (3, 1, 6, 192, 320, 1),
)
# Lite1 and Lite2 have one block more in the inner stages, and Lite2 these channels.
WIDER = {40: 48, 80: 88, 112: 120, 192: 208, 320: 352}


def stages(number: int) -> list[tuple[int, int, int, int, int, int]]:
    """:data:`STAGES` of a Lite ``number``, 0 to 2."""
    wider = WIDER if number == 2 else {}
    return [
        (k, s, e, wider.get(i, i), wider.get(o, o), n + (number > 0 and n > 1))
        for k, s, e, i, o, n in STAGES
    ]


def state_dict(seed: int, number: int, width: int = 8) -> dict[str, np.ndarray]:
    """All arrays by name, in the golden file's order of drawing; counters too."""
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

    def scaled(channels):
        return channels * width // 32

    conv("_conv_stem", width, 3, 3, 3)
    norm("_bn0", width)
    block = 0
    for kernel, _, expansion, first, channels, repeats in stages(number):
        for repeat in range(repeats):
            name, incoming = f"_blocks.{block}", scaled(channels if repeat else first)
            inside = expansion * incoming
            if expansion > 1:
                conv(f"{name}._expand_conv", inside, incoming, 1, 1)
                norm(f"{name}._bn0", inside)
            conv(f"{name}._depthwise_conv", inside, 1, kernel, kernel)
            norm(f"{name}._bn1", inside)
            conv(f"{name}._project_conv", scaled(channels), inside, 1, 1)
            norm(f"{name}._bn2", scaled(channels))
            block += 1
    conv("_conv_head", scaled(1280), scaled(channels), 1, 1)
    norm("_bn1", scaled(1280))
    put("_fc.weight", generator.standard_normal((1000, scaled(1280))) * np.sqrt(1 / scaled(1280)))
    put("_fc.bias", generator.standard_normal(1000) * 0.1)
    return arrays
