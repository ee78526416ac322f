"""``python -m tfretrieval.export``: see :mod:`tfretrieval.export.command`."""

import sys

from tfretrieval.export.command import main

if __name__ == "__main__":
    sys.exit(main())
