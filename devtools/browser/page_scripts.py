"""JavaScript that the page object runs in JupyterLab's page."""

from __future__ import annotations

#: Runs before any of the page's own code, and before what remembers microphones: they play what `SAY` says. The
#: page still asks the browser for its own microphone, which it may refuse.
SPOKEN_MICROPHONE = """
(() => {
  if (!navigator.mediaDevices) return;
  const voice = (globalThis.__testVoice = { context: null, microphones: [] });
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    for (const track of (await original(constraints)).getTracks()) track.stop();
    voice.context ??= new AudioContext();
    await voice.context.resume();
    const microphone = new MediaStreamAudioDestinationNode(voice.context, { channelCount: 1 });
    voice.microphones.push(microphone);
    return microphone.stream;
  };
})();
"""

#: Says float32 samples, as base64, into every microphone of the page, and waits until they were said.
SAY = """
async ([text, rate]) => {
  const { context, microphones } = globalThis.__testVoice;
  if (!microphones.length) throw new Error("no microphone was opened in the page");
  const samples = new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: rate });
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  for (const microphone of microphones) source.connect(microphone);
  const said = new Promise((done) => (source.onended = done));
  source.start();
  await said;
}
"""

#: Runs before any of the page's own code: remembers the audio tracks received by WebRTC, and calls the page's
#: binding `testTrackCame` for each.
REMEMBER_CALLS = """
(() => {
  if (!globalThis.RTCPeerConnection) return;
  const tracks = (globalThis.__testTracks = []);
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      this.addEventListener("track", ({ track }) => {
        if (track.kind !== "audio") return;
        tracks.push(track);
        globalThis.testTrackCame();
      });
    }
  };
})();
"""

#: Waits until the notebook is open and its kernel has answered, then keeps what the other scripts use.
READY = """
async () => {
  const app = globalThis.jupyterapp;
  await app.restored;
  // Not the current widget: it becomes that a moment later.
  const panel = [...app.shell.widgets("main")].find((each) => each.context && each.sessionContext);
  await panel.context.ready;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  app.shell.collapseLeft();
  globalThis.__test = { app, panel, cells: panel.content, runs: new Map() };
}
"""

START_CELL = """
(index) => {
  const { app, cells, runs } = globalThis.__test;
  cells.deselectAll();
  cells.activeCellIndex = index;
  runs.set(index, app.commands.execute("notebook:run-cell").then(() => true));
}
"""

CELL_ENDED = """
async ([index, limit]) => {
  const late = new Promise((done) => setTimeout(() => done(false), limit));
  return await Promise.race([globalThis.__test.runs.get(index), late]);
}
"""

OUTPUTS = "(index) => globalThis.__test.cells.widgets[index].model.outputs?.toJSON() ?? []"
EDIT_CELL = "([index, source]) => globalThis.__test.cells.widgets[index].model.sharedModel.setSource(source)"
SHOW_CELL = "(index) => globalThis.__test.cells.scrollToItem(index, 'smart')"
SAVE = "() => globalThis.__test.panel.context.save()"
INTERRUPT_KERNEL = "() => globalThis.__test.panel.sessionContext.session.kernel.interrupt()"
SET_THEME = """
async (name) => {
  if (document.body.dataset.jpThemeName === name) return;
  const changed = new Promise((done) => {
    const observer = new MutationObserver(() => {
      if (document.body.dataset.jpThemeName !== name) return;
      observer.disconnect();
      done();
    });
    observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name"] });
  });
  await globalThis.jupyterapp.commands.execute("apputils:change-theme", { theme: name });
  await changed;
}
"""

#: Shared by both recordings: chunks with the time of the audio clock, and when the page received them.
_RECORDING = """
const recordings = (globalThis.__testRecordings ??= []);
const recording = { chunks: [], rate: 0, waiters: [], end: null };
recording.add = (samples, time, rate) => {
  recording.rate = rate;
  // The audio clock's zero on the page's clock, and for how long this chunk waited until the page heard of it.
  const zero = performance.now() - 1000 * (time + samples.length / rate);
  recording.chunks.push([time, samples, zero]);
  recording.waiters = recording.waiters.filter((waiter) => !waiter(samples));
};
recordings.push(recording);
"""

TAP_SPEAKER = f"""
async (newest) => {{
  const registry = globalThis[Symbol.for("realtime_widgets.ports")];
  const ports = [...(registry?.ports.values() ?? [])].filter((port) => port.state.active).slice(newest ? -1 : 0);
  if (ports.length !== 1) throw new Error(`there are ${{ports.length}} active audio ports in the page, not one`);
  {_RECORDING}
  recording.end = ports[0].tap((samples, time, rate) => recording.add(samples, time, rate));
  return recordings.length - 1;
}}
"""


def tap_stream(expression: str) -> str:
    """Return a script that starts to record a MediaStream of the page and returns the recording's number."""
    return f"""
async () => {{
  const stream = {expression};
  if (!stream?.active) throw new Error("there is no sound to record in the page");
  {_RECORDING}
  // All streams of a page are recorded in one context, whose clock and buffers then are the same for each.
  const context = await (globalThis.__testTapContext ??= (async () => {{
    const context = new AudioContext();
    await context.resume();
    const source = `registerProcessor("test-tap", class extends AudioWorkletProcessor {{
      process([[channel]]) {{
        if (channel) this.port.postMessage([currentTime, channel.slice()]);
        return true;
      }}
    }})`;
    const address = URL.createObjectURL(new Blob([source], {{ type: "text/javascript" }}));
    await context.audioWorklet.addModule(address);
    return context;
  }})());
  const node = new AudioWorkletNode(context, "test-tap", {{ numberOfOutputs: 0 }});
  node.port.onmessage = ({{ data: [time, samples] }}) => recording.add(samples, time, context.sampleRate);
  const heard = context.createMediaStreamSource(stream);
  heard.connect(node);
  recording.end = () => heard.disconnect();
  return recordings.length - 1;
}}
"""


TAP_MICROPHONE = tap_stream("globalThis.__testMicrophones.findLast((stream) => stream.active)")
TAP_CALL = tap_stream("new MediaStream(globalThis.__testTracks.slice(-1))")

WAIT_FOR_SOUND = """
async ([index, threshold, loud_ms, silent_ms, limit]) => {
  const recording = globalThis.__testRecordings[index];
  return await new Promise((done) => {
    setTimeout(() => done(false), limit);
    let sounded = 0;
    let quiet = 0;
    recording.waiters.push((samples) => {
      const loud = samples.some((value) => Math.abs(value) > threshold);
      const chunk_ms = (1000 * samples.length) / recording.rate;
      if (loud) sounded += chunk_ms;
      quiet = loud ? 0 : quiet + chunk_ms;
      return (silent_ms === 0 ? loud && sounded >= loud_ms : quiet >= silent_ms) && (done(true), true);
    });
  });
}
"""

#: When a recording began on the page's clock (ms), and the place of each of its chunks in it (samples).
_PLACE = """
const place = ({ chunks, rate }) => {
  // The audio clock's zero on the page's clock, at each chunk: of those from there on, the one that waited least
  // tells. It moves where the clock stood still, for a device that was not fed in time.
  const zeros = [];
  let least = Infinity;
  for (let i = chunks.length - 1; i >= 0; i--) zeros[i] = least = Math.min(least, chunks[i][2]);
  const begin = chunks.length ? chunks[0][0] : 0;
  const end = chunks.length ? chunks.at(-1)[0] : 0;
  const start = chunks.length ? zeros[0] + 1000 * begin : 0;
  let zero = zeros[0];
  // Samples stand where the clocks put them: a worklet that was not called, and a device that was not fed, leave
  // silence. In the last half second the latter cannot be told from a page that is behind.
  const places = chunks.map(([time], i) => {
    if (zeros[i] > zero + 4 && time < end - 0.5) zero = zeros[i];
    return Math.round((time - begin + (zero - zeros[0]) / 1000) * rate);
  });
  return { start, places };
};
"""

READ_RECORDING = f"""
([index, clear]) => {{
  {_PLACE}
  const recording = globalThis.__testRecordings[index];
  const {{ chunks, rate }} = recording;
  const {{ start, places }} = place(recording);
  const whole = new Float32Array(chunks.length ? places.at(-1) + chunks.at(-1)[1].length : 0);
  chunks.forEach((chunk, i) => whole.set(chunk[1], places[i]));
  if (clear) recording.chunks = [];
  const bytes = new Uint8Array(whole.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return {{ samples: btoa(text), rate, start }};
}}
"""

#: Returns only positions, which are small: reading all samples would delay the page and its playback.
READ_ONSETS = f"""
([index, threshold, gap, clear]) => {{
  {_PLACE}
  const recording = globalThis.__testRecordings[index];
  const {{ start, places }} = place(recording);
  const onsets = [];
  let loud = -Infinity;
  recording.chunks.forEach(([, samples], chunk) => {{
    samples.forEach((value, i) => {{
      if (Math.abs(value) <= threshold) return;
      const at = start + (1000 * (places[chunk] + i)) / recording.rate;
      if (at - loud > gap) onsets.push(at);
      loud = at;
    }});
  }});
  if (clear) recording.chunks = [];
  return onsets;
}}
"""

END_RECORDING = "(index) => globalThis.__testRecordings[index].end()"

PORT_STATS = """
() => [...(globalThis[Symbol.for("realtime_widgets.ports")]?.ports ?? [])].map(([id, port]) => (
  { id, ...port.stats(), state: port.state }
))
"""
