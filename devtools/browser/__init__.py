"""Browser tests: Chromium, a real JupyterLab, notebooks made from cells, audio in and out.

A browser test in a few lines, with the fixture `lab` of ``tests/browser/conftest.py``::

    async def test_cell_can_be_edited_and_run_again(lab):
        page = await lab.open([code("x = 1"), code("print(x)")])
        await page.run_all()
        await page.edit_cell(0, "x = 2")
        await page.run_cell(0)
        await page.run_cell(1)
        assert page_text == await page.output_text(1)

With speech into the microphone, and a recording of what the loudspeaker really played::

    page = await lab.open([code(SESSION), code("import time; time.sleep(6)")], spoken=True)
    await page.run_cell(0)
    await page.expect("[aria-label='Your microphone']")     # waits until it is visible
    speaker = await page.tap_speaker()                      # the port's own tap, see js/src/audio/port/port.ts
    await page.click("button[aria-label='Your microphone']")
    await page.expect(".rw-state-listening")
    await page.say(samples, rate=24_000)                    # returns when it was said
    busy = await page.start_cell(1)                         # runs; does not wait
    await speaker.wait_for_sound()
    await busy
    played = await speaker.read()                           # Recording: samples, rate, start_ms, onsets()
    await page.screenshot("talking")                        # tests/artifacts/<test>/talking.png
    await page.set_theme("dark")

A failing test leaves a screenshot, the page's console and Jupyter's log in ``tests/artifacts/<test>/``.
"""
