"""Charts as SVG: one row per variant, one panel per figure, readable on light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10

ROW = 26  # px
PANEL = 250
GAP = 116  # to the right of a panel, for the figure behind its bar
TOP = 64
FONT = 13

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.soft { fill: #59636e; }
.rule { stroke: #d1d9e0; }
.ours { fill: #1a7f4b; }
.theirs { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .soft { fill: #9198a1; }
  .rule { stroke: #3d444d; }
  .ours { fill: #3fb970; }
  .theirs { fill: #6e7681; }
}"""


@dataclass(frozen=True)
class Panel:
    """A bar from 0 to each value; or, with lows, from each low to its value on a log scale."""

    title: str
    values: Sequence[float]
    labels: Sequence[str]  # what stands behind each bar
    lows: Sequence[float] | None = None

    def extent(self, index: int) -> tuple[float, float]:
        """Where a bar begins and ends, in px from the left edge of the panel."""
        if self.lows is None:
            return 0.0, PANEL * self.values[index] / (max(self.values) or 1.0)
        floor = log10(max(min(self.lows), 0.01)) - 0.1
        scale = PANEL / (log10(max(max(self.values), 0.02)) - floor)
        low, high = (
            (log10(max(value, 0.01)) - floor) * scale
            for value in (self.lows[index], self.values[index])
        )
        return low, max(high, low + 2)


def chart(title: str, names: Sequence[str], panels: Sequence[Panel]) -> str:
    """Rows whose name begins with "greenroom" stand out."""
    left = 20 + 7.2 * max(map(len, names))
    width = left + len(panels) * (PANEL + GAP)
    height = TOP + len(names) * ROW + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}"'
        f' width="{width:.0f}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<text class="title" x="8" y="22">{escape(title)}</text>',
    ]
    for row, name in enumerate(names):
        y = TOP + row * ROW + FONT + 2
        parts.append(f'<text x="{left - 10:.0f}" y="{y}" text-anchor="end">{escape(name)}</text>')
    for column, panel in enumerate(panels):
        parts += draw(panel, names, left + column * (PANEL + GAP))
    return "\n".join([*parts, "</svg>", ""])


def draw(panel: Panel, names: Sequence[str], x: float) -> list[str]:
    bottom = TOP + len(names) * ROW
    parts = [
        f'<text class="soft" x="{x:.0f}" y="{TOP - 12}">{escape(panel.title)}</text>',
        f'<line class="rule" x1="{x:.0f}" y1="{TOP - 4}" x2="{x:.0f}" y2="{bottom}"/>',
    ]
    for row, name in enumerate(names):
        begin, end = panel.extent(row)
        y = TOP + row * ROW
        kind = "ours" if name.startswith("greenroom") else "theirs"
        parts.append(f'<rect class="{kind}" x="{x + begin:.1f}" y="{y + 3}"'
                     f' width="{end - begin:.1f}" height="{ROW - 10}" rx="2"/>')
        parts.append(f'<text class="soft" x="{x + end + 6:.1f}" y="{y + FONT + 2}">'
                     f"{escape(panel.labels[row])}</text>")
    return parts
