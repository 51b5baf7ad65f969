// A spoken question with a tool call, then an interruption, through the `openai` package over WebSocket.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const [url, question, interruption] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: process.env.ENDPOINT_KEY });
// The client insists on wss; the endpoint on loopback has no certificate, so the socket below stays plain.
const options = { createConnection: ({ host, port }) => connect(Number(port), host) };
const realtime = await OpenAIRealtimeWS.create(client, { model: "gpt-realtime", options });
const seen = {
  transcript: "",
  arguments: "",
  answer: "",
  audio_bytes: 0,
  interrupted: false,
  truncated_ms: -1,
};
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "Get the weather forecast of a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "Name of the city" } },
    required: ["city"],
  },
};

function speak(path) {
  const sound = Buffer.concat([readFileSync(path), Buffer.alloc(48_000)]);
  for (let start = 0; start < sound.length; start += 4800) {
    const audio = sound.subarray(start, start + 4800).toString("base64");
    realtime.send({ type: "input_audio_buffer.append", audio });
  }
}

const done = new Promise((resolve, reject) => {
  realtime.on("error", reject);
  realtime.on("session.created", () => {
    realtime.send({
      type: "session.update",
      session: {
        type: "realtime",
        audio: { input: { transcription: { model: "whisper-1" } } },
        tools: [WEATHER],
      },
    });
  });
  realtime.on("session.updated", () => speak(question));
  realtime.on("conversation.item.input_audio_transcription.completed", (event) => {
    seen.transcript ||= event.transcript;
  });
  realtime.on("response.function_call_arguments.done", (event) => {
    seen.arguments = event.arguments;
    const output = JSON.stringify({ forecast: "sunny", celsius: 21 });
    realtime.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: event.call_id, output },
    });
  });
  let answering = false;
  let item = "";
  realtime.on("response.output_audio.delta", (event) => {
    if (answering && !item) {
      item = event.item_id;
      speak(interruption);
    }
    seen.audio_bytes += Buffer.from(event.delta, "base64").length;
  });
  realtime.on(
    "response.output_audio_transcript.done",
    (event) => (seen.answer ||= answering && event.transcript),
  );
  realtime.on("input_audio_buffer.speech_started", () => {
    if (!item) return;
    seen.interrupted = true;
    realtime.send({ type: "conversation.item.truncate", item_id: item, content_index: 0, audio_end_ms: 200 });
  });
  realtime.on("conversation.item.truncated", (event) => {
    seen.truncated_ms = event.audio_end_ms;
    resolve();
  });
  realtime.on("response.done", () => {
    if (!seen.arguments || answering) return;
    answering = true;
    realtime.send({ type: "response.create" });
  });
});
await done;
realtime.close();
console.log(JSON.stringify(seen));
