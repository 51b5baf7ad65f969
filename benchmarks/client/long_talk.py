"""A talk of 1,000 turns in the transcript: what a word of an answer costs the page, compared with 10 turns.

In a plain page of Chromium, without a kernel: the widget gets the entries, then an answer that grows word by word.
Counted is the time from a message to the page that is laid out again; at 60 frames a second a frame has 16.7 ms.
"""

from __future__ import annotations

import asyncio

from playwright.async_api import async_playwright

from benchmarks.rows import Row
from benchmarks.support.bare_page import harness_page
from benchmarks.support.needs import browser_with_plain_page
from devtools.browser.chromium import chromium_flags, find_chromium

_FRAME_MS = 1000 / 60
#: Largest acceptable ratio of the medians.
_TARGET = 3.0
#: Sends that many turns and then words; returns the milliseconds that each word took.
_TALK = """
async ([turns, words]) => {
  const { transcript } = window.played;
  const plain = (more) => ({
    source: "speech", state: "completed", cut: false, heard_ms: null, heard_length: null, preamble: false,
    delay: null, turn: null, at: null, sound: true, sound_gone: false, edited: false, ...more,
  });
  let after = transcript.get("entries").at(-1)?.id ?? null;
  const put = (entry) => transcript.receive({ type: "upsert", entry, after });
  for (let turn = 0; turn < turns; turn++) {
    for (const kind of ["user", "assistant"]) {
      const id = `${kind} ${turn}`;
      put(plain({ id, kind, text: `In turn ${turn} somebody said a sentence of some words, as people do.` }));
      after = id;
    }
  }
  const channel = new MessageChannel();
  const turn = () => new Promise((done) => {
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let i = 0; i < 10; i++) await frame();
  const took = [];
  let text = "";
  for (let word = 0; word < words; word++) {
    await frame();
    text += "and so on ";
    const before = performance.now();
    put(plain({ id: "last", kind: "assistant", state: "in_progress", text }));
    await turn();
    document.querySelector(".rw-console").getBoundingClientRect();
    took.push(performance.now() - before);
  }
  return took;
}
"""


def prepare(quick: bool) -> None:
    """Find Chromium and build the plain page."""
    browser_with_plain_page()


def measure(quick: bool) -> list[Row]:
    """Measure a short and a long talk, one after the other in pages of their own, twice."""
    return asyncio.run(_measure(40 if quick else 200))


async def _measure(words: int) -> list[Row]:
    took: dict[int, list[float]] = {10: [], 1000: []}
    async with async_playwright() as playwright:
        for _ in range(2):
            for turns, found in took.items():
                browser = await playwright.chromium.launch(
                    executable_path=find_chromium(), args=chromium_flags(None, grant=True)
                )
                try:
                    page = await browser.new_page(viewport={"width": 900, "height": 700})
                    with harness_page() as url:
                        await page.goto(f"{url}?scene=speaking")
                        await page.wait_for_selector("body[data-ready]", state="attached")
                        found.extend(await page.evaluate(_TALK, [turns, words]))
                finally:
                    await browser.close()
    short, long = (tuple(took[turns]) for turns in (10, 1000))
    return [
        Row("long_talk", "a word of an answer after 10 turns", short),
        Row(
            "long_talk",
            "a word of an answer after 1,000 turns",
            long,
            peer="10 turns",
            peer_values=short,
            target=_TARGET,
            limit_p95=_FRAME_MS,
        ),
    ]
