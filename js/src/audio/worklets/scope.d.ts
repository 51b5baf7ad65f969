/** Types of the AudioWorkletGlobalScope, which the DOM library does not declare. */

declare const __BUILD__: string;
declare const sampleRate: number;
declare const currentTime: number;

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(
  name: string,
  processor: new (options: never) => AudioWorkletProcessor,
): void;

declare module "worklet:*" {
  /** The bundled worklet as JavaScript text. */
  const text: string;
  export default text;
}
