/** Which pictures a page shows: only those it holds already, so that a transcript loads nothing. */

export function isPicture(uri: string): boolean {
  return /^data:image\/(png|jpeg);base64,/.test(uri);
}
