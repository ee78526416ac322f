"""The command line of a recipe, made from its configuration dataclass."""

import argparse
import contextlib
import dataclasses
import os
import sys
import tempfile
import typing
from collections.abc import Callable, Sequence
from typing import Any

from recipes.common.run_folder import RunFolder


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
    config_class: Any,
    run: Callable[[Any, RunFolder], str],
    run_seeds: Callable[[Any, str, int], str],
    description: str,
    argv: Sequence[str] | None = None,
    *,
    run_tables: Callable[[Any, str, int, Sequence[int]], str] | None = None,
    plan: Callable[[Any], str] | None = None,
) -> int:
    """Runs a recipe from the command line and returns its exit status.

    With ``run_tables`` it has the flag ``--table``, with ``plan`` the flag ``--plan``.

    ``0``: done, the report printed. ``2``: bad input, one line on standard error. ``130``:
    stopped by the user; the same command continues.
    """
    arguments = _parse(config_class, description, argv, run_tables, plan)
    try:
        config, run_dir, seeds, numbers, planned = _configuration(config_class, arguments)
        _start_tensorflow()
        if planned and plan:
            report = plan(config)
        elif numbers and run_tables:
            report = run_tables(config, run_dir, seeds, numbers)
        elif seeds > 1:
            report = run_seeds(config, run_dir, seeds)
        else:
            report = run(config, RunFolder(run_dir, config))
    except KeyboardInterrupt:
        print("\nstopped; the same command continues where it was", file=sys.stderr)
        return 130
    except Exception as error:
        message = _one_line(error, arguments)
        if message is None:
            raise
        print(f"error: {message}", file=sys.stderr)
        return 2
    print(report)
    return 0


def _start_tensorflow():
    """Imports TensorFlow and finds the devices without their start-up lines.

    The libraries write them to file descriptor 2 before any log level applies.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # TensorFlow leaves oneDNN off on CPUs without AVX-512, where it is 2 to 4 times as fast too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with tempfile.TemporaryFile() as chatter, contextlib.ExitStack() as stack:
        sys.stderr.flush()
        terminal = os.dup(2)
        stack.callback(os.close, terminal)
        stack.callback(os.dup2, terminal, 2)
        os.dup2(chatter.fileno(), 2)
        import tensorflow as tf

        tf.config.list_physical_devices()


def _parse(config_class, description, argv, run_tables, plan):
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
    if run_tables:
        parser.add_argument(
            "--table", type=int, nargs="+", choices=(1, 2, 3), help="make these tables of the paper"
        )
    if plan:
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
                int: int, int | None: int, float: float, float | str: _number_or_word,
            }  # fmt: skip
            options["type"] = known.get(kind, str)
            options["choices"] = field.metadata["choices"]
            if many:
                options["nargs"] = "+"
        parser.add_argument(flag, **options)
    return parser.parse_args(argv)


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _configuration(config_class, arguments):
    given = vars(arguments).copy()
    demo, run_dir, seeds = (given.pop(name) for name in ("demo", "run_dir", "seeds"))
    numbers, planned = given.pop("table", None), given.pop("plan", False)
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    settings = {**(config_class.demo_settings() if demo else {}), **given}
    config = config_class(**settings)
    require(seeds >= 1, f"--seeds must be at least 1, got {seeds}")
    if run_dir is None:
        run_dir = f"runs/{config.recipe}-{config.dataset.replace('/', '-')}"
        run_dir += f"-{seeds}-seeds" if seeds > 1 else ""
    return config, run_dir, seeds, numbers, planned


def _one_line(error, arguments):
    """What to tell the user of an error that is the input's fault, else None."""
    from data_pipelines.records import DataError
    from recipes.common.run_folder import RunFolderError

    if isinstance(error, (ConfigError, DataError, RunFolderError)):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if type(error).__name__ == "ResourceExhaustedError" or isinstance(error, MemoryError):
        batch = getattr(arguments, "batch_size", None)
        advice = f"--batch-size {max(1, batch // 2)}" if batch else "half the --batch-size"
        return f"out of memory: try {advice} in another --run-dir, or --mixed-precision on a GPU"
    return None
