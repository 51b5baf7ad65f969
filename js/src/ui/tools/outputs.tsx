/** What a tool displayed or returned, as a cell would show it; nothing of it runs scripts or loads anything. */

import { useContext, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ShownOutput, ToolCard } from "../../messages";
import { FrontEndContext } from "./front_end";
import { TerminalText } from "./terminal";

/** Higher output is folded (px). */
const FOLD_PX = 260;
/** Images that a page shows: only data URIs, so that a transcript loads nothing over the network. */
const IMAGE = /^data:image\/(png|jpeg|gif|webp|svg\+xml);base64,/;
/** In the frame no script runs by its sandbox, and nothing is loaded by its policy. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/** What a frame's document needs to look like the page around it. */
function frameStyle(place: Element): string {
  const { color, fontFamily, fontSize } = getComputedStyle(place);
  return `
    html { color-scheme: light dark; }
    body { margin: 0; overflow-wrap: anywhere; color: ${color}; font: ${fontSize}/1.5 ${fontFamily}; }
    table { border-collapse: collapse; font-size: 12.5px; }
    th, td { padding: 3px 9px; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
    pre { white-space: pre-wrap; }
    img, svg { max-width: 100%; height: auto; }
  `;
}

/** HTML in a frame of its own: a document that can do nothing, as high as its content. */
function Framed({ html, title }: { html: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [source, setSource] = useState("");
  useLayoutEffect(() => {
    const style = frameStyle(frame.current!.parentElement!);
    const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
    setSource(`<!doctype html><meta charset="utf-8">${policy}<style>${style}</style><body>${html}`);
  }, [html]);
  const fit = () => {
    const root = frame.current?.contentDocument?.documentElement;
    if (root) frame.current!.style.height = `${root.scrollHeight}px`;
  };
  return (
    <iframe
      ref={frame}
      class="rw-output-frame"
      title={title}
      sandbox="allow-same-origin"
      srcdoc={source}
      onLoad={fit}
    />
  );
}

/** Output that the front end renders if it can; until then, and if not, `children`. */
function ByFrontEnd(props: {
  kind: "mime" | "widget";
  mime?: string;
  source: string;
  children: preact.ComponentChildren;
}) {
  const { kind, mime = "", source } = props;
  const frontEnd = useContext(FrontEndContext);
  const place = useRef<HTMLDivElement>(null);
  const [rendered, setRendered] = useState(false);
  useEffect(() => {
    let ended = false;
    let end: (() => void) | null = null;
    const host = place.current!;
    const rendering = kind === "widget" ? frontEnd?.widget(source, host) : frontEnd?.mime(mime, source, host);
    rendering?.then(
      (cleanup) => {
        if (ended) return cleanup?.();
        end = cleanup;
        setRendered(cleanup !== null);
      },
      (error: unknown) => {
        console.warn("realtime_widgets: the front end could not render an output", error);
        host.replaceChildren();
      },
    );
    return () => {
      ended = true;
      end?.();
      setRendered(false);
    };
  }, [frontEnd, kind, mime, source]);
  return (
    <>
      <div ref={place} class="rw-output-own jp-RenderedHTMLCommon" />
      {!rendered && props.children}
    </>
  );
}

function Plain({ text }: { text: string }) {
  return text ? (
    <pre class="rw-output-text">
      <TerminalText text={text} />
    </pre>
  ) : null;
}

function Output({ output, pictures, of }: { output: ShownOutput; pictures: readonly string[]; of: string }) {
  const { kind, text, data, mime, html } = output;
  switch (kind) {
    case "image": {
      const uri = output.picture === null ? data : (pictures[output.picture] ?? "");
      return IMAGE.test(uri) ? <img src={uri} alt={text || `Picture of ${of}`} /> : <Plain text={text} />;
    }
    case "html":
      return (
        <ByFrontEnd kind="mime" mime="text/html" source={data}>
          <Framed html={data} title={`Output of ${of}`} />
        </ByFrontEnd>
      );
    case "rendered":
      return (
        <ByFrontEnd kind="mime" mime={mime} source={data}>
          {html ? <Framed html={html} title={`Output of ${of}`} /> : <Plain text={text} />}
        </ByFrontEnd>
      );
    case "widget":
      return (
        <ByFrontEnd kind="widget" source={data}>
          <Plain text={text} />
        </ByFrontEnd>
      );
    case "text":
      return <Plain text={text} />;
  }
}

/** What a call printed, and all its outputs in order; together they are folded if they are high. */
export function Outputs({ tool }: { tool: ToolCard }) {
  const box = useRef<HTMLDivElement>(null);
  const [high, setHigh] = useState(false);
  const [open, setOpen] = useState(false);
  // A card saved by an older version has pictures only, or none.
  const { outputs = [], pictures = [] } = tool as Partial<ToolCard>;
  const shown: ShownOutput[] = outputs.length
    ? outputs
    : pictures.map((_, picture) => ({
        kind: "image",
        text: "",
        data: "",
        mime: "",
        html: "",
        note: "",
        picture,
      }));
  const printed = tool.printed.trimEnd();
  const count = shown.length + (printed ? 1 : 0);
  useEffect(() => {
    if (!box.current) return;
    const look = new ResizeObserver(() => setHigh(box.current!.scrollHeight > FOLD_PX + 40));
    for (const child of box.current.children) look.observe(child);
    return () => look.disconnect();
  }, [count]);
  if (!count) return null;
  const folded = high && !open;
  return (
    <div class="rw-tool-outputs">
      <div ref={box} class={`rw-outputs${folded ? " rw-outputs-folded" : ""}`}>
        {printed && (
          <div class="rw-output" dir="auto">
            <Plain text={printed} />
          </div>
        )}
        {shown.map((output, index) => (
          <div key={index} class="rw-output" dir="auto">
            <Output output={output} pictures={pictures} of={tool.name} />
            {output.note && <div class="rw-tool-note">{output.note}</div>}
          </div>
        ))}
      </div>
      {high && (
        <button type="button" class="rw-line-button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show less" : "Show all of it"}
        </button>
      )}
    </div>
  );
}
