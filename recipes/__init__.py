"""One file, one paper's experiment; run as ``python -m recipes.NAME``."""
