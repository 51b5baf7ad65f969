/**
 * Messages between the widgets' Python side and their TypeScript twins
 * (`realtime_widgets/widgets/messages.py`).
 *
 * Every message is a custom widget message: a small JSON object with a `type`, and for sound one binary
 * buffer beside it (PCM16 little endian, mono, 24 kHz). Audio never travels as base64 or in a trait.
 *
 * The audio port, kernel to page (`PortCommand`)
 *     `activate`    which page plays and captures; the others keep silent
 *     `configure`   block length, longest message of speech, start-up buffer, input mode
 *     `play`        one block of a content part, with its generation; sound in the buffer
 *     `end`         no more blocks will follow for that content part
 *     `clear`       fall silent now and start a new generation; answered by `cleared`
 *     `microphone`  close the microphone (opening needs a click in the page)
 *
 * The audio port, page to kernel (`PortReport`)
 *     `hello`       a page has loaded the port, or wants to play and capture again; it waits for `activate`
 *     `audio`       one captured block, with the player's `playback` where there is news; sound in the buffer
 *     `microphone`  the microphone's state, with message and cure where it could not open
 *     `playback`    how far each content part has really been played, about ten times a second
 *     `cleared`     final positions of what a `clear` cut
 *     `interrupt`   the person pressed stop; the page is silent already and drops all older blocks
 *     `talk`        push-to-talk was pressed or released
 *
 * The transcript, kernel to page
 *     `upsert`      one entry, new or changed, and the id of the entry before it
 *     `remove`      the id of an entry that is gone
 * The transcript, page to kernel
 *     `say`         the person typed a message
 *     `decide`      the person allows, refuses or stops a tool call
 *
 * The reply view, page to kernel
 *     `play`, `stop`  with the page that asks
 *     `ended`         the sound is over (or could not be played) where the page plays it by itself
 * The reply view without a session's player, kernel to page (`ReplySound`)
 *     `sound`       a WAV file in the buffer, for the page that asked
 *     `silence`     stop playing
 *
 * The recorder, page to kernel
 *     `recording`   what was recorded, when it is over; sound in the buffer
 *
 * The key prompt, page to kernel
 *     `key`         an API key; it is in the binary buffer, for no log shows that
 *     `forget`      the person wants to give another one
 */

export type InputMode = "open" | "push_to_talk";
export type MicrophoneState = "off" | "opening" | "on" | "error";

/** Which page plays and captures. */
export interface Activate {
  type: "activate";
  page_id: string;
}

/** Settings of the port's sound. */
export interface Configure {
  type: "configure";
  block_ms: number;
  group_ms: number;
  startup_ms: number;
  input_mode: InputMode;
}

/** One block of speech to queue, from sample `start` of its part on; PCM16 in the buffer. */
export interface Play {
  type: "play";
  generation: number;
  item_id: string;
  content_index: number;
  start: number;
}

/** The content part has been sent whole. */
export interface End {
  type: "end";
  generation: number;
  item_id: string;
  content_index: number;
}

/** Fall silent; blocks of a lower generation are dropped from now on. */
export interface Clear {
  type: "clear";
  generation: number;
}

/** Close the microphone. */
export interface SetMicrophone {
  type: "microphone";
  open: false;
}

export type PortCommand = Activate | Configure | Play | End | Clear | SetMicrophone;

/** A page has loaded the port. */
export interface Hello {
  type: "hello";
  page_id: string;
}

/** One captured block; `sequence` counts from 0 for each opening of the microphone. */
export interface Audio {
  type: "audio";
  page_id: string;
  sequence: number;
  playback?: Playback;
}

/** Why the microphone did not open, and what the person can do. */
export interface MicrophoneProblem {
  code: string;
  message: string;
  cure: string;
}

/** State of the page's microphone. */
export interface MicrophoneReport {
  type: "microphone";
  page_id: string;
  state: MicrophoneState;
  problem?: MicrophoneProblem;
  settings?: Record<string, unknown>;
}

/** Samples (24 kHz) of one content part that were received and that were really played. */
export interface Position {
  item_id: string;
  content_index: number;
  played: number;
  received: number;
}

/** Where the player is; counters count from the page's start. */
export interface Playback {
  type: "playback";
  page_id: string;
  generation: number;
  positions: Position[];
  playing: boolean;
  queued_ms: number;
  startup_ms: number;
  underruns: number;
  dropped: number;
  /** Silence left out of pauses, to make up for an underrun. */
  skipped_ms: number;
}

/** Answer to `clear`: the new generation, and where the old one stopped. */
export interface Cleared {
  type: "cleared";
  page_id: string;
  generation: number;
  positions: Position[];
}

/** The stop button: positions at which the page fell silent. */
export interface Interrupt {
  type: "interrupt";
  page_id: string;
  generation: number;
  positions: Position[];
}

/** Push-to-talk; blocks are sent only between pressed and released. */
export interface Talk {
  type: "talk";
  page_id: string;
  pressed: boolean;
}

export type PortReport = Hello | Audio | MicrophoneReport | Playback | Cleared | Interrupt | Talk;

/** A tool call as the person sees it; `pictures` are PNG or JPEG in data URIs, `fraction` goes from 0 to 1. */
export interface ToolCard {
  call_id: string;
  name: string;
  arguments: string;
  state: "waiting" | "approval" | "running" | "done" | "error";
  result: string;
  error: string;
  traceback: string;
  printed: string;
  note: string;
  fraction: number | null;
  pictures: string[];
  seconds: number | null;
}

/** An image of a message: a copy of a few kB as a data URI, or none, and what there is to say of it. */
export interface ShownImage {
  thumbnail: string;
  text: string;
}

/** One line of the transcript; of a cut answer `heard_ms` were heard, about `heard_length` characters. */
export interface Entry {
  id: string;
  kind: "user" | "assistant" | "tool" | "notice" | "error";
  source: "speech" | "text" | "";
  text: string;
  state: "in_progress" | "completed" | "incomplete";
  cut: boolean;
  heard_ms: number | null;
  heard_length: number | null;
  images?: ShownImage[];
  tool?: ToolCard;
}

/** A new or changed entry, to stand right after the entry `after` (first where that is null). */
export interface Upsert {
  type: "upsert";
  entry: Entry;
  after: string | null;
}

/** An entry that is gone. */
export interface Remove {
  type: "remove";
  id: string;
}

/** What the person typed. */
export interface SayText {
  type: "say";
  text: string;
}

/** What the person wants of a tool call. */
export interface Decide {
  type: "decide";
  call_id: string;
  decision: "approve" | "deny" | "cancel";
}

/** An API key, in the buffer. */
export interface KeyMessage {
  type: "key";
}

/** The key is to be forgotten. */
export interface Forget {
  type: "forget";
}

/** A reply for the page that plays it by itself, as a WAV file in the buffer. */
export interface ReplyClip {
  type: "sound";
  page_id: string;
}

/** The page stops playing a reply. */
export interface Silence {
  type: "silence";
}

export type ReplySound = ReplyClip | Silence;

/** A page wants to play the reply. */
export interface PlayReply {
  type: "play";
  page_id: string;
}

/** A page wants the reply to stop. */
export interface StopReply {
  type: "stop";
}

/** The page has played the reply, or cannot. */
export interface ReplyEnded {
  type: "ended";
}

export type ReplyReport = PlayReply | StopReply | ReplyEnded;

/** A whole recording; PCM16 in the buffer. */
export interface Recording {
  type: "recording";
  rate: number;
}
