import pytest

from tfretrieval import backbones
from tfretrieval.backbones.networks import NETWORKS, title


@pytest.mark.parametrize("name", NETWORKS)
def test_every_name_builds_a_network_of_this_package(name, monkeypatch):
    network = NETWORKS[name]
    asked = {}
    monkeypatch.setattr(backbones, network.function, lambda **options: asked.update(options))
    network.build((96, 96, 3), width=4, weights=None)
    assert asked["input_shape"] == (96, 96, 3) and asked["weights"] is None
    assert ("width" in asked) == network.sized
    assert asked.get("domain_aware", False) == network.reads_domain == name.startswith("dase_")
    assert asked.get("inception_c", False) == (name == "se_resnet18_i")


def test_titles_are_told_apart():
    titles = [network.title for network in NETWORKS.values()]
    assert len(set(titles)) == len(titles)
    assert title("se_resnet18_i+crop") == "SE-ResNet18-I, crop"
