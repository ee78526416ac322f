"""Paints one view of a thing: the very same thing again and again, easy or hard to tell.

There are many things of each kind, so the kind does not tell which one it is: its colours, its
build and its marks do. A thing keeps them in all its views; backdrop, light, camera, place, size,
turn, foreshortening and what stands before it change. The three difficulties are those of
revisited Oxford (Radenovic et al. 2018).
"""

import dataclasses
import hashlib
import random

import numpy as np
from PIL import Image, ImageChops

from data_pipelines.drawn_birds.backdrops import GREENS, WOOD
from data_pipelines.drawn_birds.bird import draw_bird
from data_pipelines.drawn_birds.canvas import CIRCLE, Layer, Pen, Subject, shade, turn
from data_pipelines.drawn_birds.objects import CLASSES
from data_pipelines.drawn_birds.photograph import SUPERSAMPLE, Picture, photograph
from data_pipelines.drawn_birds.pose import make_individual, make_pose
from data_pipelines.drawn_birds.rivals import stand_beside
from data_pipelines.drawn_birds.scene import draw_leaf, leaf
from data_pipelines.drawn_birds.species import make_species
from data_pipelines.drawn_birds.things import COLOURS, KINDS

VIEWS = ("easy", "hard", "junk", "lonely")
HARDSHIPS = ("dim", "hidden", "small", "turned")
SPECIES = 210
SMALL, MODERATE = (0.11, 0.15), (0.2, 0.36)
TRIES = 200

# What a view must hold, measured in its mask: shares of the thing that are seen, shares of the
# picture that the whole thing covers.
EASY_SEEN, EASY_COVERS = 0.9, 0.05
HARD_SEEN, HIDDEN_SEEN, SMALL_COVERS = 0.3, 0.65, 0.04
JUNK_LEAST, JUNK_SEEN = 0.03, 0.25

# What `sample_checksum()` must give. Another value means other pictures: raise the
# builder's VERSION and rerun every table.
PIXELS_SHA256 = "4b6db413cdbcb82afef3e11615f3038957527d62d94b0fcbbed7d25947447126"


@dataclasses.dataclass(frozen=True, eq=False)
class InstancePicture(Picture):
    """One view of a thing.

    Attributes:
      whole: pixels that the thing would cover if nothing stood before it and the picture went on
        beyond its border.
      hardships: what makes the view hard, of ``HARDSHIPS``.
    """

    whole: float
    hardships: tuple[str, ...]

    @property
    def visible(self) -> float:
        """The share of the thing that is seen: pixels of the mask over pixels of the whole."""
        return float(self.mask.sum(dtype=np.int64)) / 255 / self.whole

    @property
    def covers(self) -> float:
        """Pixels of the whole thing over pixels of the picture."""
        return self.whole / self.mask.size


class InstanceArtist:
    """Draws views of things; a picture is a pure function of (seed, id).

    Thing ``n`` is of kind ``CLASSES[n % 7]``; a bird keeps its pose, and nothing is ever mirrored.

    Args:
      size: side of a picture in pixels, at least 32.
      seed: another seed, other things.

    >>> picture = InstanceArtist(size=32).draw("query/0004.mushroom/00_easy.jpg", 4, "easy")
    >>> picture.pixels.shape, picture.visible >= EASY_SEEN
    ((32, 32, 3), True)
    """

    def __init__(self, size: int = 96, seed: int = 2):
        if size < 32:
            raise ValueError(
                f"a picture of {size} pixels is too small to tell things apart: use 32 or more"
            )
        self.size, self.seed = size, seed
        self.species = make_species(SPECIES, seed)

    def draw(self, picture_id: str, thing: int, view: str) -> InstancePicture:
        """Draw the picture ``picture_id``: an easy, hard, junk or lonely view of this thing.

        Easy: at least 0.9 of the thing is seen, and the whole of it covers 0.05 of the picture or
        more. Hard: at least 0.3 is seen, with one or two of four hardships: dim light, hidden (0.65
        of it is seen at most), small (0.04 of the picture at most), turned. Junk: less than 0.25 is
        seen. Lonely: easy or hard.

        Drawn anew until it holds; raises ``ValueError`` if it never does.
        """
        if view not in VIEWS:
            raise ValueError(f"a view is one of {', '.join(VIEWS)}, not {view!r}")
        first = random.Random(f"{self.seed}/view/{picture_id}")
        wanted = first.choice(("easy", "hard")) if view == "lonely" else view
        hardships: tuple[str, ...] = ("hidden",) if wanted == "junk" else ()
        if wanted == "hard":
            hardships = tuple(sorted(first.sample(HARDSHIPS, first.choice((1, 1, 2)))))
        for attempt in range(TRIES):
            dice = random.Random(f"{self.seed}/view/{picture_id}/{attempt}")
            picture = self._shoot(thing, wanted, hardships, dice)
            if picture is not None:
                return picture
        raise ValueError(f"{picture_id}: none of {TRIES} drawings is a view that is {wanted}")

    def _shoot(
        self, thing: int, wanted: str, hardships: tuple[str, ...], dice: random.Random
    ) -> InstancePicture | None:
        """One try; None where it is not the wanted view."""
        canvas = self.size * SUPERSAMPLE
        reach = canvas * dice.uniform(*(SMALL if "small" in hardships else MODERATE))
        patch, down = _turned(self._thing(thing, reach), reach, "turned" in hardships, dice)
        border = "hidden" in hardships and dice.random() < 0.4
        deep = dice.uniform(-0.75, -0.25) if wanted == "junk" else dice.uniform(-0.2, 0.3)
        at = _beyond_border(dice, canvas, deep * reach) if border else _inside(dice, canvas, reach)
        subject = _pasted(patch, canvas, at, at + down, reach)
        whole = sum(patch.mask.histogram()[128:]) / SUPERSAMPLE**2
        count = dice.choice((0, 0, 1)) if wanted == "easy" else dice.choice((0, 1, 2))
        beside = stand_beside(dice, subject.mask, count)
        if "hidden" in hardships and not border:
            _screen(dice, Pen(beside.paint, beside.mask), at, deep * reach, reach)
            # Drawn behind the thing, seen through the hole that it leaves: so it is before it.
            subject = dataclasses.replace(
                subject, mask=ImageChops.subtract(subject.mask, beside.mask)
            )
        seen = subject.mask.histogram()[255] / SUPERSAMPLE**2 / whole
        if not _holds(wanted, hardships, seen, whole / self.size**2):
            return None
        shot = photograph(subject, at, dice, 0.6 if wanted == "easy" else 1.0, beside)
        pixels = _lamp(shot.pixels, "dim" in hardships, dice)
        picture = InstancePicture(pixels, shot.box, shot.mask, whole, hardships)
        return picture if _holds(wanted, hardships, picture.visible, picture.covers) else None

    def _thing(self, thing: int, reach: float) -> Layer:
        """The thing upright, in the middle of a layer of its own."""
        dice = random.Random(f"{self.seed}/instance/{thing}")
        half = int(1.6 * reach) + 1
        middle, kind = complex(half, half), CLASSES[thing % len(CLASSES)]
        if kind == "bird":
            pose = dataclasses.replace(make_pose(dice), span=0.66, centre=0.5 + 0.5j, narrow=1.0)
            bird = draw_bird(dice.choice(self.species), make_individual(dice), pose, 2 * half)
            layer = Layer(bird.paint, bird.mask)
        else:
            side = (2 * half, 2 * half)
            layer = Layer(Image.new("RGB", side), Image.new("L", side))
            KINDS[kind](dice, Pen(layer.paint, layer.mask), middle, reach)
        _mark(dice, Pen(layer.paint), middle, reach)
        return layer


def _mark(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """Marks of its own, blots and bars; what lies beside the thing is not seen."""
    for _ in range(dice.randint(2, 4)):
        colour, angle = dice.choice(COLOURS), dice.uniform(-3.1, 3.1)
        place = at + reach * dice.uniform(0.05, 0.6) * turn(dice.uniform(-3.1, 3.1))
        long, flat = reach * dice.uniform(0.1, 0.24), dice.choice((0.3, 0.6, 1.0))
        pen.fill(place + long * turn(angle) * (CIRCLE.real + 1j * flat * CIRCLE.imag), colour)


def _turned(
    layer: Layer, reach: float, strongly: bool, dice: random.Random
) -> tuple[Layer, complex]:
    """The layer as seen from aside by a camera that leans; also where its foot is then.

    A flat thing seen from aside is narrower, by 0.85 to 1 or strongly by 0.62 to 0.75, and its near
    side is larger. The camera leans by up to 9 degrees, strongly by 16 to 27.
    """
    squeeze = dice.uniform(0.62, 0.75) if strongly else dice.uniform(0.85, 1.0)
    angle = dice.uniform(0.28, 0.47) if strongly else dice.uniform(0, 0.16)
    lean = turn(dice.choice((-1, 1)) * angle)
    aside = turn(dice.choice((0.0, 0.0, 1.5708)) + dice.uniform(-0.3, 0.3))
    near = dice.choice((-1, 1)) * 0.35 * (1 - squeeze) / reach * aside * lean

    def seen(place: complex, by: float) -> complex:
        along = place * aside.conjugate()
        return complex(by * along.real, along.imag) * aside

    # Pillow asks where each pixel comes from: the way back, from the middle of the new layer.
    right, below = (seen(step * lean.conjugate(), 1 / squeeze) for step in (1, 1j))
    old, new = layer.mask.size[0] / 2, int(1.8 * reach) + 1
    scale = 1 - new * (near.real + near.imag)
    corner = old * scale * (1 + 1j) - new * (right + below)
    across, down = right + old * (1 + 1j) * near.real, below + old * (1 + 1j) * near.imag
    way_back = (across.real, down.real, corner.real, across.imag, down.imag, corner.imag)
    data = [value / scale for value in (*way_back, near.real, near.imag)]
    paint, mask = (
        image.transform(
            (2 * new, 2 * new), Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC
        )
        for image in (layer.paint, layer.mask)
    )
    # Only where the paint is not mixed with the empty rest of the layer.
    sharp = mask.point([255 if value > 191 else 0 for value in range(256)])
    return Layer(paint, sharp), seen(0.85j * reach, squeeze) * lean


def _inside(dice: random.Random, canvas: int, reach: float) -> complex:
    edge = min(0.95 * reach, 0.45 * canvas)
    return complex(dice.uniform(edge, canvas - edge), dice.uniform(edge, canvas - edge))


def _beyond_border(dice: random.Random, canvas: int, inside: float) -> complex:
    """A place so far inside one of the four borders."""
    place = complex(inside, dice.uniform(0.2, 0.8) * canvas) - 0.5 * canvas * (1 + 1j)
    return place * dice.choice((1, 1j, -1, -1j)) + 0.5 * canvas * (1 + 1j)


def _pasted(patch: Layer, canvas: int, at: complex, foot: complex, reach: float) -> Subject:
    """The patch around ``at``, cut off at the border of the picture."""
    paint, mask = Image.new("RGB", (canvas, canvas)), Image.new("L", (canvas, canvas))
    half = patch.mask.size[0] // 2
    corner = round(at.real) - half, round(at.imag) - half
    paint.paste(patch.paint, corner)
    mask.paste(patch.mask, corner)
    return Subject(paint, mask, (foot - 0.1 * reach, foot + 0.1 * reach), unit=1.3 * reach)


def _screen(dice: random.Random, pen: Pen, at: complex, deep: float, reach: float) -> None:
    """A board, a stone or leaves before the thing: all beyond a line ``deep`` off its middle."""
    towards = turn(dice.uniform(-3.1, 3.1))
    what = dice.choice(("board", "leaves", "stone"))
    edge = at + deep * towards
    if what == "board":
        wood = dice.choice(WOOD)
        for k in range(4):
            plank = 0.7 * k + np.array([-1.6j, 0.7 - 1.6j, 0.7 + 1.6j, 1.6j])
            pen.fill(edge + reach * towards * plank, shade(wood, dice.uniform(0.6, 1.2)))
    elif what == "stone":
        radius, stone = 1.6 * reach, dice.choice(((128, 124, 118), (96, 96, 100), (150, 138, 118)))
        middle = edge + radius * towards
        pen.dot(middle, radius, shade(stone, 0.75))
        pen.dot(middle - 0.1j * radius, 0.88 * radius, stone)
    else:
        leaves = dice.choice(GREENS)
        for k in range(9):
            root = edge + reach * towards * complex(1.6, 0.4 * (k - 4))
            along = -towards * reach * dice.uniform(1.4, 1.9) * turn(dice.uniform(-0.25, 0.25))
            pen.fill(leaf(root, along, 0.3), shade(leaves, 0.7))
            draw_leaf(pen, root, along, shade(leaves, dice.uniform(0.8, 1.2)))


def _holds(wanted: str, hardships: tuple[str, ...], visible: float, covers: float) -> bool:
    """Whether a view is what it should be."""
    if wanted == "easy":
        return visible >= EASY_SEEN and covers >= EASY_COVERS
    if wanted == "junk":
        return JUNK_LEAST <= visible < JUNK_SEEN
    return (
        visible >= HARD_SEEN
        and (visible <= HIDDEN_SEEN or "hidden" not in hardships)
        and (covers <= SMALL_COVERS or "small" not in hardships)
    )


def _lamp(pixels: np.ndarray, dim: bool, dice: random.Random) -> np.ndarray:
    """The colour of the light, from candle to blue sky, and how much there is of it."""
    bright = dice.uniform(0.38, 0.6) if dim else dice.uniform(0.9, 1.1)
    warm = dice.uniform(-0.18, 0.18) if dim else dice.uniform(-0.08, 0.08)
    gains = bright * np.array([[1 + warm], [1.0], [1 - warm]])
    table = np.clip(gains * np.arange(256), 0, 255).astype(np.uint8)
    return np.stack([table[c][pixels[..., c]] for c in range(3)], -1)


def sample_checksum() -> str:
    """sha256 over raw pixels and boxes of a fixed sample: is this the frozen set?"""
    digest = hashlib.sha256()
    artist = InstanceArtist(size=64)
    for thing in range(len(CLASSES)):
        for view in VIEWS:
            picture = artist.draw(f"database/{thing:04d}/{view}.jpg", thing, view)
            digest.update(picture.pixels.tobytes())
            digest.update(repr([round(edge, 4) for edge in picture.box]).encode())
    return digest.hexdigest()
