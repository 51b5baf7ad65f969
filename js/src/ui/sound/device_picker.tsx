/** Chooses the microphone, the loudspeaker and how they go together; the browser remembers it. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  choice,
  choose,
  type Device,
  findDevice,
  grantedWords,
  type Hearing,
  HEARINGS,
  onChoice,
} from "../../audio/devices";
import type { AudioPort } from "../../audio/port/port";
import { canChooseLoudspeaker } from "../../audio/playback/speaker";
import { TuneIcon } from "../icons";
import { SoundCheck } from "./sound_check";

const HEARING_WORDS: Record<Hearing, [name: string, title: string]> = {
  loudspeakers: ["Loudspeakers", "The browser takes the answer out of what the microphone hears"],
  headphones: [
    "Headphones",
    "Nothing of the answer reaches the microphone, so nothing is taken out: you sound best",
  ],
  half_duplex: [
    "Half duplex",
    "You are not heard while an answer plays, so it cannot be interrupted by voice; if nothing else helps against echo",
  ],
};

type Kind = "microphone" | "loudspeaker";

const KINDS: Record<Kind, MediaDeviceKind> = { microphone: "audioinput", loudspeaker: "audiooutput" };

function Devices(props: {
  kind: Kind;
  label: string;
  devices: MediaDeviceInfo[] | null;
  chosen: Device | null;
}) {
  const { kind, label, chosen } = props;
  const devices = (props.devices ?? []).filter(
    ({ kind: each, deviceId }) =>
      each === KINDS[kind] && deviceId && deviceId !== "default" && deviceId !== "communications",
  );
  const there = findDevice(devices, chosen);
  return (
    <label>
      <span>{label}</span>
      <select
        value={there?.deviceId ?? (chosen ? chosen.id : "")}
        onChange={(event) => {
          const id = event.currentTarget.value;
          const found = devices.find(({ deviceId }) => deviceId === id);
          choose({ [kind]: found ? { id, label: found.label } : null });
        }}
      >
        <option value="">the system's own</option>
        {chosen && !there && <option value={chosen.id}>{chosen.label || "another one"} (not there)</option>}
        {devices.map(({ deviceId, label: name }, index) => (
          <option key={deviceId} value={deviceId}>
            {name || `${label} ${index + 1}`}
          </option>
        ))}
      </select>
    </label>
  );
}

export function DevicePicker(props: {
  /** What the browser granted, while the microphone is open. */
  granted: Readonly<Record<string, unknown>> | null;
  /** Whether the microphone is on: browsers tell no names before. */
  on: boolean;
  port: AudioPort | null;
}) {
  const { granted, on, port } = props;
  const [chosen, setChosen] = useState(choice);
  const [open, setOpen] = useState(false);
  const [devices, setDevices] = useState<MediaDeviceInfo[] | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => onChoice(() => setChosen(choice())), []);
  useEffect(() => {
    if (!open) return;
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const list = () => void media?.enumerateDevices().then(setDevices, () => setDevices([]));
    const outside = (event: Event) => {
      if (!event.composedPath().includes(box.current!)) setOpen(false);
    };
    list();
    media?.addEventListener("devicechange", list);
    document.addEventListener("pointerdown", outside);
    return () => {
      media?.removeEventListener("devicechange", list);
      document.removeEventListener("pointerdown", outside);
    };
  }, [open, on]);
  const panel = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = panel.current;
    if (!open || !element) return;
    // In the top layer nothing cuts it off: the console hides what reaches over its edge.
    element.showPopover?.();
    const place = () => {
      const { left, top } = box.current!.getBoundingClientRect();
      element.style.left = `${Math.max(8, Math.min(left, innerWidth - element.offsetWidth - 8))}px`;
      element.style.top = `${Math.max(8, top - element.offsetHeight - 6)}px`;
    };
    // It grows by the result of a sound check, which must not end below the page.
    const sizes = new ResizeObserver(place);
    place();
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [open]);
  return (
    <div
      class="rw-devices"
      ref={box}
      onKeyDown={(event) => {
        if (event.key === "Escape") setOpen(false);
      }}
    >
      <button
        type="button"
        class="rw-small-button"
        aria-label="Devices"
        aria-expanded={open}
        title="Microphone, loudspeaker, headphones …"
        onClick={() => setOpen(!open)}
      >
        <TuneIcon />
      </button>
      {open && (
        <div class="rw-devices-box" role="dialog" aria-label="Devices" popover="manual" ref={panel}>
          <Devices kind="microphone" label="Microphone" devices={devices} chosen={chosen.microphone} />
          {canChooseLoudspeaker() ? (
            <Devices kind="loudspeaker" label="Loudspeaker" devices={devices} chosen={chosen.loudspeaker} />
          ) : (
            <p class="rw-source">This browser plays on the system's loudspeaker.</p>
          )}
          <fieldset>
            <legend>You hear by</legend>
            {HEARINGS.map((hearing) => (
              <label key={hearing} title={HEARING_WORDS[hearing][1]}>
                <input
                  type="radio"
                  name="rw-hearing"
                  checked={chosen.hearing === hearing}
                  onChange={() => choose({ hearing })}
                />
                {HEARING_WORDS[hearing][0]}
              </label>
            ))}
          </fieldset>
          <p class="rw-source">{HEARING_WORDS[chosen.hearing][1]}.</p>
          <p class="rw-source" role="status">
            {granted
              ? grantedWords(granted, chosen.hearing)
              : "Names and what the browser grants are told while the microphone is on."}
          </p>
          {port && <SoundCheck port={port} />}
        </div>
      )}
    </div>
  );
}
