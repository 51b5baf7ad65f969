"""How many tracks of a page's microphones are live, whoever holds them, and when that changed."""

from __future__ import annotations

#: Runs before any of the page's own code: remembers the microphones that were opened, and every track of them
#: (clones too), and when one began or ended on the page's clock. A track that nobody holds, and nobody stopped, is
#: still a red dot.
REMEMBER_MICROPHONES = """
(() => {
  if (!navigator.mediaDevices) return;
  const opened = (globalThis.__testMicrophones = []);
  const kept = (globalThis.__testTracksOfMicrophones = { tracks: new Set(), changes: [{ at: 0, live: 0 }] });
  const watchers = new Set();
  const live = () => [...kept.tracks].filter((track) => track.readyState === "live").length;
  const note = () => {
    if (live() !== kept.changes.at(-1).live) kept.changes.push({ at: performance.now(), live: live() });
    for (const watcher of [...watchers]) watcher();
  };
  const keep = (track) => {
    kept.tracks.add(track);
    track.addEventListener("ended", note);
    note();
    return track;
  };
  kept.until = (wanted, limit) =>
    new Promise((done) => {
      const watcher = () => {
        if (live() !== wanted) return;
        watchers.delete(watcher);
        done(kept.changes.at(-1).at);
      };
      watchers.add(watcher);
      setTimeout(() => done(null), limit);
      note();
    });
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    opened.push(stream);
    stream.getAudioTracks().forEach(keep);
    return stream;
  };
  const { stop, clone } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.stop = function () {
    stop.call(this);
    if (kept.tracks.has(this)) note();
  };
  MediaStreamTrack.prototype.clone = function () {
    const cloned = clone.call(this);
    return kept.tracks.has(this) ? keep(cloned) : cloned;
  };
})();
"""

LIVE_TRACKS = "() => globalThis.__testTracksOfMicrophones.changes.at(-1).live"
TRACK_CHANGES = "() => globalThis.__testTracksOfMicrophones.changes"

#: Returns when the number became that, on the page's clock; null if it did not.
UNTIL_TRACKS = "async ([wanted, limit]) => await globalThis.__testTracksOfMicrophones.until(wanted, limit)"

#: A track whose device was pulled out: it has ended, and says so, which a track that was stopped does not.
UNPLUG = """
() => {
  const live = [...globalThis.__testTracksOfMicrophones.tracks].filter((track) => track.readyState === "live");
  for (const track of live) {
    track.stop();
    track.dispatchEvent(new Event("ended"));
  }
  return live.length;
}
"""
