"""Outlines of the parts of a bird, as tables of points (x + iy, y down).

Head marks are in head units: the head is the unit circle, the bill points to +1. Wing and tail
parts are in their own units: the real part runs from the root (0) to the tip (1), the imaginary
one across.
"""

import numpy as np

from data_pipelines.drawn_birds.canvas import CIRCLE


def _points(text: str) -> np.ndarray:
    """``"x y, x y"`` as complex numbers."""
    return np.array([complex(*map(float, pair.split())) for pair in text.split(",")])


def oval(centre: complex, wide: float, high: float) -> np.ndarray:
    """An upright ellipse."""
    return centre + wide * CIRCLE.real + 1j * high * CIRCLE.imag


HOOD = _points("-1.2 -1.2, 1.2 -1.2, 1.2 .35, -.3 .5, -1.3 .4")
CHEEK = oval(0.15 + 0.28j, 0.75, 0.4)
THROAT = _points(".25 .38, 1.1 .2, 1.1 1.4, -.1 1.6")
CREST = _points(".45 -.8, -.2 -1.25, -1.25 -1.5, -.75 -.9, -.9 -.4, -.2 -.6")
_CAP = _points("1.2 -.25, 1.1 -1.2, -1.2 -1.2, -1.2 -.25, -.4 -.3")
CROWNS = {
    "cap": _CAP,
    "crest": _CAP,
    "stripe": _points("1 -.55, .9 -.75, -.2 -1.02, -1.1 -.55, -.9 -.4, -.2 -.78"),
}
FACES = {
    "brow": _points(".95 -.12, .4 -.42, -.4 -.38, -.95 0, -.4 -.16, .4 -.2"),
    "line": _points("1.05 -.1, .3 -.14, -.9 0, -1 .18, .3 .1, 1.05 .08"),
    "mask": _points("1.1 -.2, .35 -.36, -.5 -.2, -.85 .25, .2 .38, 1.1 .25"),
    "cheek": oval(-0.22 + 0.3j, 0.45, 0.3),
}
EYE = 0.36 - 0.12j

WING = _points(
    "-.05 .15, .08 -.12, .45 -.16, .8 -.06, 1.12 .05, .85 .36, .55 .72, .25 .86, .02 .58"
)
WING_PANEL = _points(".48 .1, .86 .06, .84 .22, .5 .36")
WING_BAR = _points("0 -.06, .05 .3, .02 .7, -.06 .72, -.02 .3, -.06 -.04")
FLIGHT_FEATHERS = [
    np.array([0.46 - 0.02 * k + 1j * (0.62 - 0.13 * k), 0.74 + 0.06 * k + 1j * (0.42 - 0.07 * k)])
    for k in range(5)
]


def bill(long: float, deep: float, bend: float) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower half of a bill, in head units."""
    tip = 0.86 + long + 1j * (0.08 + bend)
    ridge = 0.86 + 0.55 * long - 1j * (0.34 * deep - 0.25 * bend)
    keel = 0.9 + 0.5 * long + 1j * (0.1 + 0.4 * deep + 0.3 * bend)
    upper = np.array([0.8 - 0.55j * deep, ridge, tip, 0.84 + 0.14j])
    return upper, np.array([0.84 + 0.1j, 0.8 + 0.6j * deep, keel, tip])


def tail(near: float, far: float, notch: float) -> np.ndarray:
    """The stretch of a tail between two shares of its length; a notch below 0 rounds its end."""
    return np.array([near - 0.9j, far - 1j, far - notch, far + 1j, near + 0.9j, near - notch])


def tail_edges() -> tuple[np.ndarray, np.ndarray]:
    """The outer feathers."""
    lower = _points(".25 .95, 1 1, 1 .55, .25 .62")
    return lower, lower.conj()
