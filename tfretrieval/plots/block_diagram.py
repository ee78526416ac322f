"""Boxes and arrows: the way of a map through a block (figure 2 of Pan et al. 2021)."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from tfretrieval.plots._text import plain

# Of a box, and from one to the next, in inches.
WIDTH, HEIGHT = 2.1, 0.5
ACROSS, DOWN = 2.35, 0.95
CORNER = 0.12
COLOURS = {
    "input": "#eeeeee",
    "conv": "#d6e6f4",
    "dense": "#d6e6f4",
    "concatenate": "#fde9c4",
    "add": "#fde9c4",
    "multiply": "#fde9c4",
    "subtract": "#fde9c4",
}
OTHER, BORDER, ARROW = "#e3f1dd", "#444444", "#555555"


def block_diagram(steps: Mapping[str, tuple[str, Sequence[str]]], title: str = "") -> Figure:
    """Draws steps from top to bottom, a row for every step of the longest way.

    Blue boxes have weights, yellow ones join, green ones do neither.

    Args:
        steps: name -> what stands in the box, and the names of the steps before it, which come
            first, as :func:`tfretrieval.inspection.data_flow` reads them from a network.
        title: above the drawing.

    Raises:
        ValueError: no steps, or one that comes before its input.

    >>> steps = {"a": ("input, 8", ()), "b": ("3x3 conv, 8", ("a",)), "c": ("add", ("a", "b"))}
    >>> [text.get_text() for text in block_diagram(steps).axes[0].texts]
    ['input, 8', '3×3 conv, 8', 'add']
    """
    rows = _rows(steps)
    columns, ways = _columns(steps, rows)
    across = [*columns.values(), *(x for way in ways for x, _ in way)]
    left, right = min(across) * ACROSS - WIDTH / 2, max(across) * ACROSS + WIDTH / 2
    bottom, margin = -max(rows.values()) * DOWN - HEIGHT / 2, 0.1
    height = HEIGHT / 2 - bottom + 2 * margin
    figure = Figure(figsize=(right - left + 2 * margin, height + (0.4 if title else 0)))
    axis = figure.add_axes((0, 0, 1, height / figure.get_figheight()))
    for way in ways:
        axis.add_patch(
            FancyArrowPatch(
                path=_rounded(_corners(way)),
                arrowstyle="-|>,head_width=3,head_length=6",
                color=ARROW,
                lw=1.4,
                zorder=1,
            )
        )
    for name, (label, _) in steps.items():
        x, y = columns[name] * ACROSS, -rows[name] * DOWN
        colour = next((c for kind, c in COLOURS.items() if kind in label), OTHER)
        axis.add_patch(
            FancyBboxPatch(
                (x - WIDTH / 2, y - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle=f"round,pad=0,rounding_size={CORNER}",
                fc=colour,
                ec=BORDER,
                zorder=2,
            )
        )
        # 3x3 and x 0.2 with the sign of multiplication; no other word has an x after a digit or at
        # its beginning.
        words = [w.replace("x", "×") if w[0] in "0123456789x" else w for w in label.split()]
        axis.text(x, y, plain(" ".join(words)), ha="center", va="center", fontsize=10.5, zorder=3)
    axis.set_xlim(left - margin, right + margin)
    axis.set_ylim(bottom - margin, HEIGHT / 2 + margin)
    axis.axis("off")
    if title:
        axis.set_title(plain(title), fontsize=12)
    return figure


def _rows(steps):
    """Step -> row: one below the lowest of its inputs."""
    rows: dict[str, int] = {}
    for name, (_, inputs) in steps.items():
        if unknown := set(inputs) - set(rows):
            raise ValueError(f"step {name!r} comes before its input {min(unknown)!r}")
        rows[name] = 1 + max((rows[before] for before in inputs), default=-1)
    if not rows:
        raise ValueError("a diagram needs at least one step")
    return rows


def _columns(steps, rows):
    """Step -> column, and for every arrow the places (column, row) that it passes.

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


def _corners(way):
    """The line of an arrow: down its lanes, and across halfway between two rows."""
    x, row = way[0]
    points = [(x * ACROSS, -row * DOWN - HEIGHT / 2)]
    for new, row in way[1:]:
        if new != x:
            halfway = (0.5 - row) * DOWN
            points += [(x * ACROSS, halfway), (new * ACROSS, halfway)]
            x = new
    return [*points, (x * ACROSS, -way[-1][1] * DOWN + HEIGHT / 2)]


def _rounded(points):
    """A path through points, with arcs where it turns."""
    places, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        places += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*places, points[-1]], [*codes, Path.LINETO])


def _towards(place, other):
    """The place a corner's radius, or half of the way, nearer to another."""
    length = sum(abs(b - a) for a, b in zip(place, other, strict=True))
    share = min(CORNER / length, 0.5)
    return tuple(a + share * (b - a) for a, b in zip(place, other, strict=True))
