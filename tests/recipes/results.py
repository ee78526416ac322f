"""What a run has written, as tests look at it."""

import json


def rows(run_dir, title=""):
    """Names of a row -> figure -> its value with the first seed, of the table of this title."""
    tables = json.loads((run_dir / "results.json").read_text())["tables"]
    (table,) = (table for table in tables if table["title"] == title)
    return {
        tuple(row["names"]): {name: values[0] for name, values in row["figures"].items()}
        for row in table["rows"]
    }
