"""What every recipe shares: configuration and command line, run folder, stages, report.

Submodules load on first use, so that ``--help`` answers without starting TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "center_report",
        "cli",
        "data",
        "export",
        "figures",
        "gdf_report",
        "heads",
        "instance_report",
        "instances",
        "measure",
        "networks",
        "paper_tables",
        "plan",
        "protocol",
        "published",
        "remedies_report",
        "report",
        "run_folder",
        "saliency",
        "session",
        "settings",
        "sheet_report",
        "sketch_report",
        "sketches",
        "stage1",
        "view_row",
    ],
)
