"""Packed codes of any number of pictures, by Apache Beam.

Of a folder, of a pattern, of files of records; in this process or on another engine::

    python -m data_pipelines.encode --model RUN --images PICTURES --out CODES
    python -m data_pipelines.encode --model RUN --images 'PICTURES/**/*.jpg' --out CODES --shards 16
    python -m data_pipelines.encode --model RUN --images 'DATA/*.tfrecord*' --tfrecord --out CODES
    python -m data_pipelines.encode --model RUN --images PICTURES --out CODES \\
        -- --direct_running_mode=multi_processing --direct_num_workers=4

--model is the folder of a run, or its savedmodel/. What stands behind -- goes to Beam as it is;
without a --runner the pipeline runs in this process. The same command goes on where it was killed:
a shard that is whole is not encoded again. What cannot be read costs a line of the manifest.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_pipelines import beam_files, beam_run, shard_plan
from data_pipelines.beam_files import Listed
from data_pipelines.code_shards import MANIFEST, Summary, manifest_of
from data_pipelines.records import DataError
from data_pipelines.shard_plan import Job, Task
from tfretrieval.command_line import parser as command_parser
from tfretrieval.command_line import positive

SHARD_SIZE = 4096
"""Pictures of a shard, about, where nobody says how many shards."""

# Pictures that cannot be read, of which a line is printed; the manifest names all.
_NAMED = 20


@dataclasses.dataclass(frozen=True)
class Encoded:
    """What was done.

    Attributes:
        bits: length of a code.
        shards: what is in each file of codes.
        wanted: numbers of those that were encoded now; the others were there.
        seconds: of the pipeline.
    """

    bits: int
    shards: Sequence[Summary]
    wanted: Sequence[int]
    seconds: float

    @property
    def codes(self) -> int:
        """Pictures that have one."""
        return sum(shard.codes for shard in self.shards)

    @property
    def not_read(self) -> dict[str, str]:
        """Id -> why, of those that have none."""
        return {name: why for shard in self.shards for name, why in shard.not_read.items()}

    def __str__(self) -> str:
        told = [f"{self.codes:,} codes of {self.bits} bits in {len(self.shards)} shards"]
        if self.wanted:
            now = [self.shards[number] for number in self.wanted]
            pictures = sum(shard.codes + len(shard.not_read) for shard in now)
            told.append(
                f"{len(now)} encoded in {self.seconds:.0f} s, "
                f"{pictures / max(self.seconds, 1e-9):.1f} pictures a second"
            )
        if there := len(self.shards) - len(self.wanted):
            told.append(f"{there} were there")
        if self.not_read:
            told.append(f"{len(self.not_read)} could not be read")
        return "; ".join(told)


def encode(
    model: str | os.PathLike[str],
    images: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    batch_size: int = 64,
    shards: int | None = None,
    tfrecord: bool = False,
    image_feature: str | None = None,
    id_feature: str | None = None,
    beam_arguments: Sequence[str] = (),
) -> Encoded:
    """Writes the codes of pictures into a folder: shards, then a manifest over them.

    A shard holds neighbours in the sorted list of files. Batches begin at multiples of their size
    in that list, however many shards there are: they are those of ``tfretrieval.search index``.

    Args:
        model: folder of a run, or of its SavedModel; the same path for every worker.
        images: a folder, or a pattern with ``*``, ``?``, ``[...]`` and ``**``.
        out: folder of the codes, of its own.
        batch_size: pictures at a time.
        shards: files of codes, at most one a batch; one for 4,096 pictures where left out. Of
            TFRecords always one for each file.
        tfrecord: the files hold ``tf.train.Example``.
        image_feature: where a picture's bytes lie; ``image/encoded`` or ``image`` where left out.
        id_feature: where its id lies; ``FILE:NUMBER`` where left out.
        beam_arguments: Beam's own options; without a ``--runner`` it runs in this process.

    Raises:
        DataError: no pictures, none that can be read, or a folder of other codes.
        ValueError: no model, one that gives no codes, or a setting that there is not.
        ImportError: Beam is not installed.
    """
    for name, value in {"batch_size": batch_size, "shards": shards}.items():
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    if tfrecord and shards is not None:
        raise ValueError("of TFRecords every file is a shard: leave --shards out")
    if not tfrecord and (image_feature or id_feature):
        raise ValueError("--image-feature and --id-feature are of TFRecords: give --tfrecord")
    beam_files.import_beam()
    images = os.fspath(images)
    base, files = _found(images, tfrecord)
    from data_pipelines.shard_encoding import encoder_of

    encoder = encoder_of(_absolute(model))
    about: dict[str, Any] = {
        "model": encoder.fingerprint,
        "bits": encoder.bits,
        "batch_size": batch_size,
        "files": "tfrecord" if tfrecord else "pictures",
    }
    if tfrecord:
        about |= {"image_feature": image_feature, "id_feature": id_feature}
        groups: list[Sequence[Listed]] = [[file] for file in files]
    else:
        shards = shards or -(-len(files) // SHARD_SIZE)
        groups = shard_plan.grouped(files, batch_size, shards)
    job = Job(_absolute(model), _absolute(base), _absolute(out), len(groups), about)
    with shard_plan.written_alone(job.out):
        plan = shard_plan.planned(job, groups)
        found = shard_plan.held(job, plan)
        wanted = [number for number, summary in enumerate(found) if summary is None]
        seconds = 0.0
        if wanted:
            seconds = _run(job, shard_plan.tasks(plan, wanted), beam_arguments)
            made = shard_plan.held(job, plan, wanted)
            for number, summary in zip(wanted, made, strict=True):
                found[number] = summary
        summaries = [summary for summary in found if summary is not None]
        if len(summaries) < len(found):
            absent = job.path(found.index(None))
            raise DataError(f"{absent} is not there or damaged: run the same command again")
        done = Encoded(encoder.bits, summaries, wanted, seconds)
        if not done.codes:
            first = next((f", first {n}: {why}" for n, why in done.not_read.items()), "")
            raise DataError(f"{images}: none of {len(done.not_read)} pictures can be read{first}")
        beam_files.replace(f"{job.out}/{MANIFEST}", manifest_of(about, images, summaries))
    return done


def _found(images: str, tfrecord: bool) -> tuple[str, list[Listed]]:
    """The folder that names begin in, and the files."""
    from tfretrieval.convert import SUFFIXES

    def is_wanted(name: str) -> bool:
        if tfrecord:
            # Beside TFRecords lies what describes them; a pattern says itself what is meant.
            return ".tfrecord" in name or not os.path.isdir(images)
        return Path(name).suffix.lower() in SUFFIXES

    base, files = beam_files.listed(images, is_wanted)
    if not files:
        looked = "TFRecords" if tfrecord else f"{', '.join(SUFFIXES)}; --tfrecord reads TFRecords"
        raise DataError(f"no pictures: {images} finds none (looked for {looked})")
    return base, files


def _absolute(path: str | os.PathLike[str]) -> str:
    """As every worker understands it."""
    path = os.fspath(path)
    return path.rstrip("/") if beam_files.elsewhere(path) else os.path.abspath(path)


def _run(job: Job, tasks: Sequence[Task], arguments: Sequence[str]) -> float:
    """Seconds that the pipeline took."""
    from data_pipelines.shard_encoding import encode_shard

    began = time.monotonic()
    # Beside shards that are being made there is none.
    beam_files.replace(f"{job.out}/{MANIFEST}", None)
    beam_run.run(encode_shard, tasks, job, beam=arguments)
    return time.monotonic() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; what is wrong is one line on stderr, and 2."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    end = given.index("--") if "--" in given else len(given)
    options = vars(parser().parse_args(given[:end]))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Before TensorFlow: twice the pictures a second on a CPU, and the bits of `search index`.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        done = encode(**options, beam_arguments=given[end + 1 :])
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    except (OSError, ValueError, ImportError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    for name, why in [*done.not_read.items()][:_NAMED]:
        print(f"not read: {name}: {why}", file=sys.stderr)
    if (more := len(done.not_read) - _NAMED) > 0:
        print(f"not read: {more} more, see {MANIFEST}", file=sys.stderr)
    print(done)
    return 0


def parser() -> argparse.ArgumentParser:
    """Of the command, less what is Beam's."""
    command = command_parser("python -m data_pipelines.encode", __doc__)
    command.add_argument("--model", required=True, help="folder of a run, or its savedmodel/")
    command.add_argument("--images", required=True, help="folder of pictures, or a pattern")
    command.add_argument("--out", required=True, help="folder of the codes")
    command.add_argument(
        "--batch-size", type=positive, default=64, help="pictures at a time (%(default)s)"
    )
    command.add_argument(
        "--shards", type=positive, help=f"files of codes (one for {SHARD_SIZE:,} pictures)"
    )
    command.add_argument(
        "--tfrecord", action="store_true", help="the files are TFRecords of tf.train.Example"
    )
    command.add_argument(
        "--image-feature", metavar="NAME", help="of TFRecords (image/encoded or image)"
    )
    command.add_argument("--id-feature", metavar="NAME", help="of TFRecords (FILE:NUMBER)")
    return command


if __name__ == "__main__":
    # Workers know what they do by the module's name, and this one's name is another.
    from data_pipelines import encode as this

    sys.exit(this.main())
