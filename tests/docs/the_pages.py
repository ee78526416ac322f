"""The pages that are written by hand; those of the reference are made when the site is built."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {"_build", "reference"}
PAGES = sorted(
    page
    for page in (ROOT / "docs").rglob("*.md")
    if not MADE & set(page.relative_to(ROOT / "docs").parts)
)
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
