"""MATLAB files, as many data sets keep their lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data_pipelines.records import DataError


def read_mat(path: Path, name: str) -> np.ndarray:
    """One variable of a MATLAB file, as a flat array (structs have named fields).

    Nothing in such a file is run: scipy reads arrays, text, cells and structs only.

    Raises:
        DataError: no such file or variable, or the file is damaged.
    """
    # Here, because loading SciPy takes longer than naming a data set should.
    import scipy.io

    if not path.is_file():
        raise DataError(f"{str(path)!r} is missing")
    try:
        return np.atleast_1d(scipy.io.loadmat(path, squeeze_me=True, variable_names=[name])[name])
    except Exception as error:  # scipy raises whatever its parser stumbles upon
        raise DataError(f"{str(path)!r} is damaged, or has no {name!r}") from error
