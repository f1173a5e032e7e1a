"""Any name that somebody gives a picture → one that is safe as a file's name on every system."""

from __future__ import annotations

import re
import unicodedata

from lookalike.images.formats import Format, suffixes

# With a number and a suffix behind it, within what every file system takes, which is 255 bytes.
_LONGEST_BYTES = 150

# Of Windows, which takes them with any suffix, too; ¹²³ are digits to it.
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)

# Between folders, in addresses of Windows' streams, and what its shell or another one acts upon.
_FORBIDDEN = re.compile(r'[<>:"|?*]')

# Unseen characters, such as those that turn the direction of writing, and what no text has.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# A leading dot hides a file; a leading dash makes it an option of programs. Windows takes no dots
# or blanks at the end.
_NOT_FIRST, _NOT_LAST = " .-~", " ."


def safe_name(given: str, format: Format, otherwise: str) -> str:
    """Return a name for a picture's file.

    Parameters
    ----------
    given : str
        What somebody calls it; perhaps a path, of which only the last part is taken.
    format : Format
        Of the picture: its name gets a suffix of that.
    otherwise : str
        What it is called if nothing is left of the name: letters and digits.

    Returns
    -------
    str
        At most 160 bytes of UTF-8: one part of a path, printable, not hidden, and no name that
        Windows keeps for itself.
    """
    stem, suffix = _parted(_cleaned(given), format)
    stem = _shortened(stem.lstrip(_NOT_FIRST)).rstrip(_NOT_LAST) or otherwise
    if _DEVICES.fullmatch(stem.partition(".")[0].rstrip()):
        stem = f"_{stem}"
    return stem + suffix


def numbered(name: str, number: int | str) -> str:
    """Return a name with a number behind its stem: ``cat-2.jpg``."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{number}{dot}{suffix}"


def _cleaned(given: str) -> str:
    last = re.split(r"[/\\]", given)[-1]
    seen = "".join(char for char in last if unicodedata.category(char) not in _UNSEEN)
    composed = unicodedata.normalize("NFC", seen)
    return re.sub(r"\s+", " ", _FORBIDDEN.sub("_", composed))


def _parted(name: str, format: Format) -> tuple[str, str]:
    """Part a name from its suffix, which is the right one then."""
    stem, dot, end = name.rstrip(_NOT_LAST).rpartition(".")
    suffix = f".{end.lower()}"
    if dot and suffix in format.suffixes:
        return stem, suffix
    if dot and suffix in suffixes():
        return stem, format.suffixes[0]
    return name, format.suffixes[0]


def _shortened(text: str) -> str:
    return text.encode()[:_LONGEST_BYTES].decode(errors="ignore")
