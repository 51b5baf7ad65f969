/** Printed text with the colours of a terminal; the kernel has applied all that moves, so that only colours are left. */

import Anser from "anser";
import { useMemo } from "preact/hooks";

export function TerminalText({ text }: { text: string }) {
  const parts = useMemo(
    () => (text.includes("\x1b") ? Anser.ansiToJson(text, { use_classes: true, remove_empty: true }) : null),
    [text],
  );
  if (!parts) return <>{text}</>;
  return (
    <>
      {parts.map(({ content, fg, bg, decorations }, index) => {
        const classes = [
          fg && `rw-${fg}-fg`,
          bg && `rw-${bg}-bg`,
          ...decorations.map((name) => `rw-ansi-${name}`),
        ];
        return (
          <span key={index} class={classes.filter(Boolean).join(" ") || undefined}>
            {content}
          </span>
        );
      })}
    </>
  );
}
