"""What one bird keeps in all its pictures, and how it sits in one of them."""

import dataclasses
import random

from data_pipelines.drawn_birds.canvas import Colour


@dataclasses.dataclass(frozen=True)
class Individual:
    """What one bird keeps in all its pictures; ``marks`` seeds the places of its spots."""

    build: float
    tone: float
    warmth: float
    marks: int
    ring: Colour


def make_individual(dice: random.Random) -> Individual:
    """Draw the traits of one bird."""
    return Individual(
        build=dice.uniform(0.94, 1.06),
        tone=dice.uniform(0.93, 1.07),
        warmth=dice.uniform(-0.03, 0.03),
        marks=dice.getrandbits(32),
        ring=dice.choice(
            ((214, 60, 52), (60, 110, 200), (236, 200, 60), (70, 150, 80), (236, 236, 232))
        ),
    )


@dataclasses.dataclass(frozen=True)
class Pose:
    """How the bird sits; angles in radians, places and lengths in shares of the picture."""

    pitch: float
    head: float
    look: float
    roll: float
    tail: float
    wing: float
    flip: bool
    narrow: float
    span: float
    centre: complex


def make_pose(dice: random.Random) -> Pose:
    """Draw a pose: perched, leaning, looking about, larger or smaller, anywhere it roughly fits."""
    span = dice.uniform(0.72, 1.02)
    slack = max(0.0, 0.5 - 0.42 * span)
    backwards = dice.random() < 0.08
    return Pose(
        pitch=dice.uniform(0.08, 0.78),
        head=dice.uniform(-0.3, 0.25),
        look=dice.uniform(0.82, 1.0) * (-1 if backwards else 1),
        roll=dice.uniform(-0.3, 0.3),
        tail=dice.uniform(-0.35, 0.2),
        wing=dice.uniform(-0.1, 0.16),
        flip=dice.random() < 0.5,
        narrow=dice.uniform(0.84, 1.0),
        span=span,
        centre=complex(0.5 + dice.uniform(-slack, slack), 0.5 + dice.uniform(-slack, slack)),
    )


def make_room(pose: Pose, dice: random.Random, scale: float) -> Pose:
    """The same pose, ``scale`` times as large, anywhere in the picture it fits."""
    span = scale * pose.span
    slack = max(0.0, 0.5 - 0.42 * span)
    centre = complex(0.5 + dice.uniform(-slack, slack), 0.5 + dice.uniform(-slack, slack))
    return dataclasses.replace(pose, span=span, centre=centre)
