"""The classes that a saved model may name."""

import importlib

ROOMS = ("layers", "losses", "metrics")


def register() -> None:
    """Makes this package's layers, losses and metrics known to Keras.

    They register on import, and names of lazy packages load only when used.
    """
    for room in ROOMS:
        module = importlib.import_module(f"tfretrieval.{room}")
        for name in getattr(module, "__all__", ()):
            getattr(module, name)
