/** Builds the harness page and the widgets into js/dist; serve that folder to open it. Not part of the package. */

import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWidgets } from "../build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "dist");
mkdirSync(dist, { recursive: true });
await buildWidgets(dist, [join(here, "harness.ts")]);
copyFileSync(join(here, "index.html"), join(dist, "index.html"));
