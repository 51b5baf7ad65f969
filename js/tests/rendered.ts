/** Renders views without a browser, to see their words and attributes. */

import { type ComponentChild, render } from "preact";

/** As much of a page as Preact needs to render into. */
export class Played {
  readonly childNodes: Played[] = [];
  readonly attributes: Record<string, string> = {};
  readonly style: Record<string, string> = {};
  readonly namespaceURI = "http://www.w3.org/1999/xhtml";
  parentNode: Played | null = null;
  constructor(
    readonly localName: string,
    public data = "",
  ) {}
  get nodeType(): number {
    return this.localName === "#text" ? 3 : 1;
  }
  get ownerDocument() {
    return {
      createTextNode: (text: string) => new Played("#text", text),
      createElementNS: (_: string, name: string) => new Played(name),
      createElement: (name: string) => new Played(name),
    };
  }
  get nextSibling(): Played | null {
    const siblings = this.parentNode?.childNodes ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }
  insertBefore(node: Played, before: Played | null): Played {
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  removeAttribute(name: string): void {
    delete this.attributes[name];
  }
  addEventListener(): void {}
  get text(): string {
    return this.data + this.childNodes.map((child) => child.text).join("");
  }
  get spoken(): string {
    return [...Object.values(this.attributes), ...this.childNodes.map((child) => child.spoken)].join(" ");
  }
}

/** Renders a view that has no effects. */
export function rendered(view: ComponentChild): Played {
  const page = new Played("div");
  (globalThis as Record<string, unknown>).document ??= page.ownerDocument;
  render(view, page as unknown as Element);
  return page;
}
