"""From a folder of pictures to an answer, on the command line.

    python -m tfretrieval.search index --model imagenet --images PICTURES --out INDEX
    python -m tfretrieval.search index --model runs/RUN --images PICTURES --out INDEX
    python -m tfretrieval.search query --index INDEX --image FILE --k 10 --gallery out.png
    python -m tfretrieval.search serve --index INDEX

`index` encodes the pictures below a folder, those of sub-folders too; run again it goes on from
where it was killed and encodes only what is new or has changed. With `imagenet` nothing is trained:
a network with ImageNet's weights describes the pictures, and codes are fitted to them (PCA-ITQ);
with the folder of a run its exported model encodes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfretrieval.command_line import parser as command_parser
from tfretrieval.command_line import positive

if TYPE_CHECKING:
    from tfretrieval.encoders import Encoder
    from tfretrieval.search import PictureIndex

IMAGENET = "imagenet"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; what is wrong is one line on stderr, and 2."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Before TensorFlow: twice the pictures a second on a CPU.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    try:
        commands = {"index": _index, "query": _query, "serve": _serve}
        return commands[options.command](options)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except (OSError, ValueError, ImportError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _index(options: argparse.Namespace) -> int:
    from tfretrieval.encoders.indexing import index_folder

    index, encoder = _opened_for_writing(options)
    done = index_folder(index, encoder, batch_size=options.batch_size, drop=options.drop_missing)
    for name, reason in done.unreadable.items():
        print(f"not read: {name}: {reason}", file=sys.stderr)
    print(done)
    return 0


def _opened_for_writing(options: argparse.Namespace) -> tuple[PictureIndex, Encoder]:
    """The index, made if it is not there, and what encodes it."""
    from tfretrieval.encoders import ImageNetEncoder, encoder_of_run, open_encoder
    from tfretrieval.search import PictureIndex

    images, out = Path(options.images), Path(options.out)
    if not images.is_dir():
        raise ValueError(f"--images {images} is no folder")
    if (out / "index.json").exists():
        index = PictureIndex(out)
        if index.root != images.absolute():
            raise ValueError(f"{out} is of the pictures in {index.root}: choose another --out")
        _same_model(options, index.about["encoder"], out)
        return index, open_encoder(index)
    encoder: Encoder
    if options.model == IMAGENET:
        encoder = ImageNetEncoder(
            options.network, options.image_size, options.bits, crop=options.view == "crop"
        )
    else:
        encoder = encoder_of_run(options.model, options.bits)
    index = PictureIndex.create(
        out, images, encoder.bits, encoder.dimensions, encoder.fingerprint, encoder.described()
    )
    return index, encoder


def _same_model(options: argparse.Namespace, about: dict[str, Any], out: Path) -> None:
    """An index goes on with the model that it began with.

    Args:
        about: what the index says of its encoder.
    """
    asked: dict[str, Any]
    if options.model == IMAGENET:
        crop = options.view == "crop"
        asked = {"kind": IMAGENET, "network": options.network, "image_size": options.image_size}
        asked |= {"bits": options.bits, "crop": crop}
    else:
        from tfretrieval.encoders.run_encoder import saved_model_of

        kind = "run" if about["kind"] == IMAGENET else about["kind"]
        asked = {"kind": kind, "path": str(saved_model_of(options.model).absolute())}
        if kind == "descriptor":
            asked |= {"bits": options.bits}
    for name, value in asked.items():
        if about.get(name) != value:
            raise ValueError(
                f"{out} was made with {name} {about.get(name)!r}, not {value!r}: choose another "
                "--out"
            )


def _query(options: argparse.Namespace) -> int:
    from tfretrieval.encoders import open_encoder
    from tfretrieval.encoders.answering import answer, gallery
    from tfretrieval.search import PictureIndex

    contents = [Path(image).read_bytes() for image in options.image]
    index = PictureIndex(options.index)
    encoder = open_encoder(index)
    answers = []
    for image, content in zip(options.image, contents, strict=True):
        try:
            found = answer(index, encoder, content, options.k, options.rerank, options.sketch)
            answers.append(found)
        except ValueError as error:
            raise ValueError(f"{image}: {error}") from error
    for image, found in zip(options.image, answers, strict=True):
        print(f"{image}")
        for line in found.lines(index):
            print(f"  {line}")
    if options.gallery:
        figure = gallery(index, options.image, contents, answers)
        figure.savefig(options.gallery, dpi=150)
        print(f"gallery: {options.gallery}")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from tfretrieval.browser import serve

    return serve(options.index, options.host, options.port, options.token)


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    all_commands = command_parser("python -m tfretrieval.search", __doc__)
    commands = all_commands.add_subparsers(dest="command", required=True)

    index = commands.add_parser("index", help="encode the pictures below a folder")
    index.add_argument(
        "--model", required=True, help="folder of a run, its savedmodel/, or imagenet"
    )
    index.add_argument("--images", required=True, help="folder of pictures, with sub-folders")
    index.add_argument("--out", required=True, help="folder of the index")
    index.add_argument(
        "--drop-missing", action="store_true", help="take pictures out whose files are gone"
    )
    index.add_argument("--batch-size", type=positive, default=64, help="pictures at a time (64)")
    index.add_argument(
        "--bits",
        type=positive,
        default=64,
        help="of codes that are fitted: of imagenet, and of runs on instances (%(default)s)",
    )
    own = index.add_argument_group("with --model imagenet")
    own.add_argument(
        "--network", default="efficientnet_lite0", help="with ImageNet's weights (%(default)s)"
    )
    own.add_argument("--image-size", type=positive, default=224, help="pixels (%(default)s)")
    own.add_argument(
        "--view",
        choices=("whole", "crop"),
        default="whole",
        help="crop: what stands out in the network's own map; half as fast (%(default)s)",
    )

    query = commands.add_parser("query", help="find the pictures nearest to one")
    query.add_argument("--index", required=True, help="folder of the index")
    query.add_argument("--image", required=True, nargs="+", help="files of pictures")
    query.add_argument("--k", type=positive, default=10, help="answers (%(default)s)")
    query.add_argument(
        "--sketch", action="store_true", help="the files are sketches, for a model that knows them"
    )
    query.add_argument("--gallery", help="draw queries and answers into this file")
    _rerank(query)

    serve = commands.add_parser("serve", help="search in a browser")
    serve.add_argument("--index", required=True, help="folder of the index")
    serve.add_argument("--host", default="127.0.0.1", help="address (%(default)s: this machine)")
    serve.add_argument("--port", type=int, default=8000, help="(%(default)s; 0: a free one)")
    serve.add_argument(
        "--token", help="what others must give; wanted for every --host but this machine"
    )
    return all_commands


def _rerank(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rerank",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="put a longer list of the nearest codes in order by real-valued features (on)",
    )
