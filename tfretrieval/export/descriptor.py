"""A descriptor network as a SavedModel that plain TensorFlow runs."""

from pathlib import Path

import tensorflow as tf

from tfretrieval import images as image_ops
from tfretrieval.export.saved_model import known_files


def export_descriptor(model: tf.keras.Model, folder: str | Path, long_side: int) -> None:
    """Writes a network for pictures of every size as a SavedModel.

    Its signature ``encode_bytes(contents=string [B])`` takes JPEG or PNG files of any sizes and
    returns ``descriptors``, float32 ``[B, D]`` of length one. A picture keeps its aspect and is
    shrunk until its longer side has ``long_side`` pixels; one after the other passes the network,
    since they differ in size.

    Args:
        model: images ``[B, H, W, 3]`` of any H and W to ``[B, D]``.
        folder: must not exist yet.
        long_side: pixels at most.

    Raises:
        FileExistsError: the folder exists.
    """
    if Path(folder).exists():
        raise FileExistsError(f"{folder} exists: export into a folder of its own")
    module = _Descriptor(model, long_side)
    signatures = {"encode_bytes": module.encode_bytes, "serving_default": module.encode_bytes}
    tf.saved_model.save(module, str(folder), signatures=signatures)


class _Descriptor(tf.Module):
    def __init__(self, model: tf.keras.Model, long_side: int):
        super().__init__()
        self.model = model
        self.long_side = long_side

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="contents")])
    def encode_bytes(self, contents):
        def one(content):
            picture = image_ops.load_bounded(content, self.long_side)
            return self.model(picture[None], training=False)[0]

        kind = tf.TensorSpec(self.model.output_shape[1:], tf.float32)
        return {"descriptors": tf.map_fn(one, known_files(contents), fn_output_signature=kind)}
