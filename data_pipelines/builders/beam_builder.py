"""Builders whose pictures are made one by one: in turn, or at once by Apache Beam.

```python
from apache_beam.options.pipeline_options import PipelineOptions

options = PipelineOptions([
    "--allow_unsafe_triggers",  # or Beam first fetches another runner from the network
    "--direct_running_mode=multi_processing", "--direct_num_workers=4",
])
config = tfds.download.DownloadConfig(beam_options=options)
DrawnBirds(config="cub_like").download_and_prepare(download_config=config)
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import tensorflow_datasets as tfds

from data_pipelines.beam_files import import_beam

Item = TypeVar("Item")


class BeamBuilder(
    tfds.core.GeneratorBasedBuilder,
    skip_registration=True,  # type: ignore[call-arg]
):
    """Prepares by Beam where the ``download_config`` has ``beam_options`` or a ``beam_runner``.

    What is read from the files is the same in the same order. Where a part takes several files TFDS
    may cut them at other places, and workers write the features of an example in any order.
    """

    _by_beam = False

    def download_and_prepare(self, *, download_config: Any = None, **options: Any) -> None:
        """As of TFDS.

        Raises:
            ImportError: Beam is asked for and not installed.
        """
        asked = download_config is not None and (
            download_config.beam_options is not None or download_config.beam_runner is not None
        )
        if asked:
            import_beam()
        self._by_beam = asked
        super().download_and_prepare(download_config=download_config, **options)

    def examples(
        self, pictures: Iterable[Item], make: Callable[[Item], tuple[Any, dict[str, Any]]]
    ) -> Any:
        """Keys and examples, or the transform that makes them.

        Args:
            pictures: what is known of each.
            make: key and example of a picture; a function of a module, which can be sent.
        """
        if not self._by_beam:
            return map(make, pictures)
        beam = import_beam()
        return beam.Create([*pictures]) | beam.Reshuffle() | beam.Map(make)
