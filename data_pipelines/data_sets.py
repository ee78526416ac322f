"""All data sets, a line each. A new one is its source file, its export there, and its line here."""

from __future__ import annotations

from data_pipelines import sources
from data_pipelines.sources import BenchmarkSet, ClassSet, PairSet

DATA_SETS: tuple[ClassSet | PairSet | BenchmarkSet, ...] = (
    sources.CALTECH256,
    sources.CALTECH_BIRDS2011,
    sources.CARS196,
    sources.CIFAR10,
    *sources.DRAWN_BIRDS,
    sources.DRAWN_OBJECTS,
    sources.FOLDER,
    sources.IMAGENET2012,
    *sources.OPENMOJI,
    sources.SKETCHY_EXTENDED,
    sources.STANFORD_DOGS,
    sources.TU_BERLIN_EXTENDED,
    sources.DRAWN_INSTANCES,
    sources.GROCERY_STORE,
    sources.RETRIEVAL_SFM_30K,
    sources.RETRIEVAL_SFM_120K,
    sources.OXFORD5K,
    sources.PARIS6K,
    sources.ROXFORD5K,
    sources.RPARIS6K,
    sources.HOLIDAYS,
)
