/** What a notebook's file keeps of a widget: its state, and not the code of its view, which the package has. */

import type { AnyModel } from "@anywidget/types";

/** In a file that is opened without a kernel the widget shows nothing, and the talk's copy beside it is shown. */
const NO_CODE = "export default { render() {} }";

/**
 * Keeps a model's code and style out of what the front end saves. They are loaded by now; the kernel has them for
 * every other page, and does not take them from this one.
 */
export function saveWithoutCode(model: Pick<AnyModel, "set" | "widget_manager">): void {
  // A front end whose manager makes no views, such as marimo, saves no models, and knows no silent change.
  if (!("create_view" in ((model.widget_manager as object | undefined) ?? {}))) return;
  // A silent change reloads no view. The types of anywidget do not know that the model's own method is called.
  const set = model.set as (name: string, value: string, options: { silent: boolean }) => void;
  set("_esm", NO_CODE, { silent: true });
  set("_css", "", { silent: true });
}
