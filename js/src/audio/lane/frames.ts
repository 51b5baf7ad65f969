/** A frame of the lane: the length of a JSON header as four bytes little endian, the header, and sound. */

const LENGTH = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Returns one frame. */
export function pack(message: object, pcm?: ArrayBuffer): ArrayBuffer {
  const header = encoder.encode(JSON.stringify(message));
  const frame = new Uint8Array(LENGTH + header.length + (pcm?.byteLength ?? 0));
  new DataView(frame.buffer).setUint32(0, header.length, true);
  frame.set(header, LENGTH);
  if (pcm) frame.set(new Uint8Array(pcm), LENGTH + header.length);
  return frame.buffer;
}

/** Returns a frame's message and its sound, if it has any. Throws if it is not a frame. */
export function unpack<Message>(frame: ArrayBuffer): { message: Message; pcm: ArrayBuffer | undefined } {
  const end = LENGTH + (frame.byteLength < LENGTH ? 0 : new DataView(frame).getUint32(0, true));
  if (end > frame.byteLength) throw new Error(`a frame of ${frame.byteLength} bytes is shorter than it says`);
  const message = JSON.parse(decoder.decode(new Uint8Array(frame, LENGTH, end - LENGTH))) as Message;
  return { message, pcm: end < frame.byteLength ? frame.slice(end) : undefined };
}
