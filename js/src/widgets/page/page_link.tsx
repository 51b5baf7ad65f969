/** The link to a page of its own: a button-like link, how to use it, and a code for phones where they can reach it. */

import type { AnyWidget } from "@anywidget/types";
import { useEffect, useState } from "preact/hooks";
import { renderSVG } from "uqr";
import { onMessage, sender } from "../../anywidget";
import { serverOf } from "../../audio/lane/places";
import { randomId } from "../../audio/port/random_id";
import type { AskLinks, LinkCommand } from "../../messages";
import { type Address, addressOf, forPhones, reachesLoopback, type Ways } from "../../page/address";
import { saveWithoutCode } from "../../saved_state";
import { Scope } from "../../ui/bind";

interface Traits {
  reason: string;
}

/** How often unused links are replaced (ms): they are good for ten minutes. */
const RENEW_MS = 9 * 60_000;

interface Ready {
  address: Address;
  tokens: string[];
}

interface Colab {
  kernel?: { proxyPort?(port: number, options: object): Promise<string> };
}

/** Asks the browser for the page without following a redirect to a login. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { redirect: "error" })).ok;
  } catch {
    return false;
  }
}

function waysOf(): Ways {
  const proxyPort = (window as { google?: { colab?: Colab } }).google?.colab?.kernel?.proxyPort;
  return {
    server: serverOf(document),
    page: location,
    answers,
    colab: proxyPort ? (port) => proxyPort(port, { cache: false }) : null,
  };
}

function hint(address: Address): string {
  if (!address.local) return "The link is for one tab and ten minutes; a fresh one comes when it is used.";
  if (reachesLoopback(location))
    return "The link is for one tab and ten minutes, on the kernel's own machine.";
  return (
    "The kernel serves this page on its own machine only. With SSH, forward its port " +
    `${new URL(address.url).port} to this machine first.`
  );
}

function Link(props: { ready: Ready | null; reason: string }) {
  const { ready, reason } = props;
  const [first = "", second = ""] = ready?.tokens ?? [];
  return (
    <>
      {reason && <div class="rw-page-reason">{reason}</div>}
      {ready ? (
        <a
          class="rw-page-open"
          href={`${ready.address.url}#${first}`}
          target="_blank"
          rel="noopener noreferrer"
        >
          Talk in a tab of its own
        </a>
      ) : (
        <span role="status">Asking the kernel for a link…</span>
      )}
      {ready && <div class="rw-page-hint">{hint(ready.address)}</div>}
      {ready && second && forPhones(ready.address) && (
        <details class="rw-page-phone">
          <summary>Use a phone as microphone</summary>
          <div
            class="rw-page-code"
            role="img"
            aria-label="Code with the link, for a phone's camera"
            dangerouslySetInnerHTML={{ __html: renderSVG(`${ready.address.url}#${second}`, { border: 2 }) }}
          />
          <div class="rw-page-hint">Its browser has to be logged in to this server.</div>
        </details>
      )}
    </>
  );
}

export default {
  initialize({ model }) {
    saveWithoutCode(model);
  },
  render({ model, el }) {
    const scope = new Scope();
    const viewId = randomId();
    const send = sender<AskLinks>(model);
    const reason = scope.trait(model, "reason");
    const ask = () => {
      try {
        send({ type: "ask_links", view_id: viewId, count: 2 });
      } catch (error) {
        console.warn("realtime_widgets: the kernel cannot be reached", error);
      }
    };
    function View() {
      const [ready, setReady] = useState<Ready | null>(null);
      useEffect(() => {
        const end = onMessage<LinkCommand>(model, async (command) => {
          if (command.view_id !== viewId) return;
          if (command.type === "link_opened") return ask();
          const address = await addressOf(command, waysOf());
          setReady({ address, tokens: command.tokens });
        });
        ask();
        const timer = setInterval(ask, RENEW_MS);
        return () => {
          clearInterval(timer);
          end();
        };
      }, []);
      return <Link ready={ready} reason={reason.value} />;
    }
    return scope.show(el, "rw-page-link", <View />);
  },
} satisfies AnyWidget<Traits>;
