import { defineConfig } from "vitest/config";

/** A worklet's bundled text is nothing that Node could run. */
const worklets = {
  name: "worklets",
  resolveId: (id: string) => (id.startsWith("worklet:") ? `\0${id}` : null),
  load: (id: string) => (id.startsWith("\0worklet:") ? 'export default "";' : null),
};

export default defineConfig({
  plugins: [worklets],
  define: { __BUILD__: JSON.stringify("test") },
  test: { include: ["tests/**/*.test.{ts,tsx}"], environment: "node" },
});
