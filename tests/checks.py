"""Contract checkers: one call holds a layer, a loss, a data set or a recipe to the house rules."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf

from tests.check_dataset import check_dataset
from tfretrieval import files

__all__ = [
    "check_dataset",
    "check_exported_bits",
    "check_layer",
    "check_loss",
    "check_recipe",
    "mixed_precision",
]


@contextlib.contextmanager
def mixed_precision(policy: str = "mixed_float16"):
    """Runs the body under a global dtype policy."""
    before = tf.keras.mixed_precision.global_policy()
    tf.keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        tf.keras.mixed_precision.set_global_policy(before)


def convolves_nothing() -> bool:
    """Whether TensorFlow's convolution of an empty batch has the right shape; with oneDNN, the
    default on CPUs with AVX-512, it has that of its input (``compat.never_empty``)."""
    maps = tf.nn.conv2d(tf.zeros([0, 2, 2, 1]), tf.zeros([1, 1, 1, 3]), 1, "SAME")
    return maps.shape[-1] == 3


def check_layer(
    make, x, *, tolerance: float = 1e-5, empty: bool = True, central_difference: bool = True
) -> None:
    """Holds a layer to the contract.

    ``make`` builds the layer anew, ``x`` is one float32 batch. Checked: eager = graph = XLA for
    outputs and gradients, while training and not, the gradient of the input against a central
    difference (not where it is another one on purpose), the declared output shape, an empty batch,
    config and ``.keras`` round trips with equal outputs, one fit step that moves the weights,
    nearly equal outputs under mixed precision.
    """
    layer = make()
    x = tf.constant(x)
    eager = layer(x).numpy()
    assert np.isfinite(eager).all()
    assert tuple(layer.compute_output_shape(tuple(x.shape))) == eager.shape
    results = {}
    for training in (False, True):
        outputs, gradients = _outputs_and_gradients(layer, x, training)
        assert all(g is not None and np.isfinite(g).all() for g in gradients)
        for jit in (False, True):
            compiled = tf.function(
                lambda t=training: _outputs_and_gradients(layer, x, t), jit_compile=jit
            )
            # XLA takes longest: what most layers do while training is the same graph once more.
            graph = compiled.get_concrete_function().graph.as_graph_def()
            program = jit, graph.SerializeToString(deterministic=True)
            if program not in results:
                results[program] = compiled()
            compiled_outputs, compiled_gradients = results[program]
            largest = np.abs(outputs).max()
            np.testing.assert_allclose(compiled_outputs, outputs, rtol=1e-4, atol=1e-5 * largest)
            for a, b in zip(compiled_gradients, gradients, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(b).max() + 1e-6)
    if central_difference:
        _check_input_gradient(layer, x)
    # Training steps have moved the statistics of batch normalisation.
    eager = layer(x).numpy()
    if empty:
        assert layer(x[:0]).shape[1:] == eager.shape[1:]

    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    again.build(tuple(x.shape))
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(again(x).numpy(), eager, atol=tolerance, rtol=tolerance)

    inputs = tf.keras.Input(tuple(x.shape[1:]))
    model = tf.keras.Model(inputs, make()(inputs))
    expected = model.predict(x.numpy(), verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        loaded = tf.keras.models.load_model(Path(folder) / "model.keras")
    np.testing.assert_allclose(loaded.predict(x.numpy(), verbose=0), expected, atol=tolerance)
    before = [w.copy() for w in model.get_weights()]
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(tf.data.Dataset.from_tensors((x, expected + 1)), verbose=0)
    trained = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert any(trained) == bool(layer.trainable_variables)

    with mixed_precision():
        half = make()
        half.build(tuple(x.shape))
        half.set_weights(layer.get_weights())
        # float16 has 11 bits: some 20 roundings in a row of the largest value.
        np.testing.assert_allclose(half(x).numpy(), eager, rtol=0, atol=0.01 * np.abs(eager).max())


def check_loss(loss, y_true, y_pred, *, central_difference: bool = True) -> None:
    """Holds a loss to the contract.

    ``y_pred`` is one batch whose loss is smooth around it. Checked: one value an example and
    their mean, ``[B]`` = ``[B, 1]`` = float targets, eager = graph = XLA, the gradient against a
    central difference (not where the loss stops part of it on purpose), empty, one-class and
    identical-point batches finite, float16 predictions, config and ``.keras`` round trips, one
    fit step that gives the loss.
    """
    y_true, y_pred = np.asarray(y_true), tf.constant(y_pred, tf.float32)
    value = float(loss(y_true, y_pred))
    each = loss.call(y_true, y_pred).numpy()
    assert each.shape == y_true.shape[:1] and each.dtype == np.float32
    np.testing.assert_allclose(each.mean(), value, rtol=1e-5, atol=1e-7)
    for other in (y_true[:, None], y_true.astype(np.float32)):
        np.testing.assert_allclose(float(loss(other, y_pred)), value, rtol=1e-6)
    gradient = _gradient(loss, y_true, y_pred)
    same_points = tf.zeros_like(y_pred) + 0.3
    for jit in (False, True):
        compiled = tf.function(partial(value_and_gradient, loss), jit_compile=jit)
        graph_value, graph_gradient = compiled(y_true, y_pred)
        np.testing.assert_allclose(graph_value.numpy(), value, rtol=1e-5)
        np.testing.assert_allclose(graph_gradient.numpy(), gradient, rtol=1e-3, atol=1e-5)
        assert all(np.isfinite(part).all() for part in compiled(y_true, same_points))
    if central_difference:
        _check_directional_derivative(loss, y_true, y_pred, gradient)

    one_class = np.zeros_like(y_true)
    batches = [(y_true[:0], y_pred[:0]), (y_true, same_points)]
    batches += [(one_class, y_pred), (one_class, same_points)]
    for target, prediction in batches:
        assert loss.call(target, prediction).shape == target.shape
        # Keras 3 hands an empty batch back unreduced.
        assert np.isfinite(tf.reduce_sum(loss(target, prediction)))
        assert np.isfinite(_gradient(loss, target, prediction)).all()
    # A diverged run must show: no mask may turn NaN into a number.
    assert np.isnan(float(loss(y_true, y_pred * np.nan)))

    half = tf.cast(y_pred, tf.float16)
    np.testing.assert_allclose(float(loss(y_true, half)), value, rtol=0.02, atol=0.02)
    half_gradient = _gradient(loss, y_true, half)
    np.testing.assert_allclose(half_gradient, gradient, atol=0.05 * np.abs(gradient).max())

    config = tf.keras.utils.serialize_keras_object(loss)
    again = tf.keras.utils.deserialize_keras_object(config)
    assert again.get_config() == loss.get_config()
    np.testing.assert_allclose(float(again(y_true, y_pred)), value, rtol=1e-6)

    inputs = tf.keras.Input(tuple(y_pred.shape[1:]))
    model = tf.keras.Model(inputs, tf.keras.layers.Activation("linear", name="out")(inputs))
    model.compile("sgd", loss={"out": loss}, jit_compile=False)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.keras")
        model = tf.keras.models.load_model(Path(folder) / "model.keras")
    history = model.fit(y_pred.numpy(), y_true, batch_size=len(y_true), verbose=0, shuffle=False)
    np.testing.assert_allclose(history.history["loss"][0], value, rtol=1e-4)


RUN_FILES = frozenset(
    {
        "average_precision.npz",
        "codes.npz",
        "config.json",
        "data.json",
        "encoder.weights.h5",
        "environment.json",
        "figures",
        "metrics.jsonl",
        "model.keras",
        "model_card.md",
        "parts.csv",
        "report.html",
        "report.md",
        "results.csv",
        "results.json",
        "results.tex",
        "savedmodel",
    }
)


def check_recipe(main, folder: Path, pictures: Path, monkeypatch, files=RUN_FILES, step: int = 1):
    """Holds a recipe to the contract.

    ``main(run_dir)`` runs it on ``pictures`` and returns the exit status. Checked: the ``files`` of
    a run; a finished run answers without training; a run killed again and again, after each file it
    writes, with the next one whole but not yet in its place, ends with equal numbers and codes; the
    SavedModel, where there is one, loaded by plain TensorFlow in a fresh process, gives the run's
    bits from the bytes of the files; ``model.keras`` loads in a fresh process. A recipe of many
    files is killed after every ``step`` of them, to be sooner done.
    """
    whole, killed = folder / "whole", folder / "killed"
    assert main(whole) == 0
    assert {p.name for p in whole.iterdir()} >= files
    with monkeypatch.context() as patch:
        patch.setattr(tf.keras.Model, "fit", None)
        assert main(whole) == 0

    attempts = _run_killed_after_every_file(main, killed, monkeypatch, step)
    assert attempts > max(1, len(files) // step)
    assert not list(killed.rglob("*.partial"))
    _make_again(main, killed, monkeypatch)
    results = [json.loads((run / "results.json").read_text()) for run in (whole, killed)]
    for result in results:
        # What took how long, and when and from which commit it began.
        for name in ("seconds", "about"):
            result.pop(name, None)
    assert results[0] == results[1]
    for name in {"codes.npz", "average_precision.npz"} & files:
        with np.load(whole / name) as a, np.load(killed / name) as b:
            assert sorted(a.files) == sorted(b.files)
            for array in a.files:
                np.testing.assert_array_equal(a[array], b[array])
    # A model of sketches is told what they are, and is tested in its room.
    if {"savedmodel", "encoder.weights.h5"} <= files:
        check_exported_bits(whole, pictures)


def write_less(patch) -> None:
    """Figures and SavedModels of recipes are files with nothing in them."""

    def export(model, path, *options, **named):
        Path(path).mkdir()
        (Path(path) / "saved_model.pb").touch()

    patch.setattr("recipes.common.report.render", lambda figure, path: path.touch())
    patch.setattr("recipes.common.export.export_encoder", export)
    patch.setattr("recipes.sketch.export.export_encoder", export)
    patch.setattr("recipes.instance.export.export_descriptor", export)


def _make_again(main, run_dir: Path, monkeypatch) -> None:
    """Figures and SavedModel in earnest, from what a run that was killed has left."""
    (run_dir / "report.md").unlink()
    for name in ("figures", "savedmodel"):
        shutil.rmtree(run_dir / name, ignore_errors=True)
    with monkeypatch.context() as patch:
        patch.setattr(tf.keras.Model, "fit", None)
        assert main(run_dir) == 0
    drawn = list((run_dir / "figures").glob("*.png"))
    assert drawn and all(figure.stat().st_size > 1000 for figure in drawn)


class Killed(BaseException):
    pass


def _run_killed_after_every_file(main, run_dir: Path, monkeypatch, step, most: int = 200) -> int:
    """Starts the recipe again and again, each time for ``step`` more files; the next gets no
    name."""
    writing = files.writing

    for attempt in range(1, most):
        written = []

        @contextlib.contextmanager
        def one_file_only(target, written=written):
            # Some small files are written anew at every start, and those of a folder without a
            # name at every pass: they do not count.
            nameless = any(part.endswith(".partial") for part in target.parts)
            counts = not target.exists() and not nameless
            with writing(target) as partial:
                yield partial
                if len(written) >= step and counts:
                    raise Killed
            if counts:
                written.append(target)

        with monkeypatch.context() as patch:
            write_less(patch)
            patch.setattr(files, "writing", one_file_only)
            try:
                assert main(run_dir) == 0
                return attempt
            except Killed:
                continue
    raise AssertionError(f"the run did not end in {most} attempts")


def check_exported_bits(run: Path, pictures: Path) -> None:
    """The files of a run give its codes in a fresh process, where plain TensorFlow is enough for
    the SavedModel."""
    script = """
import sys, numpy as np, tensorflow as tf
run, pictures = sys.argv[1:]
codes = np.load(f"{run}/codes.npz")
model = tf.saved_model.load(f"{run}/savedmodel")
contents = [open(f"{pictures}/{name}", "rb").read() for name in codes["query_ids"]]
out = model.signatures["encode_bytes"](contents=tf.constant(contents))
near_zero = np.abs(codes["query_codes"]) < 1e-4
assert np.abs(out["codes"].numpy() - codes["query_codes"]).max() < 1e-4
bits = int(codes["bits"])
ours = np.unpackbits(codes["query_packed"], axis=1, count=bits)
theirs = np.unpackbits(out["packed"].numpy(), axis=1, count=bits)
assert ((ours == theirs) | near_zero).all()
assert not {"tfretrieval", "recipes", "data_pipelines"} & set(sys.modules)

import tfretrieval
model = tfretrieval.models.load_model(f"{run}/model.keras")
assert model.output_shape == (None, bits)
"""
    command = [sys.executable, "-c", script, str(run), str(pictures)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=run, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]


def _check_input_gradient(layer, x) -> None:
    """Along the gradient itself and along a random direction."""
    gradient = _outputs_and_gradients(layer, x, False)[1][0].numpy().astype(np.float64)
    length = np.linalg.norm(gradient)
    # Small beside the values, so that no maximum moves to another cell.
    step = 1e-3 * np.std(x)
    towards = gradient / (length or 1) * np.sqrt(gradient.size)
    for direction in (towards, np.random.default_rng(0).standard_normal(x.shape)):
        moved = (x + (s * direction).astype(np.float32) for s in (step, -step))
        above, below = (np.asarray(layer(near, training=False), np.float64) for near in moved)
        # Subtracted before they are added up: rounding counts for less.
        change = (_weights(above.shape) * (above - below)).sum() / (2 * step)
        slope = (gradient * direction).sum()
        np.testing.assert_allclose(change, slope, rtol=0.05, atol=0.05 * min(1, length))


def _weights(shape):
    generator = np.random.default_rng(1)
    return generator.uniform(0.5, 1.5, shape) * generator.choice([-1.0, 1.0], shape)


def _outputs_and_gradients(layer, x, training):
    """The gradients are of a weighted sum: of outputs of length one the sum of squares would be
    constant."""
    variables = [_variable(v) for v in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = layer(x, training=training)
        total = tf.reduce_sum(tf.constant(_weights(outputs.shape), outputs.dtype) * outputs)
    return outputs, tape.gradient(total, [x, *variables])


def _variable(v):
    """The tf.Variable behind a Keras 3 variable."""
    return getattr(v, "value", v) if not isinstance(v, tf.Variable) else v


def value_and_gradient(loss, y_true, y_pred):
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    return value, tf.convert_to_tensor(tape.gradient(value, y_pred))


def _gradient(loss, y_true, y_pred):
    return value_and_gradient(loss, y_true, y_pred)[1].numpy()


def _check_directional_derivative(loss, y_true, y_pred, gradient, step: float = 5e-3) -> None:
    direction = np.random.default_rng(0).standard_normal(gradient.shape).astype(np.float32)
    above = float(loss(y_true, y_pred + step * direction))
    below = float(loss(y_true, y_pred - step * direction))
    slope = float((gradient * direction).sum())
    np.testing.assert_allclose((above - below) / (2 * step), slope, rtol=0.03, atol=2e-3)
