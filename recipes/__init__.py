"""Experiments, each run as ``python -m recipes.NAME``."""

import os

# Before anything imports TensorFlow, whichever recipe it is.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow leaves oneDNN off on CPUs without AVX-512, where it is 2 to 4 times as fast too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
