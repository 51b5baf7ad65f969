/** Images that are pasted or dropped into the field: scaled in the page, shown, and sent with the message. */

import type { Signal } from "@preact/signals";

/** The service needs no more; a page sends less (px). */
const LONGEST_SIDE = 2048;
/** Images of one message. */
export const MOST_IMAGES = 8;

export interface Attached {
  name: string;
  blob: Blob;
  url: string;
}

/** Returns the images among what was pasted or dropped. */
export function imagesIn(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));
}

/** Scales an image to what the service reads; throws if it is none. */
async function scaled(file: File): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const photo = file.type === "image/jpeg" || file.type === "image/webp";
  return canvas.convertToBlob(photo ? { type: "image/jpeg", quality: 0.9 } : { type: "image/png" });
}

/** Adds images to those of the message; returns what went wrong, empty if nothing did. */
export async function attach(images: Signal<readonly Attached[]>, files: readonly File[]): Promise<string> {
  const problems: string[] = [];
  for (const file of files) {
    if (images.value.length >= MOST_IMAGES) {
      problems.push(`A message takes ${MOST_IMAGES} images.`);
      break;
    }
    try {
      const blob = await scaled(file);
      images.value = [...images.value, { name: file.name, blob, url: URL.createObjectURL(blob) }];
    } catch {
      problems.push(`${file.name || "This"} is no image that the browser can read.`);
    }
  }
  return problems.join(" ");
}

export function detach(images: Signal<readonly Attached[]>, gone: readonly Attached[]): void {
  for (const { url } of gone) URL.revokeObjectURL(url);
  images.value = images.value.filter((each) => !gone.includes(each));
}

export function AttachedImages({ images }: { images: Signal<readonly Attached[]> }) {
  if (!images.value.length) return null;
  return (
    <div class="rw-attached" aria-label="Images of this message">
      {images.value.map((each) => (
        <figure key={each.url}>
          <img src={each.url} alt={each.name || "pasted image"} />
          <button
            type="button"
            aria-label={`Remove ${each.name || "the image"}`}
            title="Remove"
            onClick={() => detach(images, [each])}
          >
            ✕
          </button>
        </figure>
      ))}
    </div>
  );
}
