/** Media streams that other widgets hold, such as those of ipywebrtc. */

interface Manager {
  get_model?: (id: string) => Promise<StreamModel>;
}

/** A widget's model with a stream: ipywebrtc's have `captureStream`. */
interface StreamModel {
  captureStream?: (() => MediaStream | Promise<MediaStream>) | undefined;
  stream?: MediaStream | Promise<MediaStream>;
}

function managerOf(model: { widget_manager?: unknown }): Required<Manager> {
  const manager = (model.widget_manager ?? {}) as Manager;
  if (!manager.get_model) throw new Error("this front end does not let one widget use another");
  return manager as Required<Manager>;
}

/**
 * Returns the stream of another widget.
 *
 * `model` is that of the widget that asks, `id` the id of the model that has the stream.
 */
export async function streamOf(model: { widget_manager?: unknown }, id: string): Promise<MediaStream> {
  const found = await managerOf(model).get_model(id);
  const stream = await (found.captureStream ? found.captureStream() : found.stream);
  if (!stream) throw new Error("the widget has no stream");
  return stream;
}

/** Lets other widgets, such as ipywebrtc's recorders, take a stream from the model with this id. */
export async function offerStream(
  model: { widget_manager?: unknown },
  id: string,
  capture: () => Promise<MediaStream>,
): Promise<void> {
  (await managerOf(model).get_model(id)).captureStream = capture;
}
