"""RetrievalEvaluation in plain fit."""

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import RetrievalEvaluation
from tfretrieval.codes import pack
from tfretrieval.evaluation import hamming_retrieval

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 6)).astype(np.float32)
Y = RNG.integers(0, 3, 40)


def compiled(outputs=8):
    tf.keras.utils.set_random_seed(0)
    inputs = tf.keras.Input((6,))
    codes = tf.keras.layers.Dense(outputs, activation="tanh", name="codes")(inputs)
    logits = tf.keras.layers.Dense(3)(codes)
    encoder, model = tf.keras.Model(inputs, codes), tf.keras.Model(inputs, logits)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    return model, encoder


def test_val_map_stands_in_history_and_equals_a_later_evaluation():
    model, encoder = compiled()
    evaluation = RetrievalEvaluation((X[:10], Y[:10]), (X[10:], Y[10:]), encoder=encoder)
    history = model.fit(X, Y, epochs=2, verbose=0, callbacks=[evaluation]).history
    codes = encoder.predict(X, verbose=0)
    expected = hamming_retrieval(codes[:10], Y[:10], codes[10:], Y[10:])
    assert len(history["val_map"]) == 2
    assert type(history["val_map"][-1]) is float
    assert history["val_map"][-1] == expected.mean_average_precision
    assert evaluation.result.definition == expected.definition


def test_data_sets_may_be_shuffled_and_give_what_arrays_give():
    model, encoder = compiled()
    data = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(40).batch(16)
    arrays = RetrievalEvaluation((X, Y), (X, Y), encoder=encoder, prefix="array_")
    batches = RetrievalEvaluation(data, data, encoder=encoder, prefix="data_")
    history = model.fit(X, Y, verbose=0, callbacks=[arrays, batches]).history
    assert history["array_map"] == pytest.approx(history["data_map"])


def test_without_an_encoder_the_trained_model_encodes_and_a_database_is_optional():
    model, _ = compiled()
    evaluation = RetrievalEvaluation((X, Y))
    history = model.fit(X, Y, verbose=0, callbacks=[evaluation]).history
    codes = model.predict(X, verbose=0)
    expected = hamming_retrieval(codes, Y, codes, Y, leave_one_out=True)
    assert history["val_map"] == [expected.mean_average_precision]


def test_only_every_other_epoch_is_evaluated_and_later_callbacks_can_monitor_it(tmp_path):
    model, encoder = compiled()
    path = tmp_path / "best.weights.h5"
    callbacks = [
        RetrievalEvaluation((X, Y), every=2, encoder=encoder),
        tf.keras.callbacks.ModelCheckpoint(
            path, monitor="val_map", mode="max", save_best_only=True, save_weights_only=True
        ),
    ]
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=callbacks).history
    assert len(history["val_map"]) == 1
    assert path.exists()


def test_packed_codes_are_read_with_bits():
    class Packs:
        def predict(self, inputs, **_):
            return pack(inputs)

    evaluation = RetrievalEvaluation((X[:9], Y[:9]), (X, Y), bits=6, encoder=Packs())
    logs = {}
    evaluation.on_epoch_end(0, logs)
    expected = hamming_retrieval(X[:9], Y[:9], X, Y).mean_average_precision
    assert logs == {"val_map": expected}


def test_bad_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="every and batch_size"):
        RetrievalEvaluation((X, Y), every=0)
    model, encoder = compiled()
    empty = tf.data.Dataset.from_tensor_slices((X, Y)).take(0).batch(4)
    with pytest.raises(ValueError, match="no batches"):
        RetrievalEvaluation(empty, encoder=encoder).on_epoch_end(0, {})
    both = tf.keras.Model(model.inputs, [model.output, encoder.output])
    for data in ((X, Y), tf.data.Dataset.from_tensor_slices((X, Y)).batch(40)):
        with pytest.raises(ValueError, match="several outputs"):
            RetrievalEvaluation(data, encoder=both).on_epoch_end(0, {})


def test_sample_weights_have_no_part_in_it():
    model, encoder = compiled()
    expected, weighted, listed = {}, {}, {}
    RetrievalEvaluation((X, Y), encoder=encoder).on_epoch_end(0, expected)
    batches = tf.data.Dataset.from_tensor_slices((X, Y, np.ones(len(Y)))).batch(16)
    RetrievalEvaluation(batches, encoder=encoder).on_epoch_end(0, weighted)
    RetrievalEvaluation(list(batches), encoder=encoder).on_epoch_end(0, listed)
    assert expected == weighted == listed
    RetrievalEvaluation((X, Y, np.ones(len(Y))), encoder=encoder).on_epoch_end(0, weighted)
    assert expected == weighted
