/** Inserts cells below the cell that asks for it, once; it shows nothing, and the kernel closes it afterwards. */

import type { AnyWidget } from "@anywidget/types";
import { onMessage, sender } from "../../anywidget";
import { randomId } from "../../audio/port/random_id";
import type { InsertCells, InsertReport } from "../../messages";
import { saveWithoutCode } from "../../saved_state";
import { insertBelow, takesCells } from "../../ui/replay/cells";

export default (() => ({
  initialize({ model }) {
    saveWithoutCode(model);
    const page_id = randomId();
    const send = sender<InsertReport>(model);
    const end = onMessage<InsertCells>(model, (message) => {
      if (message.page_id !== page_id) return;
      insertBelow(model, message.cell_id, JSON.parse(message.text) as object[]);
      send({ type: "inserted", page_id });
    });
    send({ type: "can_insert", page_id, takes: takesCells(model) });
    return end;
  },
})) satisfies AnyWidget;
