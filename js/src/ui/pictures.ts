/** Which pictures a page shows: only data URIs, so that a transcript loads nothing over the network. */

export function isPicture(uri: string): boolean {
  return /^data:image\/(png|jpeg);base64,/.test(uri);
}
