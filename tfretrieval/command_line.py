"""What the commands of this kit have in common. Needs no TensorFlow."""

from __future__ import annotations

import argparse


def parser(prog: str, about: str | None) -> argparse.ArgumentParser:
    """A parser that shows a module's docstring as it is, below its first line.

    Args:
        prog: how the command is called.
        about: the docstring.

    >>> parser("python -m birds", "Finds birds.\\n\\n    python -m birds --k 3").description
    'Finds birds.\\n\\n    python -m birds --k 3'
    """
    return argparse.ArgumentParser(
        prog=prog, description=about or "", formatter_class=argparse.RawDescriptionHelpFormatter
    )


def positive(text: str) -> int:
    """The type of an argument that is a whole number from 1 on.

    Raises:
        argparse.ArgumentTypeError: a smaller one.
        ValueError: no whole number.

    >>> positive("3")
    3
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {value}")
    return value
