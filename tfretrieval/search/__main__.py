"""``python -m tfretrieval.search``: see :mod:`tfretrieval.commands`."""

import sys

from tfretrieval.commands import main

if __name__ == "__main__":
    sys.exit(main())
