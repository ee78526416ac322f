from . import loss_result as loss_result
from . import plane as plane
from . import report as report
from . import settings as settings
from . import training as training
from . import weighing as weighing
