// A spoken question with a tool call, then an interruption, through `@openai/agents-realtime` over WebSocket.
import { readFileSync } from "node:fs";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

const [url, question, interruption] = process.argv.slice(2);
const seen = {
  transcript: "",
  arguments: {},
  answer: "",
  audio_bytes: 0,
  interrupted: false,
  truncated_ms: -1,
};
// Long, so that there is something to interrupt.
const FORECAST =
  "sunny in the morning with some clouds from the west, warm and dry in the afternoon with a light wind, " +
  "and clear in the evening with a few showers in the hills before midnight";

let told = false;
const weather = tool({
  name: "get_weather",
  description: "Get the weather forecast of a city.",
  parameters: z.object({ city: z.string().describe("Name of the city") }),
  execute: async (given) => {
    seen.arguments = given;
    told = true;
    return FORECAST;
  },
});
const agent = new RealtimeAgent({ name: "Guide", instructions: "Answer briefly.", tools: [weather] });
const transport = new OpenAIRealtimeWebSocket({
  url: `${url.replace(/^http/, "ws")}/realtime?model=gpt-realtime`,
});
const session = new RealtimeSession(agent, {
  transport,
  model: "gpt-realtime",
  tracingDisabled: true,
  config: { audio: { input: { transcription: { model: "whisper-1" } } } },
});

function speak(path) {
  const sound = Buffer.concat([readFileSync(path), Buffer.alloc(48_000)]);
  for (let start = 0; start < sound.length; start += 4800) {
    const piece = sound.subarray(start, start + 4800);
    session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length));
  }
}

const done = new Promise((resolve, reject) => {
  session.on("error", (error) => reject(new Error(JSON.stringify(error))));
  let answering = false;
  session.on("audio", (event) => {
    seen.audio_bytes += event.data.byteLength;
    if (!told || answering) return;
    answering = true;
    speak(interruption);
  });
  session.on("audio_interrupted", () => (seen.interrupted = true));
  session.on("transport_event", (event) => {
    if (event.type === "conversation.item.input_audio_transcription.completed")
      seen.transcript ||= event.transcript;
    if (event.type === "response.output_audio_transcript.delta" && told) seen.answer += event.delta;
    if (event.type !== "conversation.item.truncated") return;
    seen.truncated_ms = event.audio_end_ms;
    resolve();
  });
});
await session.connect({ apiKey: process.env.ENDPOINT_KEY });
speak(question);
await done;
session.close();
console.log(JSON.stringify(seen));
process.exit(0);
