/** A port's transport over a plain WebSocket: the floor that benchmarks compare a notebook with. */

import type { Transport } from "../src/audio/port/transport";
import type { PortCommand } from "../src/messages";

const PART = { generation: 0, item_id: "bare", content_index: 0 };

/** Opens the transport. Audio is sent as binary frames in both directions, everything else as JSON. */
export async function bareTransport(address: string): Promise<Transport> {
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
