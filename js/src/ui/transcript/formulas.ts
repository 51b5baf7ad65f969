/** Draws formulas as MathML: what that takes comes from the kernel when the first formula is shown. */

/** Returns the MathML of a formula in TeX; empty if it is none. */
export type ToMathML = (tex: string, display: boolean) => string;

let ask: (() => void) | null = null;
let loading: Promise<ToMathML> | null = null;
let arrived: (module: Blob) => void = () => undefined;

/** Says how to ask the kernel for the module. */
export function formulasFrom(request: () => void): void {
  ask = request;
}

/** Takes the module's text that the kernel sent. */
export function formulasCame(text: DataView): void {
  arrived(new Blob([text as DataView<ArrayBuffer>], { type: "text/javascript" }));
}

/** Returns what draws formulas, once it is there; null if nobody can be asked. A failure leaves them as they are. */
export function formulas(): Promise<ToMathML> | null {
  if (!loading && ask) {
    const blob = new Promise<Blob>((resolve) => (arrived = resolve));
    loading = blob.then(async (module) => {
      const url = URL.createObjectURL(module);
      try {
        return ((await import(/* @vite-ignore */ url)) as { toMathML: ToMathML }).toMathML;
      } catch {
        return () => ""; // a page that allows no such modules shows the source
      } finally {
        URL.revokeObjectURL(url);
      }
    });
    ask();
  }
  return loading;
}
