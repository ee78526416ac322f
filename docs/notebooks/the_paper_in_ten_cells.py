# %% [markdown]
# # The paper in ten cells
#
# Pan, Chen, Lei, Shao, Huang: *A Fine-grained Image Retrieval Algorithm Based on Adaptive Triplet
# Network*, 2021, on two CPU cores in three to five minutes.
#
# A picture becomes a code of 64 bits, such that pictures of one species have codes with few
# different bits. The paper gets there in two stages: a network learns to tell the species apart,
# is frozen, and a small *hash layer* on top of it learns from triplets of pictures. Every step is
# plain Keras: layers, losses, `compile`, `fit`. What the paper does before all this, cutting out
# the bird with a saliency map, is left out here; the guide has it.
#
# The settings come first. `DATA` may be any name of `data_pipelines.catalogue`, or `"folder"`
# with the path of your own pictures in `DATA_DIR`.

# %% tags=["parameters"]
DATA = "drawn_birds/demo"
DATA_DIR = None
IMAGE_SIZE = 128  # the paper: 299
WIDTH = 16  # channels of the first stage of ResNet18; the paper: 64
BITS = 64
EPOCHS = 14  # of stage 1; the paper: 50
ROUNDS = 30  # of stage 2: mine, then train a few epochs
EPOCHS_A_ROUND = 3
BETA = 0.5  # hardness of the mined triplets; smaller is harder
SEED = 0

# %% [markdown]
# ## The pictures
#
# `drawn_birds/demo` is drawn by a program the first time it is asked for (half a minute): 40
# species, five to a genus. A data set is a table of records and three lists of row numbers: who
# trains, who is searched (the *database*), and who searches (the *queries*). Each row below is a
# species; neighbouring rows are easily taken for each other, which is what *fine-grained* means.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import catalogue, steps

tf.keras.utils.set_random_seed(SEED)
tf.config.experimental.enable_op_determinism()  # the same seed gives the same bits

data = catalogue.load(DATA, DATA_DIR, seed=SEED)
labels = data.records.labels


def batches(indices):
    """The pictures at these row numbers, nothing random: batches of (pixels in [0, 255], label)."""
    return steps.eval_batches(data.records, indices, image_size=IMAGE_SIZE, batch_size=64)


def pictures(indices):
    """The same in one array, uint8, for looking at."""
    return np.concatenate([images.numpy().round() for images, _ in batches(indices)]).astype("u1")


print(f"{len(data.train)} pictures train, {len(data.database)} are searched", end=", ")
print(f"{len(data.query)} search; {data.num_classes} classes")
rows, columns = min(4, data.num_classes), 8
figure, axes = plt.subplots(rows, columns, figsize=(columns, rows), layout="constrained")
for label in range(rows):
    members = np.resize(data.train[labels[data.train] == label], columns)
    for axis, image in zip(axes[label], pictures(members), strict=True):
        axis.imshow(image)
        axis.set_axis_off()

# %% [markdown]
# ## Stage 1: softmax cross-entropy
#
# The network is the paper's ResNet18-I: ResNet18 with one Inception-ResNet-C block after its
# deepest convolution. The block is a layer, the network a functional model; `classifier` puts
# average pooling (the layer `features`) and one logit a class behind it. For a picture with
# logits $z$ and class $y$ the loss is
#
# $$L = -\log \frac{e^{z_y}}{\sum_c e^{z_c}}.$$

# %%
backbone = tfr.backbones.resnet18_i((IMAGE_SIZE, IMAGE_SIZE, 3), width=WIDTH)
classifier = tfr.models.classifier(backbone, data.num_classes)
train = steps.train_batches(
    data.records, data.train, image_size=IMAGE_SIZE, batch_size=64, seed=SEED, epochs=EPOCHS
)
steps_per_epoch = max(1, len(data.train) // 64)
classifier.compile(
    tf.keras.optimizers.AdamW(
        tf.keras.optimizers.schedules.CosineDecay(1e-3, EPOCHS * steps_per_epoch),
        weight_decay=0.05,
    ),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    jit_compile=False,
)
stage1 = classifier.fit(
    train, epochs=EPOCHS, steps_per_epoch=steps_per_epoch, shuffle=False, verbose=2
)

# %% [markdown]
# ## Frozen means cached
#
# From now on the network does not change, so every picture passes it once, and all that follows
# works on its pooled features. They are positive and unequal in scale; a normalisation layer,
# which learns its mean and variance from the training pictures, puts that right.

# %%
network = tf.keras.Model(classifier.input, classifier.get_layer("features").output)
raw = network.predict(batches(np.arange(len(data.records))), verbose=0)
normalize = tf.keras.layers.Normalization()
normalize.adapt(raw[data.train])
features = normalize(raw).numpy()
print(f"features of all pictures: {features.shape}")

# %% [markdown]
# ## Mining
#
# A *triplet* is an anchor $A$, a positive $P$ of its class and a negative $N$ of another one.
# Most triplets teach nothing, because $N$ is far away already. Equation 4 of the paper takes hard
# ones: of the $|P|$ other pictures of the anchor's class, one of the farthest $\beta |P|$; of the
# $|N|$ pictures of other classes, one of the nearest $0.1 \beta |N|$. With $d$ the Euclidean
# distance of codes, what counts is the gap $d(A, N) - d(A, P)$: below zero a picture of another
# class is nearer than one of the anchor's own. Left: the gaps of mined triplets for three
# $\beta$, the hash layer being as it was drawn at random. Right: three of them.

# %%
hash_layer = tfr.layers.HashLayer(BITS, name="codes")
embeddings = hash_layer(features[data.train]).numpy()


def mine(beta, seed):
    return tfr.mining.hard_triplets(embeddings, labels[data.train], beta, seed)


def gaps(triplets):
    anchor, positive, negative = np.moveaxis(embeddings[triplets], 1, 0)
    return np.linalg.norm(anchor - negative, axis=1) - np.linalg.norm(anchor - positive, axis=1)


figure = plt.figure(figsize=(8, 3.2), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=(1.5, 1))
axis = left.subplots()
for beta in (1.0, 0.5, 0.1):
    axis.hist(gaps(mine(beta, SEED)), 40, histtype="step", lw=1.8, label=f"beta = {beta}")
axis.set_xlabel("gap d(A, N) - d(A, P)")
axis.set_ylabel("triplets")
axis.legend(frameon=False)
mined = mine(BETA, SEED)
chosen = mined[np.linspace(0, len(mined) - 1, 3).astype(int)]
shown = pictures(data.train[chosen].ravel())
for place, axis in enumerate(right.subplots(3, 3).ravel()):
    axis.imshow(shown[place])
    axis.set_axis_off()
    if place < 3:
        axis.set_title(("anchor", "positive", "negative")[place], fontsize=9)

# %% [markdown]
# ## Stage 2: the adaptive triplet loss
#
# The usual triplet loss, $\max(d(A, P) - d(A, N) + m, 0)$ (equation 1), stops pulling at a
# triplet whose gap has reached the margin $m$, and $m$ has to be found by trying. The adaptive
# loss lets its margin follow the training (equations 2 and 3):
#
# $$L = 1 - \frac{1}{1 + e^{-(d(A, N) - d(A, P) - m_1)}},
# \qquad m_1 = \operatorname{mean}\bigl(d(A, N) - d(A, P)\bigr).$$
#
# The mean is over all mined triplets, taken anew at every mining; as a constant for the gradient
# it travels as the target of `fit`. The model is the hash layer alone, on features `[triplets, 3,
# D]`.

# %%
inputs = tf.keras.Input((3, features.shape[1]))
head = tf.keras.Model(inputs, hash_layer(inputs))
head.compile(
    tf.keras.optimizers.Adam(1e-3),
    tfr.losses.AdaptiveTripletLoss("given"),
    metrics=[tfr.metrics.PositiveDistance(), tfr.metrics.NegativeDistance(), tfr.metrics.Gap()],
    jit_compile=False,
)
before = hash_layer(features).numpy()
rounds = {name: [] for name in ("epoch", "margin1", "d_ap", "d_an", "gap")}
for first in range(0, ROUNDS * EPOCHS_A_ROUND, EPOCHS_A_ROUND):
    embeddings = hash_layer(features[data.train]).numpy()
    mined = mine(BETA, [SEED, first])
    margin1 = tfr.mining.mined_margin(embeddings, mined)
    last = first + EPOCHS_A_ROUND
    logs = head.fit(
        features[data.train][mined],
        np.full(len(mined), margin1, "float32"),
        batch_size=64,
        initial_epoch=first,
        epochs=last,
        verbose=0,
    ).history
    rounds["epoch"].append(last)
    rounds["margin1"].append(margin1)
    for name in ("d_ap", "d_an", "gap"):
        rounds[name].append(logs[name][-1])
codes = hash_layer(features).numpy()

# %% [markdown]
# The loss itself says nothing: it returns to about one half whenever the margin is taken anew.
# The distances do (figure 5 of the paper). Mined triplets are the hard ones, so their gap starts
# below zero; the paper wants it to come close to 5.

# %%
tfr.plots.distance_curves({"ResNet18-I": rounds}, target=5.0, title="mined triplets by epoch")

# %% [markdown]
# ## Evaluation
#
# A bit is $h \ge 0$. Each query ranks the database by the number of different bits (Hamming
# distance). With $R$ relevant pictures in the database, $r_k = 1$ if the picture at rank $k$ is
# relevant, and $P_k$ the relevant share of the first $k$ ranks,
#
# $$\mathrm{AP} = \frac{1}{R} \sum_k P_k\, r_k, \qquad
# \mathrm{mAP} = \operatorname{mean}_{\text{queries}} \mathrm{AP}.$$
#
# 64 bits have only 65 distances, so many pictures are equally far. The figure below is the
# expected value over all orders inside such ties, and is printed with its definition. Beside the
# codes stand those of the hash layer as it was drawn at random, and the features themselves by
# cosine similarity.


# %%
def measured(codes):
    return tfr.evaluation.hamming_retrieval(
        codes[data.query], labels[data.query], codes[data.database], labels[data.database]
    )


real_valued = tfr.evaluation.cosine_retrieval(
    raw[data.query], labels[data.query], raw[data.database], labels[data.database]
)
result = measured(codes)
print(f"features, {raw.shape[1]} numbers:   {100 * real_valued.mean_average_precision:.1f} mAP")
print(f"codes before stage 2: {100 * measured(before).mean_average_precision:.1f} mAP")
print(f"codes after stage 2:  {100 * result.mean_average_precision:.1f} mAP")
print(f"pictures in any order: {100 * np.mean(result.n_relevant) / len(data.database):.1f} mAP")
print(result.definition)

# %% [markdown]
# ## Look at the answers
#
# Queries drawn at random, not by how well they are answered, and their nearest pictures. Green:
# the same species. The number is the Hamming distance.

# %%
index = tfr.search.HammingIndex(BITS)
index.add(tfr.codes.pack(codes[data.database]), data.database)
queries = np.random.default_rng(SEED).permutation(data.query)[:6]
distances, answers = index.search(tfr.codes.pack(codes[queries]), k=8)
tfr.plots.gallery(
    pictures(queries),
    pictures(answers.ravel()).reshape(*answers.shape, IMAGE_SIZE, IMAGE_SIZE, 3),
    labels[answers] == labels[queries][:, None],
    query_names=[data.records.class_names[label] for label in labels[queries]],
    distances=distances,
)

# %% [markdown]
# ## Export
#
# Network, normalisation and hash layer become one model, and that a SavedModel: bytes of pictures
# in, packed codes out. Plain TensorFlow runs it, without this package (the notebook *A saved
# model in plain TensorFlow*). The last line holds its bits against those from above.

# %%
features_of = classifier.get_layer("features").output
encoder = tf.keras.Model(classifier.input, hash_layer(normalize(features_of)))
folder = Path(tempfile.mkdtemp()) / "savedmodel"
tfr.export.export_encoder(encoder, folder, IMAGE_SIZE)

exported = tf.saved_model.load(str(folder))
contents = tf.constant([data.records.read(i) for i in data.query[:64]])
packed = exported.signatures["encode_bytes"](contents=contents)["packed"].numpy()
differs = np.unpackbits(packed ^ tfr.codes.pack(codes[data.query[:64]])).sum()
print(f"{packed.shape[0]} pictures, {packed.shape[1]} bytes each; {differs} bits differ")
