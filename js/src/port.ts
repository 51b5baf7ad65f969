/** The port's anywidget adapter: the comm of its model becomes the lane of an `AudioPort`. It has no view. */

import { type Model, onMessage } from "./anywidget";
import { startCapture } from "./audio/capture";
import type { Lane, LaneHandlers } from "./audio/lane";
import { pageEnvironment } from "./audio/microphone";
import { AudioPort } from "./audio/port";
import { registerPort } from "./audio/registry";
import { openSpeaker } from "./audio/speaker";
import type { PortCommand } from "./messages";

interface Traits {
  port_id: string;
}

function commLane(model: Model<Traits>): Lane {
  let handlers: LaneHandlers | null = null;
  return {
    send(report, pcm) {
      try {
        model.send(report, undefined, pcm ? [pcm] : []);
      } catch (error) {
        // The kernel is gone: the port asks for it again, and tells the person where none answers.
        console.warn("realtime_widgets: the kernel cannot be reached", error);
        if (report.type !== "hello") handlers?.interrupted();
      }
    },
    listen(given) {
      handlers = given;
      const endMessages = onMessage<PortCommand>(model, (command, buffers) => {
        given.command(command, buffers[0] && ownBuffer(buffers[0]));
      });
      // Told by the widget manager when its kernel is lost, and again when it is back.
      const interrupted = () => given.interrupted();
      model.on("comm_live_update", interrupted);
      return () => {
        handlers = null;
        endMessages();
        model.off("comm_live_update", interrupted);
      };
    },
  };
}

/** A copy that may be transferred: the view's buffer is the whole message. */
function ownBuffer(view: DataView): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}

export default {
  initialize({ model }: { model: Model<Traits> }) {
    const port = new AudioPort(commLane(model), {
      openSpeaker,
      microphone: pageEnvironment(startCapture),
    });
    const unregister = registerPort(model.get("port_id"), port);
    return () => {
      unregister();
      port.dispose();
    };
  },
};
