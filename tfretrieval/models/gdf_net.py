"""GDF-Net: parts found by attention, a graph between them, a hash layer under a classifier."""

import math

import tensorflow as tf

from tfretrieval.layers.bilinear_attention_pooling import BilinearAttentionPooling
from tfretrieval.layers.hash_layer import HashLayer
from tfretrieval.layers.part_graph import PartGraph
from tfretrieval.layers.part_nodes import PartNodes
from tfretrieval.models.classifiers import class_logits
from tfretrieval.models.features import pooled_features

layers = tf.keras.layers
# Root mean square of what enters the hash layer in the authors' network: two vectors of length 100
# with 3 x 32 x 768 entries together.
AUTHORS_SIZE = 100 * math.sqrt(2 / (3 * 32 * 768))


def gdf_net(
    backbone: tf.keras.Model,
    num_classes: int,
    bits: int = 48,
    parts: int = 32,
    neighbours: int = 3,
    *,
    layer: str | None = None,
    attention: bool = True,
    graph: bool = True,
    scale: float | None = None,
    standardize: bool = False,
    hash_activation: str = "tanh",
) -> tf.keras.Model:
    """Network of Sun et al. 2022 for cross-entropy, quantisation and bit balance side by side.

    Attention maps, one for each part, are a 1x1 convolution of the backbone's map with batch
    normalisation and ReLU. :class:`~tfretrieval.layers.BilinearAttentionPooling` pools the map part
    by part; :class:`~tfretrieval.layers.PartGraph` joins each part to those most like it. Both
    vectors times ``scale`` are the layer ``features``, which the hash layer ``codes`` reads; a
    linear classifier without bias reads the codes. With ``attention=False`` the features are the
    pooled map.

    What is retrieved with ends at the codes::

        encoder = tf.keras.Model(model.input, model.get_layer("codes").output)

    Source: the authors' code, whose hash layer has no activation; here codes lie in [-1, 1], as
    everywhere. It takes Inception-v3 up to Mixed_6e, ``layer="mixed7"`` of
    :func:`tfretrieval.backbones.inception_v3`.

    Args:
        backbone: model whose output is a map ``[B, h, w, C]``; its inputs, one image or several
            by name, are the model's.
        num_classes: width of the logits.
        bits: length of the code.
        parts: number of attention maps.
        neighbours: parts that a part of the graph sees, itself among them.
        layer: where the backbone is cut off; its end by default.
        attention: attention maps and pooling by them.
        graph: the graph between parts, beside the pooling.
        scale: what the vectors of unit length are multiplied by. By default what gives the features
            the mean square of the authors' network, where it is 100: with another number of parts
            or channels, 100 would drive a fresh tanh to its ends.
        standardize: a batch normalisation without center and scale, ``standardized``, between
            features and codes (ours). Tens of thousands of inputs that are never negative drive
            most bits to one side in the first step of Adam, and to stay there.
        hash_activation: of the :class:`~tfretrieval.layers.HashLayer`.

    Returns:
        A functional model, images to ``{"logits": [B, num_classes], "codes": [B, bits]}`` and, with
        ``attention``, ``"attention": [B, h, w, parts]``, all float32. With metrics Keras 3 looks
        for a target of every output: ``dict.fromkeys(model.output, label)`` will do.

    Raises:
        ValueError: fewer than two classes, ``bits``, ``parts`` or ``neighbours`` below one, more
            neighbours than parts, a graph without attention, a ``scale`` that is not positive, a
            layer that there is not or that gives no map.

    >>> from tfretrieval.losses import BitBalanceLoss, CauchyQuantizationLoss, Sum
    >>> image = tf.keras.Input((64, 64, 3))
    >>> backbone = tf.keras.Model(image, tf.keras.layers.Conv2D(8, 3, 8)(image))
    >>> model = gdf_net(backbone, num_classes=3, bits=12, parts=4)
    >>> cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> terms = Sum([CauchyQuantizationLoss(), BitBalanceLoss()], weights=[0.1, 0.1])
    >>> model.compile(loss={"logits": cross_entropy, "codes": terms}, jit_compile=False)
    >>> y = {"logits": tf.zeros([2]), "codes": tf.zeros([2])}
    >>> data = tf.data.Dataset.from_tensors((tf.zeros([2, 64, 64, 3]), y))
    >>> history = model.fit(data, verbose=0)
    """
    if graph and not attention:
        raise ValueError("the graph lies between parts: it needs attention=True")
    if scale is not None and scale <= 0:
        raise ValueError(f"scale must be positive, got {scale}")
    if layer is not None:
        backbone = _cut(backbone, layer)
    outputs = {}
    if attention:
        if parts < 1:
            raise ValueError(f"parts must be at least 1, got {parts}")
        outputs["attention"] = _attention(backbone, parts)
        features = _part_features(
            backbone.output, outputs["attention"], neighbours if graph else None, scale
        )
    else:
        features = pooled_features(backbone)
    if standardize:
        features = layers.BatchNormalization(
            center=False, scale=False, momentum=0.9, name="standardized", dtype="float32"
        )(features)
    codes = HashLayer(bits, hash_activation, name="codes")(features)
    outputs = {
        "logits": class_logits(codes, num_classes, use_bias=False),
        "codes": codes,
        **outputs,
    }
    return tf.keras.Model(backbone.input, outputs, name=f"{backbone.name}_gdf_net")


def _cut(backbone, layer):
    names = [x.name for x in backbone.layers]
    if layer not in names:
        raise ValueError(f"{backbone.name} has no layer {layer!r}; it ends in {names[-1]!r}")
    return tf.keras.Model(backbone.input, backbone.get_layer(layer).output, name=backbone.name)


def _attention(backbone, parts):
    """The layer ``attention``: ``[B, h, w, parts]``."""
    if len(backbone.output.shape) != 4:
        raise ValueError(
            f"the backbone must end in a map [B, h, w, C], not in {tuple(backbone.output.shape)}"
        )
    x = layers.Conv2D(parts, 1, use_bias=False, name="attention_conv")(backbone.output)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name="attention_bn")(x)
    return layers.ReLU(name="attention", dtype="float32")(x)


def _part_features(maps, attention, neighbours, scale):
    """The layer ``features``: what parts look like and, with ``neighbours``, their graph."""
    vectors = [BilinearAttentionPooling(name="pooling")([maps, attention])]
    if neighbours is not None:
        nodes = PartNodes(name="nodes")([maps, attention])
        vectors.append(PartGraph(neighbours, name="graph")(nodes))
    x = layers.Concatenate(name="parts")(vectors) if len(vectors) > 1 else vectors[0]
    if scale is None:
        scale = AUTHORS_SIZE * math.sqrt(x.shape[-1] / len(vectors))
    return layers.Rescaling(scale, name="features")(x)
