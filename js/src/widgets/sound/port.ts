/** The anywidget adapter of the port: an `AudioPort` whose transport is the model's comm and the direct lane. No view. */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type Cleanup, onMessage, sender } from "../../anywidget";
import { startCapture } from "../../audio/capture/capture";
import { pageEnvironment } from "../../audio/capture/microphone";
import { type Comm, type CommHandlers, LanedTransport } from "../../audio/lane/laned";
import { placesOf, serverOf } from "../../audio/lane/places";
import { openLane } from "../../audio/lane/socket";
import { openSpeaker } from "../../audio/playback/speaker";
import { AudioPort } from "../../audio/port/port";
import { randomId } from "../../audio/port/random_id";
import { registerPort, watchViews } from "../../audio/port/registry";
import type { CommCommand, CommReport, LaneOffer } from "../../messages";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  port_id: string;
}

/** JupyterLab's connection to a kernel, as far as it is used here; other front ends may have none. */
interface Connection {
  statusChanged: Signal;
  connectionStatusChanged: Signal;
}

interface Signal {
  connect(slot: (sender: unknown, status: string) => void): unknown;
  disconnect(slot: (sender: unknown, status: string) => void): unknown;
}

const GONE = ["restarting", "autorestarting", "dead", "terminating"];

/** Follows what the front end says of its kernel, if it does; beats tell it where it does not. */
function followKernel(model: AnyModel<Traits>, handlers: CommHandlers): Cleanup {
  const { kernel } = (model.widget_manager ?? {}) as { kernel?: Partial<Connection> | null };
  const { statusChanged, connectionStatusChanged } = kernel ?? {};
  if (!statusChanged || !connectionStatusChanged) return () => undefined;
  const status = (_: unknown, name: string) => {
    if (GONE.includes(name)) handlers.gone();
  };
  const connection = (_: unknown, name: string) => {
    if (name !== "connected") handlers.lost();
  };
  statusChanged.connect(status);
  connectionStatusChanged.connect(connection);
  return () => {
    statusChanged.disconnect(status);
    connectionStatusChanged.disconnect(connection);
  };
}

/** Follows devices that are plugged in and out; a page that may have none never hears of any. */
function onDevices(listener: () => void): Cleanup {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  media?.addEventListener("devicechange", listener);
  return () => media?.removeEventListener("devicechange", listener);
}

function commOf(model: AnyModel<Traits>): Comm {
  const send = sender<CommReport>(model);
  let handlers: CommHandlers | null = null;
  return {
    send(report, pcm) {
      try {
        send(report, ...(pcm ? [pcm] : []));
      } catch (error) {
        // The comm is closed: there is no kernel, or a new one.
        console.warn("realtime_widgets: the kernel cannot be reached", error);
        handlers?.lost();
      }
    },
    listen(given) {
      handlers = given;
      const endMessages = onMessage<CommCommand>(model, (command, buffers) => {
        given.command(command, buffers[0] && ownBuffer(buffers[0]));
      });
      // The widget manager fires this when its kernel is lost, and again when it is back.
      const interrupted = () => given.interrupted();
      model.on("comm_live_update", interrupted);
      const endKernel = followKernel(model, given);
      return () => {
        handlers = null;
        endMessages();
        endKernel();
        model.off("comm_live_update", interrupted);
      };
    },
  };
}

/** Returns a copy that may be transferred; the view's own buffer holds the whole message. */
function ownBuffer(view: DataView): ArrayBuffer {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
    const pageId = randomId();
    const lanes = {
      places: (offer: LaneOffer) => placesOf(offer, serverOf(document), location),
      open: openLane,
    };
    const hardware = {
      openSpeaker,
      onDevices,
      microphone: pageEnvironment(startCapture),
      visibility: document,
    };
    const port = new AudioPort(new LanedTransport(commOf(model), pageId, lanes), hardware, pageId);
    const portId = model.get("port_id");
    const unregister = registerPort(portId, port);
    const endConsoles = watchViews(portId, "console", (views) => port.setViews("console", views));
    const endReplies = watchViews(portId, "reply", (views) => port.setViews("reply", views));
    const bye = () => port.bye();
    window.addEventListener("pagehide", bye);
    return () => {
      window.removeEventListener("pagehide", bye);
      endConsoles();
      endReplies();
      unregister();
      port.dispose();
    };
  },
} satisfies AnyWidget<Traits>;
