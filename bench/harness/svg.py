"""Charts as SVG, readable on light and dark: bars, with one row per variant and one panel per figure;
and curves over time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10

ROW = 26  # px
PANEL = 250
GAP = 116  # to the right of a panel, for the figure behind its bar
TOP = 64
FONT = 13
PLOT = (640, 220)  # px, of curves

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.soft { fill: #59636e; }
.rule { stroke: #d1d9e0; }
.ours { fill: #1a7f4b; }
.theirs { fill: #8c959f; }
.curve { fill: none; stroke-width: 1.5; }
.curve-0 { stroke: #1a7f4b; }
.curve-1 { stroke: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .soft { fill: #9198a1; }
  .rule { stroke: #3d444d; }
  .ours { fill: #3fb970; }
  .theirs { fill: #6e7681; }
  .curve-0 { stroke: #3fb970; }
  .curve-1 { stroke: #4493f8; }
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


def frame(title: str, width: float, height: float) -> list[str]:
    """What every chart begins with."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<text class="title" x="8" y="22">{escape(title)}</text>',
    ]


def chart(title: str, names: Sequence[str], panels: Sequence[Panel]) -> str:
    """Rows whose name begins with "greenroom" stand out."""
    left = 20 + 7.2 * max(map(len, names))
    parts = frame(title, left + len(panels) * (PANEL + GAP), TOP + len(names) * ROW + 12)
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


@dataclass(frozen=True)
class Curve:
    name: str
    points: Sequence[tuple[float, float]]  # seconds, value


def timeline(title: str, unit: str, curves: Sequence[Curve], mark: float, mark_label: str) -> str:
    """At most two curves from 0 up, with a line at the time of mark."""
    width, height = PLOT
    left, bottom = 64, TOP + height
    seconds = max(at for curve in curves for at, _ in curve.points) or 1.0
    top = max(value for curve in curves for _, value in curve.points) * 1.1

    def x(at: float) -> float:
        return left + width * at / seconds

    def y(value: float) -> float:
        return bottom - height * value / top

    parts = frame(title, left + width + GAP, bottom + 36)
    for value in (0.0, top / 2, top):
        parts.append(f'<line class="rule" x1="{left}" y1="{y(value):.1f}" x2="{left + width}"'
                     f' y2="{y(value):.1f}"/>')
        parts.append(f'<text class="soft" x="{left - 8}" y="{y(value) + 4:.1f}"'
                     f' text-anchor="end">{value:.0f}</text>')
    parts += [
        f'<text class="soft" x="{left}" y="{TOP - 12}">{escape(unit)}</text>',
        f'<line class="rule" x1="{x(mark):.1f}" y1="{TOP}" x2="{x(mark):.1f}" y2="{bottom}"/>',
        f'<text class="soft" x="{x(mark) + 4:.1f}" y="{TOP + FONT}">{escape(mark_label)}</text>',
        f'<text class="soft" x="{left + width}" y="{bottom + 20}" text-anchor="end">'
        f"{seconds:.0f} s</text>",
    ]
    for index, curve in enumerate(curves):
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in curve.points)
        parts.append(f'<polyline class="curve curve-{index}" points="{points}"/>')
        parts.append(f'<text x="{left + width + 8}" y="{y(curve.points[-1][1]) + 4:.1f}">'
                     f"{escape(curve.name)}</text>")
    return "\n".join([*parts, "</svg>", ""])
