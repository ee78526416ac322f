from . import instances as instances
from . import report as report
