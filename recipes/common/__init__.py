"""What every recipe shares: command line, settings, run folder, data, training, export, report.

Submodules load on first use, so that ``--help`` answers without starting TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
