"""A run's encoder for LiteRT and ONNX, on the command line.

    python -m tfretrieval.export --model runs/RUN
    python -m tfretrieval.export --model runs/RUN --to litert --quantize --images PICTURES

Writes `encoder.tflite` and `encoder.onnx`, from pixels to packed code, into RUN/encoders or --out.
With --quantize come `encoder.int8.tflite` and `encoder.int8.onnx`, calibrated on pictures of
--images; with --images a table, `agreement.md`: how far each file agrees with the SavedModel, its
mAP, time and size. No picture is both calibrated on and checked. Where PICTURES is the data folder
that the run read, calibration pictures are drawn from what it was trained on, checked ones from
its queries.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfretrieval.command_line import parser as command_parser
from tfretrieval.command_line import positive

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from tfretrieval.encoders import RunEncoder
    from tfretrieval.export._frozen import Run
    from tfretrieval.export.sample import Sample

LITERT, ONNX = "litert", "onnx"
TITLES = {LITERT: "LiteRT", ONNX: "ONNX"}
SUFFIXES = {LITERT: ".tflite", ONNX: ".onnx"}
TABLE = "agreement.md"
# Pictures by which a network is known as that of its SavedModel.
_COMPARED = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; what is wrong is one line on stderr, and 2."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Before TensorFlow, which is timed beside interpreters that have one thread each.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(threads, "1")
    try:
        return _export(options)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except (OSError, ValueError, ImportError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _export(options: argparse.Namespace) -> int:
    if options.quantize and not options.images:
        raise ValueError("--quantize needs pictures to calibrate on: give --images")
    folder = Path(options.model)
    if not (folder / "model.keras").is_file() or not (folder / "savedmodel").is_dir():
        raise ValueError(f"{folder} has no model.keras and savedmodel/: give a run that has ended")
    from tfretrieval.export import onnx
    from tfretrieval.export.sample import draw

    if ONNX in options.to:
        onnx.check_installed()
    sample = None
    if options.images:
        calibrate = options.calibrate if options.quantize else 0
        sample = draw(Path(options.images), folder, calibrate, options.check)
    run, encoder = _opened(folder)
    _check_same(run, encoder, sample.checked if sample else ())
    pixels = None
    if sample and options.quantize:
        pixels = _calibration(run, encoder, sample.calibrated)
    out = Path(options.out) if options.out else folder / "encoders"
    files = {}
    for kind in options.to:
        for title, name, pictures in (
            (f"{TITLES[kind]}, float32", "encoder", None),
            (f"{TITLES[kind]}, 8 bits", "encoder.int8", pixels),
        )[: 1 + options.quantize]:
            files[title] = out / f"{name}{SUFFIXES[kind]}"
            _write(kind, encoder, files[title], pictures)
            print(f"{files[title]}: {_megabytes(files[title])} MB", flush=True)
    if sample:
        _measure(run, encoder, files, sample, f"pictures of {options.images}", out / TABLE)
    return 0


def _opened(folder: Path) -> tuple[RunEncoder, tf.keras.Model]:
    """The SavedModel of a run, and the network inside it."""
    import tensorflow as tf

    from tfretrieval.encoders.run_encoder import RunEncoder, load_run
    from tfretrieval.models import load_model

    run = load_run(folder)
    if "codes" not in run.signature.structured_outputs:
        raise ValueError(f"{folder} gives descriptors and no codes: use its SavedModel")
    try:
        encoder = load_model(folder / "model.keras", compile=False)
    except Exception as error:  # of many kinds, and many lines long
        raise ValueError(
            f"{folder}/model.keras cannot be read by the Keras of TensorFlow {tf.__version__}: use "
            "the one that the run was made with"
        ) from error
    return RunEncoder(folder, run), encoder


def _check_same(run: RunEncoder, encoder: tf.keras.Model, checked: Sequence[Path]) -> None:
    """Refuses a network that is not the one inside the SavedModel, by pictures or by noise."""
    import numpy as np
    import tensorflow as tf

    from tfretrieval.export.agreement import check_same

    contents = [path.read_bytes() for path in checked[:_COMPARED]]
    readable = [contents[place] for place in run.encode_each(contents)[1]]
    if not readable:
        noise = np.random.default_rng(0).integers(0, 256, (_COMPARED, 64, 64, 3), np.uint8)
        readable = [tf.io.encode_png(each).numpy() for each in noise]
    check_same(run, encoder, readable)


def _calibration(
    run: RunEncoder, encoder: tf.keras.Model, paths: Sequence[Path]
) -> dict[str, np.ndarray]:
    """What the encoder reads of calibration pictures; what cannot be read is told."""
    import numpy as np

    from tfretrieval.export.agreement import box_of, pixels

    rows: dict[str, list[np.ndarray]] = {}
    for path in paths:
        try:
            content = path.read_bytes()
            found = pixels(encoder, content, box_of(run.encode([content])))
        except (OSError, ValueError) as error:
            print(f"not read: {path}: {error}", file=sys.stderr)
            continue
        for name, array in found.items():
            rows.setdefault(name, []).append(array[0])
    if not rows:
        raise ValueError(f"none of the {len(paths)} calibration pictures can be read")
    return {name: np.stack(arrays) for name, arrays in rows.items()}


def _write(kind: str, encoder: tf.keras.Model, path: Path, calibration: Any) -> None:
    from tfretrieval.export import export_litert, export_onnx

    {LITERT: export_litert, ONNX: export_onnx}[kind](encoder, path, calibration)


def _runner(path: Path) -> Run:
    from tfretrieval.export import litert, onnx

    opened = litert.interpreter if path.suffix == SUFFIXES[LITERT] else onnx.session
    return opened(path.read_bytes())


def _measure(
    run: RunEncoder,
    encoder: tf.keras.Model,
    files: dict[str, Path],
    sample: Sample,
    pictures: str,
    table: Path,
) -> None:
    """Writes the table, and prints it."""
    from tfretrieval.export.agreement import SAVED_MODEL, measure
    from tfretrieval.files import writing

    runners = {title: _runner(path) for title, path in files.items()}
    measured = measure(run, encoder, runners, sample.checked, sample.labels)
    for path, reason in measured.unreadable.items():
        print(f"not read: {path}: {reason}", file=sys.stderr)
    sizes = {SAVED_MODEL: run.path, **files}
    lines = [
        *measured.table({title: _megabytes(path) for title, path in sizes.items()}),
        "",
        f"- {measured.count} {pictures}, {sample.origin}.",
        f"- Milliseconds of a picture: median at batch 1 on one thread, {_versions(files)}. The "
        "SavedModel decodes and resizes in them too, and looks and crops where the run does.",
        "- Equal bits: with those that the SavedModel gives for the file. Pillow's pixels are what "
        "a program without TensorFlow would read.",
    ]
    if measured.definition:
        lines.append(
            f"- mAP: the first half of the pictures searches the second. {measured.definition} In "
            "the last column the SavedModel has coded the second half."
        )
    text = "\n".join(lines)
    with writing(table) as partial:
        partial.write_text(f"{text}\n", encoding="utf-8")
    print(f"\n{text}")


def _megabytes(path: Path) -> str:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return f"{sum(each.stat().st_size for each in files) / 1e6:.2f}"


def _versions(files: dict[str, Path]) -> str:
    import tensorflow as tf

    told = [f"Python {platform.python_version()}", f"TensorFlow {tf.__version__}"]
    if any(path.suffix == SUFFIXES[ONNX] for path in files.values()):
        import onnxruntime

        told.append(f"onnxruntime {onnxruntime.__version__}")
    return ", ".join([*told, platform.machine(), datetime.date.today().isoformat()])


def parser() -> argparse.ArgumentParser:
    """Of the command."""
    command = command_parser("python -m tfretrieval.export", __doc__)
    command.add_argument("--model", required=True, help="folder of a run that has ended")
    command.add_argument(
        "--to", nargs="+", choices=(LITERT, ONNX), default=(LITERT, ONNX), help="(both)"
    )
    command.add_argument("--quantize", action="store_true", help="files of 8 bits too")
    command.add_argument("--images", help="folder of pictures, with sub-folders: classes for mAP")
    command.add_argument("--out", help="folder of the files (RUN/encoders)")
    command.add_argument(
        "--calibrate", type=positive, default=200, help="pictures to calibrate on (%(default)s)"
    )
    command.add_argument(
        "--check", type=positive, default=1000, help="pictures to check with (%(default)s)"
    )
    return command
