"""Sketchy (Sangkloy et al. 2016) with extended photos (Liu et al. 2017).

```
256x256/sketch/tx_000100000000/<class>/<photo>-<k>.png
EXTEND_image_sketchy/<class>/ext_<n>.jpg
```

The extended folder holds the 12,500 photos that the sketches were drawn from already: those of
`256x256/photo` are not read again.
"""

from __future__ import annotations

from data_pipelines.sources.sketch_folders import SketchFolders
from data_pipelines.sources.sketch_set import SketchSet

SKETCHY_EXTENDED = SketchSet(
    "sketchy_extended",
    SketchFolders("256x256/sketch/tx_000100000000", "EXTEND_image_sketchy", queries=50),
    counts=(73_002, 69_231, 6_250),
)
