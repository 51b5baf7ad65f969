/** The script of a page of its own: shows the widget that the kernel mirrors, and how the connection is. */

import type { AnyWidget } from "@anywidget/types";
import { type Contact, PageConnection, relayBase, socketOf } from "../../page/connection";
import { WidgetHost } from "../../page/host";

const WORDS: Record<Exclude<Contact, "connected">, string> = {
  connecting: "Connecting to the notebook's kernel…",
  lost: "The connection to the kernel was cut. It is being tried again…",
  refused:
    "This link was used before or is too old. Run session.page() in the notebook again, and open the new link.",
  gone: "The kernel cannot be reached. If it was restarted, run the notebook's cells again and open a new link.",
};

/** Shows a line above the talk while the page is not connected. */
class ContactLine {
  private readonly line = document.createElement("div");

  constructor(page: HTMLElement, again: () => void) {
    this.line.className = "rw-page-contact rw-root";
    this.line.setAttribute("role", "status");
    const words = this.line.appendChild(document.createElement("span"));
    const button = this.line.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "rw-line-button";
    button.textContent = "Try again";
    button.addEventListener("click", again);
    this.show = (contact) => {
      this.line.hidden = contact === "connected";
      button.hidden = contact !== "gone";
      words.textContent = contact === "connected" ? "" : WORDS[contact];
    };
    page.prepend(this.line);
  }

  readonly show: (contact: Contact) => void;
}

function start(): void {
  const token = location.hash.slice(1);
  // Not for the history, nor for whoever looks over the shoulder.
  history.replaceState(null, "", location.pathname + location.search);
  const base = relayBase(location.pathname);
  if (base) document.body.dataset["baseUrl"] = base; // by which the port finds the direct lane
  const shown = document.createElement("div");
  document.body.appendChild(document.createElement("main")).append(shown);
  const styles = new Set<string>();
  const line = new ContactLine(document.body, () => connection.again());
  const host = new WidgetHost({
    load: (name) =>
      import(/* @vite-ignore */ new URL(name, location.href).href) as Promise<{ default: AnyWidget }>,
    style(name) {
      if (!styles.has(name)) addStyle(name);
      styles.add(name);
    },
    send: (message, payload) => connection.send(message, payload),
  });
  let root = "";
  const connection = new PageConnection(socketOf(location.href), token, sessionStorage, {
    contact: (contact) => line.show(contact),
    command(command, payload) {
      host.handle(command, payload);
      if (command.type !== "page_welcome" || root === command.root) return;
      if (root) return location.reload();
      root = command.root;
      host
        .getWidget(root)
        .then((widget) => widget.render({ el: shown }))
        .catch((error: unknown) => {
          console.error("realtime_widgets: the page cannot be shown", error);
          shown.textContent = "This page cannot be shown. Reload it, or open a new link from the notebook.";
        });
    },
  });
  connection.open();
}

function addStyle(name: string): void {
  const link = document.head.appendChild(document.createElement("link"));
  link.rel = "stylesheet";
  link.href = name;
}

start();
