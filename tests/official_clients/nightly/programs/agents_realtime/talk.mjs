// A spoken and a typed question, each answered after a tool call, through `@openai/agents-realtime` over WebSocket.
import { readFileSync } from "node:fs";
import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

const [question, typed] = process.argv.slice(2);
const seen = { heard: null, cities: [], answers: [], audio_bytes: 0 };

const weather = tool({
  name: "get_weather",
  description: "Get the weather forecast of a city.",
  parameters: z.object({ city: z.string().describe("Name of the city") }),
  execute: async ({ city }) => {
    seen.cities.push(city);
    return "sunny and warm";
  },
});
const agent = new RealtimeAgent({ name: "Guide", instructions: "Answer briefly.", tools: [weather] });
const session = new RealtimeSession(agent, { transport: "websocket" });

const sound = readFileSync(question);
let place = 0;
// Speaks in real time, then goes on with silence, as a microphone does.
function speak() {
  const block = new Uint8Array(4800);
  block.set(sound.subarray(place, place + 4800));
  place += 4800;
  session.sendAudio(block.buffer);
}

let speaking;
const done = new Promise((resolve, reject) => {
  session.on("error", (error) => reject(new Error(JSON.stringify(error))));
  session.on("audio", (event) => (seen.audio_bytes += event.data.byteLength));
  session.on("transport_event", (event) => {
    if (event.type === "conversation.item.input_audio_transcription.completed") seen.heard ||= event.transcript;
    if (event.type === "response.output_audio_transcript.done") seen.answers.push(event.transcript);
    if (event.type !== "response.done" || !event.response.output.some((item) => item.type === "message")) return;
    if (seen.answers.length > 1) return resolve();
    clearInterval(speaking);
    session.sendMessage(typed);
  });
});
const address = process.env.OPENAI_BASE_URL.replace(/^http/, "ws");
await session.connect({
  apiKey: process.env.OPENAI_API_KEY,
  url: `${address}/realtime?model=gpt-realtime-2.1`,
});
speaking = setInterval(speak, 100);
await done;
session.close();
console.log(JSON.stringify(seen));
process.exit(0);
