"""The recipe at the paper's sizes, one step of every stage, and its demo settings."""

import numpy as np
import tensorflow as tf

from recipes.cub_triplet import Config, triplet_losses
from tfretrieval.backbones import resnet18_i
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss
from tfretrieval.models import classifier, hash_encoder


def test_one_step_of_every_stage_at_full_width_and_299_pixels():
    config = Config()
    size = (config.image_size, config.image_size, 3)
    images = np.random.default_rng(0).uniform(0, 255, (2, *size)).astype(np.float32)
    backbone = resnet18_i(size, config.width)
    assert backbone.output_shape == (None, 10, 10, 512)
    model = classifier(backbone, 200)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    assert np.isfinite(model.train_on_batch(images, np.array([0, 199])))
    backbone.trainable = False
    codes = hash_encoder(backbone, config.bits)(images)
    triplets = tf.stack([codes, codes, codes[::-1]], axis=1)
    assert np.isfinite(AdaptiveTripletLoss("batch")(np.zeros(2), triplets))


def test_the_paper_s_numbers_are_the_defaults():
    config = Config()
    assert (config.dataset, config.image_size, config.width) == ("caltech_birds2011", 299, 64)
    assert (config.epochs, config.hash_epochs, config.remine, config.bits) == (50, 90, 3, 64)


def test_demo_shrinks_pixels_width_and_epochs_of_stage_1_only():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {"dataset", "image_size", "width", "epochs"}


def test_every_margin_and_every_reading_of_margin1_has_a_head():
    losses = triplet_losses(Config(bits=32))
    fixed = [loss for loss, _ in losses.values() if isinstance(loss, TripletLoss)]
    assert [(loss.margin, loss.squared) for loss in fixed] == [
        (0.25, False),
        (0.5, False),
        (1.0, False),
        (2.0, False),
        (4.0, False),
        (8.0, True),
    ]
    assert losses["adaptive-all_pairs"][1] == "all_pairs"
    assert losses["adaptive-batch"][0].margin == "batch"


def test_the_data_set_of_the_paper_is_asked_for_in_one_line(tmp_path, capsys):
    from recipes import cub_triplet
    from recipes.common.cli import main

    argv = ["--data-dir", str(tmp_path / "empty"), "--run-dir", str(tmp_path / "run")]
    assert main(Config, cub_triplet.run, cub_triplet.run_seeds, "about", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "caltech_birds2011" in error
