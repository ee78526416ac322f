"""Boxes and arrows: the way of a map through a block (figure 2 of Pan et al. 2021)."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

# Of a box, and from one to the next, in inches.
WIDTH, HEIGHT = 2.1, 0.5
ACROSS, DOWN = 2.35, 0.9
COLOURS = {"conv": "#d6e6f4", "concatenate": "#fde9c4", "input": "#eeeeee"}
OTHER, LINE = "#e3f1dd", "#666666"


def block_diagram(steps: Mapping[str, tuple[str, Sequence[str]]], title: str = "") -> Figure:
    """Draws steps from top to bottom, a row for every step of the longest way.

    Args:
        steps: name -> what stands in the box, and the names of the steps before it, which come
            first.
        title: above the drawing.

    >>> steps = {"a": ("input, 8", ()), "b": ("3x3 conv, 8", ("a",)), "c": ("add", ("a", "b"))}
    >>> len(block_diagram(steps).axes[0].patches)
    3
    """
    rows = _rows(steps)
    columns, ways = _columns(steps, rows)
    across = [*columns.values(), *(x for way in ways for x, _ in way)]
    low, high, last = min(across), max(across), max(rows.values())
    size = ((high - low) * ACROSS + WIDTH + 0.4, last * DOWN + HEIGHT + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    for way in ways:
        places = [(x * ACROSS, -row * DOWN) for x, row in way]
        places[0] = (places[0][0], places[0][1] - HEIGHT / 2)
        places[-1] = (places[-1][0], places[-1][1] + HEIGHT / 2)
        axis.plot(*zip(*places, strict=True), color=LINE, lw=1.4, solid_joinstyle="round")
        arrow = {"arrowstyle": "-|>", "color": LINE, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        axis.annotate("", places[-1], places[-2], arrowprops=arrow)
    for name, (label, _) in steps.items():
        x, y = columns[name] * ACROSS, -rows[name] * DOWN
        colour = next((c for kind, c in COLOURS.items() if kind in label), OTHER)
        corner, round_box = (x - WIDTH / 2, y - HEIGHT / 2), "round,pad=0,rounding_size=0.12"
        axis.add_patch(
            FancyBboxPatch(
                corner, WIDTH, HEIGHT, boxstyle=round_box, fc=colour, ec="#444444", zorder=2
            )
        )
        shown = label.replace("x", "×") if "conv" in label else label.replace("x ", "× ")
        axis.text(x, y, shown, ha="center", va="center", fontsize=10, zorder=3)
    axis.set_xlim(low * ACROSS - WIDTH / 2 - 0.1, high * ACROSS + WIDTH / 2 + 0.1)
    axis.set_ylim(-last * DOWN - HEIGHT / 2 - 0.1, HEIGHT / 2 + 0.1)
    axis.set_aspect("equal")
    axis.axis("off")
    if title:
        axis.set_title(title, fontsize=11)
    return figure


def _rows(steps):
    """Step -> row: one below the lowest of its inputs."""
    rows = {}
    for name, (_, inputs) in steps.items():
        rows[name] = 1 + max((rows[before] for before in inputs), default=-1)
    return rows


def _columns(steps, rows):
    """Step -> column, and for every arrow the places that it passes.

    An arrow over several rows passes a place of its own in each, so that no box lies on it.
    """
    arrows = [(before, name) for name, (_, inputs) in steps.items() for before in inputs]
    columns: dict[str, float] = {}
    lanes: dict[tuple[str, str], float] = {}
    for name, (_, inputs) in steps.items():
        coming = [lanes[before, name] for before in inputs]
        columns[name] = sum(coming) / len(coming) if coming else 0.0
        # The longest way, the shortcut, goes to the left; the others keep their order.
        targets = sorted((b for a, b in arrows if a == name), key=lambda target: -rows[target])
        for i, target in enumerate(targets):
            lanes[name, target] = columns[name] + i - (len(targets) - 1) / 2
    ways = []
    for before, name in arrows:
        passed = [(lanes[before, name], row) for row in range(rows[before] + 1, rows[name])]
        ways.append([(columns[before], rows[before]), *passed, (columns[name], rows[name])])
    return columns, ways
