"""Names in figures as they are, whatever they hold."""

import functools
import unicodedata
import warnings

from matplotlib import rcParams
from matplotlib.font_manager import FontProperties, findfont, get_font

# Fonts that have been told to lack something.
_told: set[tuple[str, ...]] = set()


def plain(name: object) -> str:
    r"""A name or heading as text that Matplotlib draws and never reads.

    Dollar signs begin no formula; bytes that are not UTF-8 and control characters but the line
    break are written as escapes, and so are characters that no font of
    ``rcParams["font.family"]`` has, which a warning tells once. An underscore in front, by which a
    legend leaves a line out, gets a space before it.

    >>> plain("finch"), plain("a $5 or $6 bird\x07"), plain("_x")
    ('finch', 'a \\$5 or \\$6 bird\\x07', ' _x')
    """
    text = "".join(_printable(character) for character in str(name))
    lacking = sorted({c for c in text if c != "\n" and not _has_glyph(c, _fonts())})
    if lacking:
        _tell_once(lacking[0])
        text = "".join(_escape(c) if c in lacking else c for c in text)
    # An escaped dollar sign is drawn without its backslash where no formula is.
    text = text.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def _printable(character: str) -> str:
    # Control, formatting such as a change of direction, surrogates; separators of lines.
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return _escape(character) if hidden and character != "\n" else character


def _escape(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode()
        if character > "~"
        else (repr(character)[1:-1])
    )


def _fonts() -> tuple[str, ...]:
    """The files that Matplotlib looks for a glyph in, in its order."""
    return tuple(findfont(FontProperties(family=[family])) for family in rcParams["font.family"])


@functools.cache
def _has_glyph(character: str, fonts: tuple[str, ...]) -> bool:
    return any(get_font(font).get_char_index(ord(character)) for font in fonts)


def _tell_once(character: str) -> None:
    if (fonts := _fonts()) in _told:
        return
    _told.add(fonts)
    warnings.warn(
        f"the font of figures has no {_escape(character)}; such characters are written as escapes. "
        'Append a font that has them to matplotlib.rcParams["font.family"]',
        stacklevel=4,
    )
