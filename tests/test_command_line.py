"""What the commands have in common."""

import pytest

from tfretrieval.command_line import parser, positive


@pytest.mark.parametrize("text, told", [("0", "must be at least 1, got 0"), ("x", "invalid")])
def test_a_number_that_is_no_count_is_told(text, told, capsys):
    command = parser("python -m birds", "Finds birds.")
    command.add_argument("--k", type=positive)
    with pytest.raises(SystemExit) as stop:
        command.parse_args(["--k", text])
    assert stop.value.code == 2 and told in capsys.readouterr().err


def test_examples_are_shown_line_by_line():
    about = "Finds birds.\n\n    python -m birds --k 3\n    python -m birds --k 4\n"
    told = parser("python -m birds", about).format_help()
    assert "usage: python -m birds" in told and about in told
