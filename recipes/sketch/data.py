"""Sketches and photos: who is trained on, who searches, who is searched."""

import dataclasses

import numpy as np

from data_pipelines.records import PHOTO, SKETCH, DataError
from recipes.common.data import Divided, open_data
from recipes.sketch.settings import SketchSettings
from tfretrieval.run_folder import RunFolder


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SketchData(Divided):
    """A data set whose queries are sketches and whose database are photos."""

    @property
    def domains(self) -> np.ndarray:
        """What every picture is: 0 a sketch, 1 a photo."""
        assert self.records.domains is not None  # Refused by open_sketches.
        return self.records.domains

    @property
    def sketches(self) -> np.ndarray:
        """Sketches that are trained on."""
        return self._trained_on(SKETCH)

    @property
    def photos(self) -> np.ndarray:
        """Photos that are trained on."""
        return self._trained_on(PHOTO)

    @property
    def seen_classes(self) -> np.ndarray:
        """Classes that are trained on, ascending."""
        return np.asarray(np.unique(self.records.labels[self.fit]))

    @property
    def number(self) -> np.ndarray:
        """Label -> number among the seen classes, int32; of no meaning for the others."""
        seen = self.seen_classes
        found = np.searchsorted(seen, np.arange(self.num_classes))
        return np.minimum(found, len(seen) - 1).astype(np.int32)

    def _trained_on(self, domain: int) -> np.ndarray:
        chosen: np.ndarray = self.fit[self.domains[self.fit] == domain]
        return chosen


def open_sketches(config: SketchSettings, folder: RunFolder) -> SketchData:
    """Loads a data set of sketches and photos; sketches search, photos are searched.

    Raises:
        DataError: as :func:`recipes.common.data.open_data`; also pictures of which is not said
            what is a sketch, or sketches of a class of which there is no photo.
    """
    data = open_data(config, folder)
    domains = data.records.domains
    if domains is None or set(domains[data.fit].tolist()) != {SKETCH, PHOTO}:
        raise DataError(
            f"{data.name} does not say which of its training pictures are sketches and which "
            "are photos: a CSV file has the column domain, 0 and 1"
        )
    query = data.query[domains[data.query] == SKETCH]
    database = data.database[domains[data.database] == PHOTO]
    labels = data.records.labels
    absent = np.setdiff1d(labels[query], labels[database])
    if len(absent) or not len(query):
        lacking = repr(data.records.class_names[absent[0]]) if len(absent) else "any class"
        raise DataError(
            f"{data.name}: sketches of {lacking} are to search, and there is no photo in the "
            "database, or no sketch among the queries: add pictures, or remove the class"
        )
    fields = {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
    return SketchData(**{**fields, "query": query, "database": database})
