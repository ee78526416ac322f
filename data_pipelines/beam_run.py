"""A pipeline of tasks that write files: in this process, or wherever Beam's own options say."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Any

from data_pipelines.beam_files import import_beam
from data_pipelines.records import DataError
from tfretrieval.workers import from_environment

# In this process. A pipeline that allows any trigger, and these have none, is not first handed to
# Prism, a program that Beam would fetch from the network and run.
_EMBEDDED = (
    "--runner=DirectRunner",
    "--allow_unsafe_triggers",
    "--default_sdk_harness_log_level=ERROR",
)


def run(work: Callable[..., None], tasks: Sequence[Any], *shared: Any, beam: Sequence[str]) -> None:
    """Calls ``work(task, *shared)`` for every task, on whatever worker is free.

    Args:
        work: a function of a module; what it makes is a file.
        beam: Beam's own options; without a ``--runner`` it runs in this process.

    Raises:
        ImportError: Beam is not installed.
        KeyboardInterrupt: it was stopped while a task was done.
        RuntimeError: what a task raised, as Beam tells it.
    """
    engine = import_beam()
    try:
        with engine.Pipeline(options=options(beam)) as pipeline:
            spread = pipeline | engine.Create(tasks) | engine.Reshuffle()
            _ = spread | work.__name__ >> engine.Map(work, *shared)
    except RuntimeError as error:
        # Beam makes an error of its own of what stops it.
        if KeyboardInterrupt.__name__ not in str(error):
            raise
        raise KeyboardInterrupt from error


def options(beam: Sequence[str]) -> Any:
    """Beam's options of these arguments."""
    import_beam()
    from apache_beam.options.pipeline_options import PipelineOptions

    if any(each.startswith("--runner") for each in beam):
        return PipelineOptions([*beam])
    return PipelineOptions([*_EMBEDDED, *beam])


def arguments(told: str) -> list[str]:
    """Beam's arguments of one text: the name of a runner, and its options.

    Raises:
        DataError: it does not begin with a name, a quotation does not end, or ``TF_CONFIG`` names
            several workers.
        tfretrieval.workers.WorkersError: a ``TF_CONFIG`` that is no such thing.

    >>> arguments("FlinkRunner --flink_master=HOST:8081")
    ['--runner=FlinkRunner', '--flink_master=HOST:8081']
    >>> arguments("DirectRunner --direct_num_workers=4")  # as it runs here
    ['--direct_num_workers=4']
    """
    if (workers := from_environment()).several:
        raise DataError(
            f"Beam's options and a TF_CONFIG of {len(workers.names)} workers do not go together, "
            "each of which would start the same pipeline: leave one of them out"
        )
    try:
        runner, *more = shlex.split(told)
        if runner.startswith("-"):
            raise ValueError
    except ValueError:
        raise DataError(
            f"Beam's options begin with the name of a runner, DirectRunner for this machine, got "
            f"{told!r}"
        ) from None
    return more if runner == "DirectRunner" else [f"--runner={runner}", *more]
