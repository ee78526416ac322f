"""Two replicas on the CPU, for tests of what they share."""

import functools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def on_two_replicas(function, *arguments):
    """What ``function(strategy, *arguments)`` of a test module says in a process of two replicas.

    A process can be divided only at its start, and TensorFlow takes long to start: all tests share
    one. They share its strategy too: another one would number its messages from 1 again."""
    return _process().submit(_call, function, arguments).result()


@functools.cache
def _process():
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))


def _call(function, arguments):
    return function(_strategy(), *arguments)


@functools.cache
def _strategy():
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    return strategy
