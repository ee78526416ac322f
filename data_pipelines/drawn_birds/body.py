"""The body of a bird: a tube of changing width along a curved spine.

A place on it is ``(t, phi)``: ``t`` runs from the tail (0) to the head (1), ``phi`` is the angle
around the tube in radians, -pi/2 on the back, 0 on the side that faces us, pi/2 on the belly.
Markings are given in these coordinates, so they bend with the pose, and a rolled bird shows more
of its back or of its belly.
"""

import numpy as np

from data_pipelines.drawn_birds.canvas import smooth, turn
from data_pipelines.drawn_birds.pose import Individual, Pose
from data_pipelines.drawn_birds.species import Species

SAMPLES = 28
BELLY = 1.571


class Body:
    """The tube: spine, widths and the map from body coordinates to bird units."""

    def __init__(self, species: Species, individual: Individual, pose: Pose):
        plump = species.plump * individual.build
        lean = turn(-pose.pitch)
        trunk = np.array([-0.56 + 0.03j, -0.30, 0.00 + 0.04j, 0.25 + 0.02j]) * lean
        reach = species.neck * turn(-0.72 - 0.45 * pose.pitch)
        self.head = trunk[3] + 0.36 * reach * (1 if pose.look > 0 else 0.92)
        keys = np.array([*trunk, trunk[3] + 0.19 * reach, self.head])
        self.radius = 0.15 * species.head_size
        widths = np.array([0.055, 0.17, 0.245, 0.225, 0.165, 0.14])
        widths[:4] *= plump
        widths[4] *= 0.5 + 0.5 * plump
        widths[5] = self.radius * 0.97
        self.spine = smooth(keys, SAMPLES)
        self.width = smooth(widths, SAMPLES).real
        step = np.gradient(self.spine)
        self.along = step / np.abs(step)
        self.down = 1j * self.along * self.width
        self._spine_step, self._down_step = np.diff(self.spine), np.diff(self.down)
        self.roll = pose.roll

    def at(self, t: np.ndarray | float, phi: np.ndarray | float) -> np.ndarray:
        """Points of the body surface as we see them; ``t`` and ``phi`` (radians) broadcast."""
        place = np.clip(t, 0, 0.999) * (SAMPLES - 1)
        low = place.astype(int)
        share = place - low
        spine = self.spine[low] + share * self._spine_step[low]
        down = self.down[low] + share * self._down_step[low]
        return spine + down * np.sin(np.clip(phi + self.roll, -BELLY, BELLY))

    def patch(
        self, t0: float, t1: float, top: float, bottom: float, slant: float = 0.0
    ) -> np.ndarray:
        """Outline of the patch between two places and two angles."""
        t = np.linspace(t0, t1, 8)
        down = np.linspace(top, bottom, 6)
        lean = slant * (down - top)
        places = np.concatenate([t, t1 + lean, t[::-1] + lean[-1], t0 + lean[::-1]])
        angles = np.concatenate([np.full(8, top), down, np.full(8, bottom), down[::-1]])
        return self.at(places, angles)
