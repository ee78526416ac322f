"""Draws one bird in flat colours, from its far parts to its near ones."""

import math
import random

import numpy as np
from PIL import Image

from data_pipelines.drawn_birds import shapes
from data_pipelines.drawn_birds.body import BELLY, Body
from data_pipelines.drawn_birds.canvas import CIRCLE, Colour, Pen, Subject, mix, shade, smooth, turn
from data_pipelines.drawn_birds.pose import Individual, Pose
from data_pipelines.drawn_birds.species import BILLS, Species


class _Painter:
    """Paints the parts of one bird from the far ones to the near ones."""

    def __init__(self, species: Species, individual: Individual, pose: Pose, size: int):
        self.bird, self.one, self.pose = species, individual, pose
        self.body = Body(species, individual, pose)
        self.unit = size * pose.span / (1.12 + species.tail_length)
        self.origin = pose.centre * size
        self.paint = Image.new("RGB", (size, size))
        self.mask = Image.new("L", (size, size))
        self.pen = Pen(self.paint, self.mask)
        self.dice = random.Random(individual.marks)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Bird units to pixels: foreshorten, flip, scale, shift."""
        middle = points - (self.body.head + self.body.spine[0]) / 2
        across = middle.real * self.pose.narrow * (-1 if self.pose.flip else 1)
        return self.origin + self.unit * (across + 1j * middle.imag)

    def tint(self, colour: Colour) -> Colour:
        """The individual's own shade of a plumage colour."""
        red, green, blue = colour
        tone, warm = self.one.tone, self.one.warmth
        return (
            min(255, int(red * tone * (1 + warm))),
            min(255, int(green * tone)),
            min(255, int(blue * tone * (1 - warm))),
        )

    def fill(self, points: np.ndarray, colour: Colour) -> None:
        self.pen.fill(self.place(points), colour)

    def line(self, points: np.ndarray, colour: Colour, width: float) -> None:
        self.pen.stroke(self.place(points), colour, max(1.0, width * self.unit))

    def head_fill(self, outline: np.ndarray, colour: Colour) -> None:
        """Fill a shape given in head units."""
        look = self.pose.look
        turned = outline.real * look + 1j * outline.imag
        tilt = turn(self.pose.head if look > 0 else -self.pose.head)
        self.fill(self.body.head + self.body.radius * turned * tilt, colour)

    def tail(self) -> None:
        bird, body = self.bird, self.body
        ahead = body.along[0] * turn(self.pose.tail)
        wide = 0.085 * bird.tail_spread
        root = body.spine[1]

        def feather(points: np.ndarray) -> np.ndarray:
            u, v = points.real, points.imag
            return root + ahead * (1j * v * wide * (0.75 + 0.55 * u) - u * bird.tail_length - 0.05)

        notch, colour = bird.tail_notch, self.tint(bird.tail)
        self.fill(feather(shapes.tail(0, 1, notch)), colour)
        style, mark = bird.tail_mark
        marks = {
            "none": (),
            "tip": (shapes.tail(0.78, 1, notch),),
            "band": (shapes.tail(0.62, 0.8, notch),),
            "edges": shapes.tail_edges(),
        }
        for shape in marks[style]:
            self.fill(feather(shape), self.tint(mark))
        for v in (-0.5j, 0j, 0.5j):
            shaft = feather(np.array([0.1 + v, 0.97 - 0.6 * notch + v]))
            self.line(shaft, shade(colour, 0.72), 0.008)

    def legs(self) -> tuple[complex, complex]:
        """The far leg, darker, then the near one with its ring; returns where the feet are."""
        feet = []
        long = self.bird.leg_length
        for t, dim in ((0.46, 0.75), (0.40, 1.0)):
            hip = complex(self.body.at(t, 1.2))
            knee = hip + 0.09 * long * turn(1.75)
            foot = knee + 0.13 * long * turn(1.25)
            tone = shade(self.bird.leg_colour, dim)
            self.line(np.array([hip, knee, foot]), tone, 0.026)
            for toe in (0.15, 0.45, 1.74):
                self.line(np.array([foot, foot + 0.085 * turn(toe)]), tone, 0.02)
            feet.append(complex(self.place(np.array([foot + 0.01j]))[0]))
        ring = np.array([knee + foot, 0.5 * knee + 1.5 * foot]) / 2
        self.line(ring, self.one.ring, 0.036)
        return feet[0], feet[1]

    def trunk(self) -> None:
        """Body and head: marks are painted on a cloth that is then cut out along the silhouette."""
        body, size = self.body, self.paint.size
        shape = Image.new("L", size)
        outline = Pen(shape, self.mask)
        top, bottom = body.spine - body.down, body.spine + body.down
        # Quads: at a bent neck a single outline would cross itself and leave a hole.
        for quad in self.place(np.stack([top[:-1], top[1:], bottom[1:], bottom[:-1]], 1)):
            outline.fill(quad, 255)
        for centre, radius in ((body.head, body.radius), (body.spine[0], body.width[0])):
            outline.fill(self.place(centre + radius * CIRCLE), 255)
        cloth = Image.new("RGB", size, self.tint(self.bird.back))
        whole, self.pen = self.pen, Pen(cloth)
        self.underparts()
        self.face()
        self.pen = whole
        box = shape.getbbox() or (0, 0, *size)
        self.paint.paste(cloth.crop(box), box, shape.crop(box))

    def underparts(self) -> None:
        bird, body = self.bird, self.body
        under = self.tint(bird.under)
        self.fill(body.patch(0.0, 0.82, 0.30, BELLY), under)
        self.fill(body.patch(0.0, 0.12, 0.1, BELLY), shade(under, 0.93))
        if bird.flank is not None:
            self.fill(body.patch(0.22, 0.62, 0.1, 0.75), mix(under, self.tint(bird.flank), 0.8))
        style, mark = bird.breast
        if style == "band":
            self.fill(body.patch(0.66, 0.73, 0.1, BELLY, slant=-0.02), self.tint(mark))
        elif style == "bib":
            self.fill(body.patch(0.60, 0.80, 0.25, BELLY, slant=0.02), self.tint(mark))
        elif style in ("streaks", "spots"):
            self.speckle(style, self.tint(mark))

    def speckle(self, style: str, colour: Colour) -> None:
        """Streaks or spots on breast and flank; where they lie belongs to the individual."""
        rows, angles = np.meshgrid(np.arange(7), (0.38, 0.66, 0.94, 1.22))
        shake = np.array([self.dice.uniform(-1, 1) for _ in range(56)]).reshape(2, 4, 7)
        t = 0.32 + 0.062 * rows + 0.03 * (angles > 0.8) + 0.02 * shake[0]
        angles = angles + 0.08 * shake[1]
        if style == "streaks":
            ends = self.body.at(np.stack([t, t + 0.04], -1), angles[..., None])
            for streak in self.place(ends.reshape(-1, 2)):
                self.pen.stroke(streak, colour, max(1.0, 0.02 * self.unit))
        else:
            dots = self.body.at(t, angles).reshape(-1, 1) + 0.017 * CIRCLE[::2]
            for dot in self.place(dots):
                self.pen.fill(dot, colour)

    def face(self) -> None:
        bird, hood = self.bird, self.tint(self.bird.hood)
        self.head_fill(shapes.HOOD, hood)
        self.head_fill(shapes.CHEEK, mix(hood, self.tint(bird.under), 0.3))
        if bird.throat is not None:
            self.head_fill(shapes.THROAT, self.tint(bird.throat))
        for (style, mark), known in ((bird.crown, shapes.CROWNS), (bird.face, shapes.FACES)):
            if style != "none":
                self.head_fill(known[style], self.tint(mark))

    def crest(self) -> None:
        style, colour = self.bird.crown
        if style == "crest":
            self.head_fill(shapes.CREST, self.tint(colour))

    def wing(self) -> None:
        bird, body = self.bird, self.body
        shoulder = complex(body.at(0.66, -0.35))
        reach = 1.12 * (shoulder - complex(body.at(0.06, -0.55 - self.pose.wing)))
        across = 1j * reach / abs(reach) * 0.31 * bird.plump * math.cos(self.pose.roll)

        def feather(points: np.ndarray) -> np.ndarray:
            return shoulder - reach * points.real + across * points.imag

        colour = self.tint(bird.wing)
        edge = shade(colour, 0.68)
        outline = smooth(feather(shapes.WING), 32, closed=True)
        self.fill(outline, colour)
        self.line(outline[14:], edge, 0.012)
        for shaft in shapes.FLIGHT_FEATHERS:
            self.line(feather(shaft), edge, 0.009)
        if bird.wing_panel is not None:
            self.fill(feather(shapes.WING_PANEL), self.tint(bird.wing_panel))
        bars, mark = bird.wing_bars
        for u in (0.40, 0.22)[:bars]:
            bar = smooth(feather(shapes.WING_BAR + u), 14, closed=True)
            self.fill(bar, self.tint(mark))

    def bill(self) -> None:
        long, deep, bend = BILLS[self.bird.bill]
        upper, lower = shapes.bill(long * self.bird.bill_scale, deep, bend)
        self.head_fill(lower, shade(self.bird.bill_colour, 0.75))
        self.head_fill(upper, self.bird.bill_colour)

    def eye(self) -> None:
        if self.bird.eye_ring is not None:
            self.head_fill(shapes.oval(shapes.EYE, 0.27, 0.27), self.tint(self.bird.eye_ring))
        self.head_fill(shapes.oval(shapes.EYE, 0.17, 0.18), (18, 14, 14))
        glint = shapes.oval(shapes.EYE + 0.05 - 0.06j, 0.055, 0.055)
        self.head_fill(glint, (235, 238, 240))


def draw_bird(species: Species, individual: Individual, pose: Pose, size: int) -> Subject:
    """Draw one bird on a ``size`` x ``size`` canvas."""
    painter = _Painter(species, individual, pose, size)
    painter.tail()
    feet = painter.legs()
    painter.crest()
    painter.trunk()
    painter.wing()
    painter.bill()
    painter.eye()
    return Subject(painter.paint, painter.mask, feet, painter.unit)
