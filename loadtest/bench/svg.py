"""The drawing of a chart: a card on its own ground, light or dark as its reader has it; nothing from outside.

A picture in a page is not told which colours the page has; so it brings its ground along.
"""

from __future__ import annotations

from html import escape
from typing import Final, Literal

WIDTH: Final = 860
MARGIN: Final = 28
HEAD: Final = 78
"""The height of title and subtitle."""

Style = Literal["title", "small", "panel", "name", "hub", "value", "hub-value", "axis"]
Anchor = Literal["start", "middle", "end"]

_STYLE: Final = """
  text { font-family: Inter, "Segoe UI", -apple-system, BlinkMacSystemFont, Roboto, "Helvetica Neue",
    "Noto Sans", Arial, sans-serif; font-size: 13px; fill: #151a21; }
  .title { font-size: 19px; font-weight: 650; }
  .panel { font-weight: 600; }
  .small, .name, .axis { fill: #535e6c; }
  .small { font-size: 12.5px; }
  .axis { font-size: 11px; }
  .hub, .hub-value { font-weight: 650; fill: #1f4bc4; }
  .value, .hub-value { font-variant-numeric: tabular-nums; }
  .card { fill: #ffffff; stroke: #dde1e7; }
  .bar { fill: #b9c1cc; }
  .bar-hub { fill: #1f4bc4; }
  .bar-floor { fill: #dde1e7; }
  .extent { stroke: #151a21; stroke-opacity: 0.45; stroke-width: 1.5; }
  .grid { stroke: #eaedf1; }
  .base { stroke: #b9c1cc; }
  .curve { fill: none; stroke: #1f4bc4; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
  .under { fill: #1f4bc4; fill-opacity: 0.08; }
  .point { fill: #1f4bc4; stroke: #ffffff; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e7ebf1; }
    .small, .name, .axis { fill: #9ba7b6; }
    .hub, .hub-value { fill: #93b4ff; }
    .card { fill: #151a21; stroke: #28303b; }
    .bar { fill: #465160; }
    .bar-hub { fill: #5d86f5; }
    .bar-floor { fill: #2c3644; }
    .extent { stroke: #e7ebf1; }
    .grid { stroke: #202731; }
    .base { stroke: #465160; }
    .curve { stroke: #7fa3ff; }
    .under { fill: #7fa3ff; fill-opacity: 0.12; }
    .point { fill: #7fa3ff; stroke: #151a21; }
  }
"""


def card(title: str, subtitle: str, height: float, shapes: list[str]) -> str:
    """A whole picture, `WIDTH` wide; the shapes begin below `HEAD`."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {at(height)}" '
            f'width="{WIDTH}" height="{at(height)}" role="img" aria-labelledby="title">',
            f'<title id="title">{escape(title)}</title>',
            f"<style>{_STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{at(height - 1)}" rx="12"/>',
            text(MARGIN, 38, title, "title"),
            text(MARGIN, 60, subtitle, "small"),
            *shapes,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, words: str, style: Style, anchor: Anchor = "start") -> str:
    """One line of text; `y` is where it stands."""
    ends = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{style}" x="{at(x)}" y="{at(y)}"{ends}>{escape(words)}</text>'


def line(style: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight one."""
    return f'<line class="{style}" x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}"/>'


def at(coordinate: float) -> str:
    """A tenth of a pixel is enough, and keeps two pictures of the same figures the same bytes."""
    return f"{coordinate:.1f}".removesuffix(".0")
