"""TU-Berlin (Eitz et al. 2012) with extended photos (Zhang et al. 2016).

```
png/<class>/<id>.png
ImageResized/<class>/<synset>_<n>.JPEG
```
"""

from __future__ import annotations

from data_pipelines.sources.sketch_folders import SketchFolders
from data_pipelines.sources.sketch_set import SketchSet

# TU-Berlin's photo folders -> its sketch folders, where more differs than spaces and hyphens.
MISSPELT = {
    "tromobone": "trombone",
    "griaffe": "giraffe",
    "spidar": "spider",
    "chandeler": "chandelier",
    "diamod": "diamond",
    "spacesshuttle": "space shuttle",
    "wristwatching": "wrist-watch",
    "pipe": "pipe (for smoking)",
    "mouse": "mouse (animal)",
    "bearanimal": "bear (animal)",
    "carsedan": "car (sedan)",
    "cranemachine": "crane (machine)",
}

TU_BERLIN_EXTENDED = SketchSet(
    "tu_berlin_extended",
    SketchFolders("png", "ImageResized", queries=10, misspelt=MISSPELT),
    counts=(204_489, 17_500, 2_500),
)
