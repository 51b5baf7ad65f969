/** Made-up states of the widgets, for the harness page. */

import { problem } from "../src/audio/capture/problems";
import type { PortState } from "../src/audio/port/state";
import type { Entry, Status, ToolCard } from "../src/messages";

export interface Scene {
  status: Partial<Status>;
  entries: Entry[];
  port: Partial<PortState>;
  level: number;
  mode: "open" | "push_to_talk";
  now_playing: string;
  can_say?: boolean;
}

const tool = (change: Partial<ToolCard>): ToolCard => ({
  call_id: "call_1",
  name: "reaction_rate",
  arguments: '{"temperature": 40, "unit": "C"}',
  state: "done",
  result: "",
  error: "",
  traceback: "",
  printed: "",
  note: "",
  fraction: null,
  pictures: [],
  limit_s: null,
  seconds_left: null,
  by_voice: false,
  consent: "",
  always: false,
  outputs: [],
  version: 1,
  change: "",
  place: "",
  beside: "",
  again: [],
  read_as: "",
  seconds: null,
  ...change,
});

let count = 0;
const entry = (kind: Entry["kind"], text: string, change: Partial<Entry> = {}): Entry => ({
  id: `item_${++count}`,
  kind,
  source: "",
  text,
  state: "completed",
  cut: false,
  heard_ms: null,
  heard_length: null,
  preamble: false,
  delay: null,
  turn: null,
  at: null,
  sound: false,
  sound_gone: false,
  edited: false,
  ...change,
});

const TRACEBACK = `Traceback (most recent call last):
  File "<cell 4>", line 3, in reaction_rate
    return table[unit] * temperature
           ~~~~~^^^^^^
KeyError: 'F'`;

const talk: Entry[] = [
  entry("notice", "Talking to the local endpoint: nothing leaves this machine."),
  entry("user", "How fast does our reaction run at forty degrees?", { source: "speech" }),
  entry("tool", "", {
    tool: tool({
      result: '{"rate": 0.0731, "unit": "1/s"}',
      seconds: 0.042,
      printed: "looking up 313.15 K\n",
    }),
  }),
  entry(
    "assistant",
    "At forty degrees the rate is 0.073 per second, so half of it is gone after about nine and a half seconds. Shall I compare that with",
    { source: "speech", cut: true, heard_ms: 5310, heard_length: 84 },
  ),
  entry("user", "And at a hundred degrees Fahrenheit?", { source: "text" }),
  entry("tool", "", {
    tool: tool({
      arguments: '{"temperature": 100, "unit": "F"}',
      state: "error",
      error: "KeyError: 'F'",
      traceback: TRACEBACK,
      seconds: 0.003,
    }),
  }),
];

const status: Status = {
  state: "listening",
  detail: "",
  endpoint: "local endpoint",
  model: "local-voice",
  voice: "hibari",
  tools: ["reaction_rate", "plot_spectrum", "find_paper"],
  usage: "2,318 tokens, free, on this machine",
  problem: "",
  hearing: false,
  consents: 0,
  successor: "",
  can_restart: false,
  panel: true,
};

export const SCENES: Record<string, Scene> = {
  speaking: {
    status: { ...status, state: "speaking" },
    entries: [
      ...talk,
      entry("tool", "", {
        tool: tool({ name: "find_paper", arguments: '{"query": "Arrhenius plot"}', state: "running" }),
      }),
      entry("tool", "", {
        tool: tool({
          name: "measure",
          arguments: '{"samples": 12}',
          state: "running",
          note: "sample 5 of 12",
          fraction: 5 / 12,
        }),
      }),
      entry("tool", "", {
        tool: tool({
          name: "open_valve",
          arguments: '{"valve": 3, "seconds": 20}',
          state: "approval",
          note: "Without an answer it is refused after 60 s.",
        }),
      }),
      entry("assistant", "The table has no entry for Fahrenheit. I can convert it first: that is", {
        source: "speech",
        state: "in_progress",
      }),
    ],
    port: { active: true, microphone: "on", playing: true, elapsed: 7.4, outputLevel: 0.5, sound: "ready" },
    level: 0.06,
    mode: "open",
    now_playing: "Answer to “And at a hundred degrees Fahrenheit?”",
  },
  empty: {
    status: { ...status, state: "idle", tools: [], usage: "free, on this machine" },
    entries: [],
    port: { active: true, microphone: "off", sound: "ready" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  problems: {
    status: {
      ...status,
      state: "reconnecting",
      detail: "attempt 2, in 4 s",
      endpoint: "api.example.org",
      model: "gpt-realtime",
      voice: "marin",
      usage: "41,207 tokens, at least $0.3214",
      problem: "The connection was lost while you were speaking; the last 1.2 s are kept and sent again.",
    },
    entries: [
      ...talk.slice(1, 3),
      entry(
        "error",
        "The service refused the answer: quota exceeded.\nTop up the account, or connect to the local endpoint.",
      ),
      entry("user", "", { source: "speech", state: "in_progress" }),
      entry("assistant", "", { source: "speech", state: "in_progress" }),
    ],
    port: { active: true, microphone: "error", problem: problem("denied"), sound: "blocked" },
    level: 0,
    mode: "open",
    now_playing: "",
    can_say: false,
  },
  push_to_talk: {
    status: { ...status, state: "thinking", detail: "calling find_paper" },
    entries: talk.slice(0, 4),
    port: { active: true, microphone: "on", mode: "push_to_talk", talking: true, sound: "ready" },
    level: 0.12,
    mode: "push_to_talk",
    now_playing: "",
  },
  muted: {
    status: { ...status, state: "listening" },
    entries: talk,
    port: { microphone: "on", muted: true },
    level: 0.1,
    mode: "open",
    now_playing: "",
  },
  idle_off: {
    status: { ...status, state: "listening", detail: "click the microphone, or type" },
    entries: talk.slice(0, 4),
    port: { microphone: "off", closed: "idle" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  closed: {
    status: {
      ...status,
      state: "closed",
      detail: "The connection to the service was lost.",
      problem: "The connection to the service was lost, and could not be restored within a minute.",
      can_restart: true,
    },
    entries: talk.slice(0, 4),
    port: { microphone: "off", closed: "closed" },
    level: 0,
    mode: "open",
    now_playing: "",
    can_say: false,
  },
  earlier: {
    status: { ...status, state: "listening", successor: "another" },
    entries: talk.slice(0, 4),
    port: { microphone: "off", closed: "replaced" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  elsewhere: {
    status: { ...status, state: "speaking" },
    entries: talk,
    port: { active: false, elsewhere: true, microphone: "off" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  silent: {
    status: { ...status, state: "listening" },
    entries: talk,
    port: { microphone: "off", kernel: "silent", closed: "kernel" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  busy: {
    status: { ...status, state: "listening" },
    entries: talk,
    port: { microphone: "on", kernel: "busy" },
    level: 0.1,
    mode: "open",
    now_playing: "",
  },
  gone: {
    status: { ...status, state: "listening" },
    entries: talk,
    port: { active: false, microphone: "off", kernel: "gone", closed: "kernel" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  insecure: {
    status: { ...status, state: "listening", detail: "click the microphone, or type" },
    entries: [],
    port: { microphone: "error", problem: problem("insecure"), sound: "failed" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  blocked: {
    status: { ...status, state: "speaking" },
    entries: talk,
    port: { microphone: "off", sound: "blocked" },
    level: 0,
    mode: "open",
    now_playing: "",
  },
  consent: {
    status: { ...status, state: "thinking", consents: 1 },
    entries: talk,
    port: { microphone: "on" },
    level: 0.05,
    mode: "open",
    now_playing: "",
  },
};

export const REPLIES = [
  {
    text: "At forty degrees the rate is 0.073 per second, so half of it is gone after about nine and a half seconds.",
    seconds: 6.4,
    tools: [tool({ result: '{"rate": 0.0731, "unit": "1/s"}', seconds: 0.042 })],
    usage: "312 tokens in, 188 out · $0.0042",
    has_audio: true,
    playing: false,
  },
  { text: "Yes.", seconds: 0.8, tools: [], usage: "", has_audio: true, playing: true },
  {
    text: "Only text was asked for here.",
    seconds: 0,
    tools: [],
    usage: "48 tokens in, 9 out · no price known",
    has_audio: false,
    playing: false,
  },
];
