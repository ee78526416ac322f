from benchmarks import architecture
from tfretrieval.backbones import resnet18, resnet18_i


def test_the_table_holds_both_networks_stage_by_stage_and_their_sums(capsys):
    builders = {"ResNet18": resnet18, "ResNet18-I": resnet18_i}
    networks = {name: build((64, 64, 3), 8, num_classes=5) for name, build in builders.items()}
    architecture.stages(networks)
    lines = capsys.readouterr().out.splitlines()
    rows = {}
    for line in lines:
        if line.startswith("| "):
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows[name] = cells
    assert list(rows)[1:] == [
        *("stem", "stage1", "stage2", "stage3", "stage4"),
        *("inception_resnet_c", "logits", "together"),
    ]
    assert rows["stage4"][0] == "2 x 2 x 64" and rows["inception_resnet_c"][1] == "-"
    plain, block = [network.count_params() for network in networks.values()]
    assert rows["together"][1:3] == [f"{plain:,}", f"{block:,}"]
    assert f"parameters: {100 * (block / plain - 1):+.1f} % with the block" in lines
