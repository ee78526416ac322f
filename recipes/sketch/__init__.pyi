from . import report as report
from . import sketches as sketches
