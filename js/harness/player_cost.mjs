/** Bundles the player with its measurement, and runs it. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outfile = join(here, "..", "dist", "player_cost_bundle.mjs");
await build({
  bundle: true,
  entryPoints: [join(here, "player_cost.ts")],
  format: "esm",
  logLevel: "warning",
  outfile,
  platform: "node",
});
await import(outfile);
