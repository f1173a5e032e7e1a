"""Which fonts can draw a text; what none can draw is replaced, so that nothing is ever missing."""

from __future__ import annotations

from functools import lru_cache

from lookalike.show.wording import REPLACEMENT

# DejaVu comes with Matplotlib. The others are taken if the computer has them, in this order.
_BASE = "DejaVu Sans"
_OTHERS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Noto Sans JP",
    "PingFang SC",
    "Hiragino Sans",
    "Hiragino Sans GB",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
    "Nirmala UI",
    "Noto Sans Thai",
    "Leelawadee UI",
    "Noto Sans Symbols",
    "Segoe UI Symbol",
)


@lru_cache(maxsize=1)
def families() -> tuple[str, ...]:
    """Return the font families to draw with, the first being asked first."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return (_BASE, *(name for name in _OTHERS if name in installed))


def drawable(text: str) -> str:
    """Return a text with every character replaced by U+FFFD that no font here can draw."""
    return "".join(char if _can_draw(char) else REPLACEMENT for char in text)


@lru_cache(maxsize=4096)
def _can_draw(char: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return any(
        get_font(findfont(FontProperties(family=name))).get_char_index(ord(char))
        for name in families()
    )
