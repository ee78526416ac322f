# %% [markdown]
# # A saved model in plain TensorFlow
#
# What a run exports is a SavedModel: bytes of pictures in, packed codes out. Whoever searches with
# it needs TensorFlow and NumPy, and nothing of this package: not its layers, not its losses, not
# its preprocessing. The first part makes a small encoder and exports it; a run has done that
# already (`RUN/savedmodel`). Everything behind the second heading is plain TensorFlow.

# %% tags=["parameters"]
IMAGE_SIZE = 96
WIDTH = 16  # channels of the first stage of ResNet18
BITS = 64
EPOCHS = 10
SEED = 0

# %% [markdown]
# ## Made here: an encoder, and a folder of pictures

# %%
import tempfile
from pathlib import Path

import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import catalogue, steps

tf.keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()  # the same seed gives the same bits

data = catalogue.load("drawn_birds/demo")
encoder = tfr.models.hash_encoder(
    tfr.backbones.resnet18((IMAGE_SIZE, IMAGE_SIZE, 3), width=WIDTH), bits=BITS
)
# Trained to tell the species apart by their codes; the last layer is left off again.
logits = tf.keras.layers.Dense(data.num_classes, name="logits")(encoder.output)
classifier = tf.keras.Model(encoder.input, logits)
classifier.compile(
    tf.keras.optimizers.AdamW(2e-3, weight_decay=0.05),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    jit_compile=False,
)
classifier.fit(
    steps.train_batches(
        data.records, data.train, image_size=IMAGE_SIZE, batch_size=64, seed=SEED, epochs=EPOCHS
    ),
    epochs=EPOCHS,
    steps_per_epoch=len(data.train) // 64,
    shuffle=False,
    verbose=2,
)

folder = Path(tempfile.mkdtemp())
tfr.export.export_encoder(encoder, folder / "savedmodel", IMAGE_SIZE)
for part, indices in (("database", data.database), ("query", data.query)):
    for i in indices:
        name = data.records.class_names[data.records.labels[i]]
        file = folder / part / name / Path(str(data.records.ids[i])).name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data.records.read(i))

# %% [markdown]
# ## From here on nothing of tfretrieval
#
# The signature `encode_bytes` takes a batch of encoded pictures and gives `packed`, eight bits a
# byte, most significant first.

# %%
import io

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from PIL import Image

exported = tf.saved_model.load(str(folder / "savedmodel"))
encode = exported.signatures["encode_bytes"]


def packed_codes(files, batch=64):
    batches = [files[i : i + batch] for i in range(0, len(files), batch)]
    contents = [tf.constant([file.read_bytes() for file in part]) for part in batches]
    return np.concatenate([encode(contents=part)["packed"].numpy() for part in contents])


database = sorted((folder / "database").rglob("*.jpg"))
queries = sorted((folder / "query").rglob("*.jpg"))
codes = packed_codes(database)
print(f"{len(database)} pictures are {codes.nbytes:,} bytes of codes")

# %% [markdown]
# ## Search
#
# The Hamming distance of two codes is the number of ones in their exclusive or. A table of the 256
# bytes counts them; a stable sort ranks.

# %%
ones = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1).astype(np.uint16)


def search(query_codes, k):
    distances = ones[query_codes[:, None] ^ codes].sum(2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, nearest, axis=1), nearest


query_codes = packed_codes(queries)
distances, nearest = search(query_codes, k=1)
names = np.array([file.parent.name for file in database])
wanted = np.array([file.parent.name for file in queries])
right = np.mean(names[nearest[:, 0]] == wanted)
print(f"the nearest picture is of the query's species for {100 * right:.1f} % of the queries")

# %% [markdown]
# ## Look at the answers

# %%
chosen = np.random.default_rng(0).permutation(len(queries))[:4]
distances, nearest = search(query_codes[chosen], k=6)
figure, axes = plt.subplots(len(chosen), 7, figsize=(8.4, 5.2), layout="constrained")
for row, query in zip(range(len(chosen)), chosen, strict=True):
    files = [queries[query], *(database[i] for i in nearest[row])]
    for axis, file in zip(axes[row], files, strict=True):
        axis.imshow(Image.open(io.BytesIO(file.read_bytes())))
        axis.set_xticks([])
        axis.set_yticks([])
        same = file.parent.name == wanted[query]
        axis.spines[:].set(color="#009E73" if same else "#D55E00", linewidth=2.5)
    axes[row, 0].spines[:].set(color="black", linewidth=1)
    for axis, distance in zip(axes[row, 1:], distances[row], strict=True):
        axis.set_xlabel(f"{distance}", fontsize=9, labelpad=1)
axes[0, 0].set_title("query", fontsize=10)
figure.suptitle("nearest pictures and their Hamming distance; green: the same species", fontsize=11)
plt.show()
