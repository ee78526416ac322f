# %% [markdown]
# # Your own folder, and classes never trained on
#
# A folder for each class is all that is needed. Half of the classes train a network; the other
# half, never seen in training, is searched: each picture looks for the others of its class. That is
# what a collection that grows will ask for, and what metric learning measures as *Recall@1*: the
# share of pictures whose nearest picture is of their own class.
#
# The pictures are drawn birds, written into a folder first, so that the notebook runs as it is. For
# your own set `FOLDER` to the path of your class folders. The whole comparison, with tables and
# figures, is one command: `python -m recipes.folder_triplet --data-dir FOLDER --split zero_shot`.

# %% tags=["parameters"]
FOLDER = None  # path of your class folders; None: drawn birds
IMAGE_SIZE = 96
WIDTH = 16  # channels of the first stage of ResNet18
BITS = 64
BATCH_SIZE = 64
EPOCHS = 16
SEED = 0

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

if FOLDER is None:
    FOLDER = Path(tempfile.mkdtemp())
    birds = catalogue.load("drawn_birds/demo").records
    for i, (picture_id, label) in enumerate(zip(birds.ids, birds.labels, strict=True)):
        file = FOLDER / birds.class_names[label] / f"{picture_id.replace('/', '-')}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(birds.read(i))

# %% [markdown]
# ## Who trains, who is searched
#
# Every picture is looked at once; one that cannot be read stops here, with its path. `zero_shot`
# draws half of the classes by the seed.

# %%
data = catalogue.load("folder", str(FOLDER), seed=SEED, split="zero_shot")
labels = data.records.labels
seen, unseen = np.unique(labels[data.train]), np.unique(labels[data.query])
print(f"{len(data.train)} pictures of {len(seen)} classes train")
print(f"{len(data.query)} pictures of {len(unseen)} other classes are searched")
assert not np.intersect1d(seen, unseen).size


def pictures(indices):
    batches = steps.eval_batches(
        data.records, indices, image_size=IMAGE_SIZE, batch_size=BATCH_SIZE
    )
    return np.concatenate([images.numpy().round() for images, _ in batches]).astype("u1")


figure, axes = plt.subplots(2, 8, figsize=(8, 2.3), layout="constrained")
for row, (title, part) in enumerate((("trained on", data.train), ("searched", data.query))):
    _, first = np.unique(labels[part], return_index=True)
    for axis, image in zip(axes[row], pictures(part[np.resize(first, 8)]), strict=True):
        axis.imshow(image)
        axis.set_axis_off()
    axes[row, 0].set_title(title, fontsize=10, loc="left")
plt.show()

# %% [markdown]
# ## A network that gives codes
#
# ResNet18 and a hash layer, whose 64 numbers in [-1, 1] become bits by their signs. To train it,
# the classes are told apart by the codes alone: a dense layer on them, cross-entropy, `fit`.
# Afterwards that layer is left off; the encoder keeps the weights.

# %%
backbone = tfr.backbones.resnet18((IMAGE_SIZE, IMAGE_SIZE, 3), width=WIDTH)
encoder = tfr.models.hash_encoder(backbone, bits=BITS)
untrained = encoder.get_weights()
logits = tf.keras.layers.Dense(data.num_classes, name="logits")(encoder.output)
classifier = tf.keras.Model(encoder.input, logits)
steps_per_epoch = max(1, len(data.train) // BATCH_SIZE)
schedule = tf.keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * steps_per_epoch)
classifier.compile(
    tf.keras.optimizers.AdamW(schedule, weight_decay=0.05),
    tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    jit_compile=False,
)
train = steps.train_batches(
    data.records,
    data.train,
    image_size=IMAGE_SIZE,
    batch_size=BATCH_SIZE,
    seed=SEED,
    epochs=EPOCHS,
)
history = classifier.fit(
    train, epochs=EPOCHS, steps_per_epoch=steps_per_epoch, shuffle=False, verbose=2
)

# %% [markdown]
# ## Measured on the classes that it never saw
#
# The database is the queries themselves; a query does not find itself. Beside the trained network
# stands the same network before its first step: what random convolutions already tell apart.


# %%
def codes_of(indices):
    batches = steps.eval_batches(
        data.records, indices, image_size=IMAGE_SIZE, batch_size=BATCH_SIZE
    )
    return encoder.predict(batches.map(lambda image, label: image), verbose=0)


def measured(codes):
    wanted = labels[data.query]
    return tfr.evaluation.hamming_retrieval(
        codes, wanted, codes, wanted, leave_one_out=True, ks=(1,)
    )


def recall_at_1(result):
    return result.mean(result.hit_at_k[:, 0])


codes = codes_of(data.query)
trained_weights = encoder.get_weights()
encoder.set_weights(untrained)
before = measured(codes_of(data.query))
encoder.set_weights(trained_weights)
after = measured(codes)
for name, result in (("before training", before), ("after training", after)):
    figures = 100 * result.mean_average_precision, 100 * recall_at_1(result)
    print("{:16}{:5.1f} mAP {:5.1f} R@1".format(name, *figures))
print(after.definition)

# %% [markdown]
# ## Look at the answers
#
# Queries drawn at random. Green: the same class.

# %%
index = tfr.search.HammingIndex(BITS)
index.add(tfr.codes.pack(codes), data.query)
queries = np.random.default_rng(SEED).permutation(len(data.query))[:6]
# The nearest of all is the query itself, or a picture with the very same code.
distances, answers = index.search(tfr.codes.pack(codes[queries]), k=9)
others = np.argsort(answers == data.query[queries][:, None], axis=1, kind="stable")[:, :8]
distances = np.take_along_axis(distances, others, axis=1)
answers = np.take_along_axis(answers, others, axis=1)


tfr.plots.gallery(
    pictures(data.query[queries]),
    pictures(answers.ravel()).reshape(*answers.shape, IMAGE_SIZE, IMAGE_SIZE, 3),
    labels[answers] == labels[data.query[queries]][:, None],
    query_names=[data.records.class_names[label] for label in labels[data.query[queries]]],
    distances=distances,
)
