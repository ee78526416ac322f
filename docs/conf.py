"""How the site is made of these pages and of the docstrings: `make docs`, then docs/_build/html.

Sphinx, since the reference is made of docstrings and every cross-reference is checked; MyST, since
the pages are Markdown that reads on its own too; Furo, which is light and dark, narrow and wide.
Nothing is fetched while it is built, or read.
"""

import sys
from pathlib import Path

import tfretrieval

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from docs import build_reference  # noqa: E402

project = "tfretrieval"
author = "the tfretrieval team"
version = release = tfretrieval.__version__
html_title = f"tfretrieval {version}"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "docs.autolink",
    "docs.mathml",
]
exclude_patterns = ["_build", "notebooks/*.py"]
templates_path = ["_templates"]

# Pages
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
# The notebooks stand here with their outputs: docs/notebooks/build.py.
nb_execution_mode = "off"

# Reference
autosummary_generate = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
# What a base says of `call` or `get_config` is Keras's to say.
autodoc_inherit_docstrings = False
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
# A reference that leads nowhere is an error; what belongs to others is not looked for.
nitpicky = True
nitpick_ignore_regex = build_reference.FOREIGN
add_module_names = False
# Names stand in single backticks in what is written like Markdown.
default_role = "code"

# Look
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

build_reference.write(HERE / "reference")
