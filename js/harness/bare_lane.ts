/** A port's lane over a plain WebSocket, without a notebook: the floor that benchmarks compare the notebook with. */

import type { Lane } from "../src/audio/lane";
import type { PortCommand } from "../src/messages";

const PART = { generation: 0, item_id: "bare", content_index: 0 };

/** Sound crosses as binary frames both ways, everything else as JSON. */
export async function bareLane(address: string): Promise<Lane> {
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  let start = 0;
  await new Promise((opened) => socket.addEventListener("open", opened, { once: true }));
  return {
    send(report, pcm) {
      if (report.type === "hello") socket.send(JSON.stringify(report));
      if (pcm) socket.send(pcm);
    },
    listen(handlers) {
      socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
        if (typeof data === "string") handlers.command(JSON.parse(data) as PortCommand);
        else {
          handlers.command({ type: "play", ...PART, start }, data);
          start += data.byteLength / 2;
        }
      };
      return () => socket.close();
    },
  };
}
