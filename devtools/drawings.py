"""Pictures with text that tests and benchmarks show, drawn when they need them, and the lines in them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The lines of each picture; a reader tells them without the spaces before them.
TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/home/ada/lab/rates.py", line 42, in <module>',
    "    print(mean_rate([]))",
    '  File "/home/ada/lab/rates.py", line 17, in mean_rate',
    "    return sum(values) / len(values)",
    "ZeroDivisionError: division by zero",
)
SLIDE = (
    "Catalysis in practice",
    "What changes when a catalyst is added?",
    "The activation energy drops from 75 to 52 kJ/mol",
    "The equilibrium stays where it was",
    "Forward and reverse rates grow alike",
    "Next: enzymes at 37 degrees",
    "Chemistry 101, lecture 7",
)
PLOT = (
    "Decay of the tracer",
    "Time in minutes",
    "Activity in kBq",
    "measured",
    "fitted, tau = 12.5 min",
    *("0", "10", "20", "30", "40", "50"),
    *("25", "75", "100"),
)


def font(size: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """Return a font that matplotlib brings along."""
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"), size)


def png(image: Image.Image) -> bytes:
    """Return the file of an image."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def written(
    lines: Sequence[str], size: int = 24, *, name: str = "DejaVuSans", dark: bool = False, margin: int = 30
) -> Image.Image:
    """Draw a page with lines of text."""
    letters = font(size, name)
    width = round(max(letters.getlength(line) for line in lines)) + 2 * margin
    colours = ("#1e1e1e", "#d4d4d4") if dark else ("white", "black")
    image = Image.new("RGB", (width, round(len(lines) * size * 1.5) + 2 * margin), colours[0])
    draw = ImageDraw.Draw(image)
    for place, line in enumerate(lines):
        draw.text((margin, margin + place * size * 1.5), line, fill=colours[1], font=letters)
    return image


def traceback() -> bytes:
    """Draw a traceback in a dark terminal."""
    return png(written(TRACEBACK, 16, name="DejaVuSansMono", dark=True))


def slide() -> bytes:
    """Draw a slide with a title, points and a footer."""
    image = Image.new("RGB", (1280, 720), "#fdf6e3")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 110), fill="#073642")
    draw.text((60, 28), SLIDE[0], fill="white", font=font(48, "DejaVuSans-Bold"))
    draw.text((60, 150), SLIDE[1], fill="#586e75", font=font(34))
    for place, line in enumerate(SLIDE[2:6]):
        draw.ellipse((80, 265 + place * 80, 92, 277 + place * 80), fill="#cb4b16")
        draw.text((120, 250 + place * 80), line, fill="#073642", font=font(30))
    draw.text((60, 670), SLIDE[6], fill="#93a1a1", font=font(20))
    return png(image)


def plot() -> bytes:
    """Draw a plot as matplotlib does without settings, with axes, a title and a legend."""
    figure = Figure()
    axes = figure.subplots()
    times = np.linspace(0, 50, 26)
    axes.plot(times, 100 * np.exp(-times / 12.5) + np.sin(times), "o", label=PLOT[3])
    axes.plot(times, 100 * np.exp(-times / 12.5), label=PLOT[4])
    axes.set(title=PLOT[0], xlabel=PLOT[1], ylabel=PLOT[2], yticks=[0, 25, 50, 75, 100])
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
