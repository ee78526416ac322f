"""What a stranger would type after `pip install tfretrieval`, in an empty environment elsewhere.

    python tests/try_release.py dist/*.whl --constraint constraints/py3.12.txt

Makes the environment with the Python it is started with, installs the wheel there, and prints each
command with what came of it. Knows nothing of this checkout but the files that it is given.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

TINY = "--dataset drawn_birds/demo --classes 4 --per-class 4 --image-size 32 --width 4 --epochs 1"
COMMANDS = {
    "the version": ("-c", "import tfretrieval; print(tfretrieval.__version__)"),
    "imports leave TensorFlow alone": (
        "-c",
        "import sys, tfretrieval, data_pipelines, recipes; sys.exit('tensorflow' in sys.modules)",
    ),
    "help of the search": ("-m", "tfretrieval.search", "--help"),
    "a demo, made tiny": (
        *("-m", "recipes.cub_triplet", "--demo", *TINY.split(), "--batch-size", "4"),
        *("--bits", "16", "--hash-epochs", "1", "--networks", "resnet18", "--run-dir", "run"),
    ),
    "an index of a folder": (
        *("-m", "tfretrieval.search", "index", "--model", "run"),
        *("--images", "pictures", "--out", "index"),
    ),
    "a query": (
        *("-m", "tfretrieval.search", "query", "--index", "index"),
        *("--image", "pictures/0.png", "--k", "2"),
    ),
}
# The second line is wrong, and has to be found wrong: an unused ignore is an error too.
USES = """import tfretrieval as tfr
tfr.losses.Nonsense  # type: ignore[attr-defined]
bits: int = tfr.search.HammingIndex(bits=64).bits
"""
STRICT = ("--strict", "--follow-imports=silent", "uses.py")
# Settings of a notebook.
SMALL = {"IMAGE_SIZE": 32, "WIDTH": 4, "BITS": 16, "EPOCHS": 1}
PICTURES = """
import numpy as np, pathlib
from PIL import Image
pathlib.Path("pictures").mkdir()
for number in range(3):
    pixels = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(f"pictures/{number}.png")
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--constraint", type=Path, required=True)
    parser.add_argument("--notebook", type=Path, help="whose cells of code are run, made small")
    options = parser.parse_args()
    wheel, constraint = options.wheel.resolve(), options.constraint.resolve()
    with tempfile.TemporaryDirectory() as folder:
        print(f"Python {sys.version.split()[0]}, an empty environment\n")
        print("| typed | seconds | outcome |\n|---|---|---|", flush=True)
        venv.create(Path(folder) / "environment", with_pip=True)
        python = Path(folder) / "environment" / "bin" / "python"
        elsewhere = Path(folder) / "elsewhere"
        elsewhere.mkdir()

        def run(title: str, *arguments: str) -> bool:
            began = time.perf_counter()
            # Nothing of this checkout.
            clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
            done = subprocess.run(
                [str(python), *arguments],
                cwd=elsewhere,
                env={**clean, "TF_CPP_MIN_LOG_LEVEL": "2"},
                capture_output=True,
                text=True,
            )
            said = (done.stderr if done.returncode else done.stdout).strip().splitlines()[-1:]
            outcome = said[0].replace("|", "/")[:100] if said else "done"
            seconds = time.perf_counter() - began
            failed = "" if done.returncode == 0 else f"**exit {done.returncode}**: "
            print(f"| {title} | {seconds:.0f} | {failed}{outcome} |", flush=True)
            if done.returncode:
                print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
            return done.returncode == 0

        install = ("-m", "pip", "install", "--quiet", "--constraint", str(constraint), str(wheel))
        steps = [run("`pip install tfretrieval`", *install)]
        steps.append(run("three pictures", "-c", PICTURES))
        for title, arguments in COMMANDS.items():
            typed = " ".join(arguments) if arguments[0] == "-m" else ""
            steps.append(run(f"{title}: `python {typed}`" if typed else title, *arguments))
        (elsewhere / "uses.py").write_text(USES)
        steps.append(run("`pip install mypy`", "-m", "pip", "install", "--quiet", "mypy"))
        steps.append(run("types, seen from outside: `mypy --strict`", "-m", "mypy", *STRICT))
        if options.notebook:
            cells = json.loads(options.notebook.read_text(encoding="utf-8"))["cells"]
            script = elsewhere / "cells.py"
            code = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
            for setting, value in SMALL.items():
                code = re.sub(rf"(?m)^{setting} = .*$", f"{setting} = {value}", code)
            script.write_text(code)
            steps.append(run(f"the cells of {options.notebook.stem}", str(script)))
    return 0 if all(steps) else 1


if __name__ == "__main__":
    sys.exit(main())
