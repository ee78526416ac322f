from .applications import inception_resnet_v2 as inception_resnet_v2
from .applications import inception_v3 as inception_v3
from .applications import resnet50 as resnet50
from .applications import resnet101 as resnet101
from .applications import vgg16 as vgg16
from .efficientnet_lite import efficientnet_lite0 as efficientnet_lite0
from .efficientnet_lite import efficientnet_lite1 as efficientnet_lite1
from .efficientnet_lite import efficientnet_lite2 as efficientnet_lite2
from .inception_c import with_inception_c as with_inception_c
from .keras_application import application_names as application_names
from .keras_application import keras_application as keras_application
from .keras_file import keras_file as keras_file
from .resnet import resnet18 as resnet18
from .resnet import resnet18_i as resnet18_i
from .resnet import resnet50_v1_5 as resnet50_v1_5
from .se_efficientnet_lite import se_efficientnet_lite0 as se_efficientnet_lite0
from .se_resnet import se_resnet as se_resnet
from .se_resnet import se_resnext101 as se_resnext101
from .weights_file import WeightsError as WeightsError

__all__ = [
    "WeightsError",
    "application_names",
    "efficientnet_lite0",
    "efficientnet_lite1",
    "efficientnet_lite2",
    "inception_resnet_v2",
    "inception_v3",
    "keras_application",
    "keras_file",
    "resnet18",
    "resnet18_i",
    "resnet50",
    "resnet50_v1_5",
    "resnet101",
    "se_efficientnet_lite0",
    "se_resnet",
    "se_resnext101",
    "vgg16",
    "with_inception_c",
]
