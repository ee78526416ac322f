"""Flags of a tiny run."""

FLAGS = [
    *("--image-size", "32", "--width", "4", "--epochs", "1", "--batch-size", "8"),
    *("--bits", "12", "--hash-epochs", "6", "--remine", "2"),
]
