"""The command line of a recipe, made from its configuration dataclass."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import errno
import os
import sys
import tempfile
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfretrieval.run_folder import RunFolder
from tfretrieval.worker_watch import watched
from tfretrieval.workers import WorkersError

if TYPE_CHECKING:
    from recipes.common.recipe import Recipe


class ConfigError(ValueError):
    """A setting that cannot be run; the message is one line that says what to do."""


def option(default: Any, meaning: str, choices: Sequence[Any] | None = None) -> Any:
    """A field of a configuration: its default, and one line with its meaning and source."""
    return dataclasses.field(default=default, metadata={"meaning": meaning, "choices": choices})


def require(condition: bool, message: str) -> None:
    """Raises :class:`ConfigError` with the message unless the condition holds."""
    if not condition:
        raise ConfigError(message)


def main(
    recipe: Recipe[Any, Any, Any],
    config_class: Any,
    description: str,
    argv: Sequence[str] | None = None,
) -> int:
    """Runs a recipe from the command line and returns its exit status.

    Where the recipe makes tables it has the flag ``--table``, where it plans, ``--plan``.

    ``0``: done, the report printed. ``2``: bad input, one line on standard error. ``130``:
    stopped by the user; the same command continues.
    """
    arguments = parser(recipe, config_class, description).parse_args(argv)
    try:
        config, run_dir, seeds, numbers, planned = _configuration(config_class, arguments)
        start_tensorflow()
        with watched(run_dir):
            report = _report(recipe, config, run_dir, seeds, numbers, planned)
    except KeyboardInterrupt:
        print("\nstopped; the same command continues where it was", file=sys.stderr)
        return 130
    except Exception as error:
        message = _one_line(error, arguments)
        if message is None:
            raise
        print(f"error: {message}", file=sys.stderr)
        return 2
    _print(report)
    if not planned:
        for name in [f"table_{number}" for number in numbers] or ["report"]:
            if (page := Path(run_dir) / f"{name}.html").exists():
                _print(f"\nIn a browser: {page}")
    return 0


def _report(
    recipe: Recipe[Any, Any, Any],
    config: Any,
    run_dir: str,
    seeds: int,
    numbers: Sequence[int],
    planned: bool,
) -> str:
    from recipes.common.recipe import perform, perform_seeds

    if planned and recipe.plan:
        return recipe.plan(config, seeds, numbers)
    if numbers and recipe.tables:
        return recipe.tables(config, run_dir, seeds, numbers)
    if seeds > 1:
        return perform_seeds(recipe, config, run_dir, seeds)
    return perform(recipe, config, RunFolder(run_dir, config))


def _print(text: str) -> None:
    """Names of files and classes need not be in the terminal's encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def start_tensorflow() -> None:
    """Imports TensorFlow and finds the devices without their start-up lines.

    The libraries write them to file descriptor 2 before any log level applies (that, and oneDNN,
    are set when :mod:`recipes` is imported).
    """
    with tempfile.TemporaryFile() as chatter, contextlib.ExitStack() as stack:
        sys.stderr.flush()
        terminal = os.dup(2)
        stack.callback(os.close, terminal)
        stack.callback(os.dup2, terminal, 2)
        os.dup2(chatter.fileno(), 2)
        import tensorflow as tf

        tf.config.list_physical_devices()


def parser(
    recipe: Recipe[Any, Any, Any], config_class: Any, description: str
) -> argparse.ArgumentParser:
    """The parser of a recipe: a flag for every setting."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--demo", action="store_true", help="small built-in data, narrow network, minutes on a CPU"
    )
    parser.add_argument("--run-dir", help="folder of the run (default: runs/<recipe>-<data set>)")
    parser.add_argument(
        "--seeds", type=int, default=1, help="repeat with this many seeds, seed, seed + 1, ..."
    )
    if recipe.tables:
        parser.add_argument(
            "--table", type=int, nargs="+", choices=(1, 2, 3), help="make these tables of the paper"
        )
    if recipe.plan:
        parser.add_argument(
            "--plan",
            action="store_true",
            help="time some batches, say what the run will take, and stop",
        )
    types = typing.get_type_hints(config_class)
    for field in dataclasses.fields(config_class):
        if not field.init:
            continue
        kind, many = types[field.name], False
        if typing.get_origin(kind) is tuple:
            kind, many = typing.get_args(kind)[0], True
        flag = "--" + field.name.replace("_", "-")
        default: Any = field.default
        shown = " ".join(map(str, default)) if many else default
        help_text = f"{field.metadata['meaning']} (default: {shown})".replace("%", "%%")
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "help": help_text}
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            # A setting that may be absent is `str | None`; one that may be a word, `float | str`.
            known = {
                int: int, int | None: int, float: float, float | None: float,
                float | str: _number_or_word, str: str, str | None: str,
            }  # fmt: skip
            options["type"] = known[kind]
            options["choices"] = field.metadata["choices"]
            if many:
                options["nargs"] = "+"
        parser.add_argument(flag, **options)
    return parser


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _configuration(
    config_class: Any, arguments: argparse.Namespace
) -> tuple[Any, str, int, Sequence[int], bool]:
    given = vars(arguments).copy()
    demo, run_dir, seeds = (given.pop(name) for name in ("demo", "run_dir", "seeds"))
    numbers, planned = given.pop("table", None) or (), given.pop("plan", False)
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    usual = config_class.demo_settings() if demo else config_class.usual_settings(given)
    config = config_class(**{**usual, **given})
    require(
        run_dir is None or not set(run_dir) & set("*?[]"),
        f"--run-dir must not hold any of * ? [ ], which TensorFlow reads as a pattern: {run_dir}",
    )
    require(seeds >= 1, f"--seeds must be at least 1, got {seeds}")
    if run_dir is None:
        run_dir = f"runs/{config.recipe}-{config.dataset.replace('/', '-')}"
        # However many there are: more of them grow in the same folder.
        run_dir += "-seeds" if seeds > 1 else ""
    return config, run_dir, seeds, numbers, planned


def is_input_error(error: BaseException) -> bool:
    """Whether an error is the input's fault, and says in one line what to do."""
    from data_pipelines.records import DataError
    from tfretrieval.run_folder import RunFolderError

    return isinstance(error, (ConfigError, DataError, RunFolderError, WorkersError))


def _one_line(error: Exception, arguments: argparse.Namespace) -> str | None:
    """What to tell the user of an error that is the input's fault, else None."""
    if is_input_error(error):
        return str(error)
    if isinstance(error, FloatingPointError):
        return f"{error}: lower --learning-rate, in another --run-dir"
    if isinstance(error, OSError):
        if error.errno == errno.ENOSPC:
            where = f" for {error.filename}" if error.filename else ""
            return f"no space is left on the disk{where}: free some, and start the same again"
        told = error.strerror or str(error)
        return f"{error.filename}: {told}" if error.filename is not None else told
    if type(error).__name__ == "ResourceExhaustedError" or isinstance(error, MemoryError):
        batch = getattr(arguments, "batch_size", None)
        advice = f"--batch-size {max(1, batch // 2)}" if batch else "half the --batch-size"
        return f"out of memory: try {advice} in another --run-dir, or --mixed-precision on a GPU"
    return None
