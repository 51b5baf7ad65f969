"""A figure in JupyterLab, and what the local endpoint reads in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.models]

_SESSION = """
import numpy as np
from matplotlib.figure import Figure
from realtime_widgets import RealtimeSession

figure = Figure(figsize=(6, 4))
axes = figure.subplots()
axes.plot(np.exp(-np.linspace(0, 3, 50)))
axes.set(title="Decay of the tracer", xlabel="Time in minutes", ylabel="Activity in kBq")
session = RealtimeSession()
session
"""
_SHOW = """
reply = await session.ask("What does it say?", image=figure)
print(reply)
"""
_READ = "Decay of the tracer\nActivity in kBq\nTime in minutes\n"


async def test_a_figure_is_read_also_when_its_cells_run_again_and_after_a_restart(lab: Lab) -> None:
    page = await lab.open([_SESSION, _SHOW])
    for name in ("first", "again", "restarted"):
        if name == "restarted":
            await page.restart_kernel()
        await page.run_cell(0)
        await page.run_cell(1)
        assert _READ in await page.output_text(1)
        await page.expect(".rw-turn-assistant:has-text('Decay of the tracer')")
        await page.expect(".rw-turn-assistant:has-text('I cannot see what else it shows.')")
    await page.screenshot("light", ".rw-console")
    await page.set_theme("dark")
    await page.screenshot("dark", ".rw-console")
