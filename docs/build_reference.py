"""The pages of the reference: a table of the public names of every package, a page for each name.

The names are those that the packages export, so that none is forgotten.
"""

import functools
import importlib
import inspect
import re
from pathlib import Path

PACKAGES = {
    "Networks": ("backbones", "layers", "models", "saliency", "hand_made"),
    "Training": (
        *("losses", "mining", "pairs", "distances", "callbacks", "metrics"),
        *("distributed", "workers", "worker_watch"),
    ),
    "Codes": ("fitting", "codes", "encoders", "export", "search", "browser"),
    "Evaluation": ("evaluation", "plots", "inspection", "latex"),
    "Files": (
        *("array_files", "convert", "files", "ids", "images", "rows", "run_folder", "compat"),
        *("command_line", "commands"),
    ),
}
PIPELINES = ("data_pipelines", "data_pipelines.steps", "data_pipelines.builders")
# Types and names of other packages, and bases that are not public.
FOREIGN = [
    ("py:.*", r"(tf|tensorflow|tensorflow_datasets|tfds|keras|utils|np|numpy|npt|abc)\b.*"),
    ("py:.*", r"(matplotlib|PIL|starlette|fastapi|scipy|sklearn|recipes|benchmarks|tests)\b.*"),
    ("py:.*", r"(collections|typing|pathlib|contextlib|argparse|os)\b.*"),
    ("py:.*", r"(Path|Any|Callable|Iterable|Iterator|Mapping|Sequence|Figure|Axes|Image)"),
    ("py:exc", r"InvalidArgumentError|ResourceExhaustedError"),
    ("py:class", r".*\._.*|(dict|list|tuple)\[.*|.*\.Item"),
    ("py:class", r"data_pipelines\.(verdicts|sources)\..*|tfretrieval\.encoders\.run_encoder\..*"),
    # Words of prose before a colon, which napoleon takes for types.
    ("py:class", r"[A-Za-z][a-z_ ]*"),
]

NAME = re.compile(r"^(?:(?:tfr|tfretrieval)\.)?([a-z_]+)\.([A-Za-z_0-9]+)(?:\(.*\))?$", re.DOTALL)


def names(module: str) -> list[str]:
    """What a module makes public: what it exports, or what it defines without an underscore."""
    found = importlib.import_module(module)
    exported = getattr(found, "__all__", None)
    if exported is not None:
        return sorted(exported, key=str.lower)
    return sorted(
        name
        for name, value in vars(found).items()
        if name[0] != "_"
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module
    )


@functools.cache
def public_names() -> frozenset[str]:
    """Package and name, without ``tfretrieval``."""
    packages = [package for group in PACKAGES.values() for package in group]
    return frozenset(f"{each}.{name}" for each in packages for name in names(f"tfretrieval.{each}"))


def public(text: str) -> str | None:
    """The whole name that a piece of code is.

    >>> public("losses.TripletLoss(1.0)"), public("model.fit")
    ('tfretrieval.losses.TripletLoss', None)
    """
    found = NAME.match(text)
    name = f"{found[1]}.{found[2]}" if found else ""
    return f"tfretrieval.{name}" if name in public_names() else None


def page(module: str) -> str:
    """A package's page: what it says of itself, and its names with their first lines."""
    found = importlib.import_module(module)
    rows = [name for name in names(module) if not inspect.ismodule(getattr(found, name))]
    modules = [name for name in names(module) if inspect.ismodule(getattr(found, name))]
    lines = [f"# {module}", "", "```{eval-rst}", f".. automodule:: {module}", ""]
    if rows:
        lines += [".. autosummary::", "   :toctree: names", ""]
        lines += [f"   {name}" for name in rows]
    lines += ["```", ""]
    for name in modules:
        if f"{module}.{name}" in PIPELINES:
            continue
        lines += [f"## {module}.{name}", "", "```{eval-rst}"]
        lines += [f".. automodule:: {module}.{name}", "   :members:", "```", ""]
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Writes the pages, and the list of them; those that have not changed keep their time."""
    listed = {
        title: [f"tfretrieval.{name}" for name in packages] for title, packages in PACKAGES.items()
    }
    listed["Data"] = list(PIPELINES)
    lines = ["# Reference", "", "Every public name, from its docstring.", ""]
    for title, modules in listed.items():
        lines += [f"## {title}", "", "| | |", "|---|---|"]
        for module in modules:
            first = (importlib.import_module(module).__doc__ or "").split("\n")[0]
            lines.append(f"| [{module}]({module}.md) | {first} |")
        lines += ["", "```{toctree}", ":hidden:", "", *modules, "```", ""]
    pages = {"index": "\n".join(lines)}
    pages |= {module: page(module) for modules in listed.values() for module in modules}
    folder.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
