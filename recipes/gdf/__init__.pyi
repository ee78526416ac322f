from . import gdf_result as gdf_result
from . import report as report
from . import rivals as rivals
from . import settings as settings
from . import start as start
from . import training as training
