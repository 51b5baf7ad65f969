/** What a session's player plays, as a stream that other widgets take; it shows nothing. */

import type { AnyWidget } from "@anywidget/types";
import type { AudioPort } from "../../audio/port/port";
import { watchPort } from "../../audio/port/registry";
import { saveWithoutCode } from "../../saved_state";
import { offerStream } from "../../ui/sound/streams";

interface Traits {
  port_id: string;
  /** Id of this model, by which other widgets find it. */
  own_id: string;
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
    let port: AudioPort | null = null;
    const end = watchPort(model.get("port_id"), (found) => {
      port = found;
    });
    const capture = async () => {
      if (!port) throw new Error("the session's player is not in this page");
      return port.outputStream();
    };
    const offer = () => {
      if (model.get("own_id")) void offerStream(model, model.get("own_id"), capture);
    };
    offer();
    model.on("change:own_id", offer);
    return () => {
      end();
      model.off("change:own_id", offer);
    };
  },
  render() {},
} satisfies AnyWidget<Traits>;
