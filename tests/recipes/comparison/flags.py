"""Flags of a tiny comparison."""

FLAGS = [
    *("--dataset", "folder", "--weights", "none", "--training", "full", "--network", "resnet18"),
    *("--image-size", "32", "--width", "4", "--epochs", "1", "--batch-size", "8"),
    *("--bits", "6", "--bit-lengths", "6", "4", "--hash-epochs", "2", "--remine", "1"),
    *("--classes-per-batch", "3", "--images-per-class", "2"),
]
# Enough for a step beyond the grid where the best is an edge of it.
FEW_TRIALS = 8
