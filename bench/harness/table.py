"""Tables, as text for the terminal and as Markdown for the files."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """The first column is text, the others are numbers and stand to the right."""

    headers: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def widths(self) -> list[int]:
        return [max(map(len, column)) for column in zip(self.headers, *self.rows, strict=True)]

    def line(self, cells: list[str], separator: str) -> str:
        padded = [
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, self.widths(), strict=True))
        ]
        return separator.join(padded)

    def text(self) -> str:
        lines = [self.line(self.headers, "  ")] + [self.line(row, "  ") for row in self.rows]
        return "\n".join(line.rstrip() for line in lines)

    def markdown(self) -> str:
        widths = self.widths()
        rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
        lines = [self.headers, rule, *self.rows]
        return "\n".join(f"| {self.line(line, ' | ')} |" for line in lines)


def number(value: float, digits: int = 0) -> str:
    """With thousands separated; digits after the point."""
    return f"{value:,.{digits}f}"
