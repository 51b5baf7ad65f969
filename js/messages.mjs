/** Generates `src/messages.ts` from the messages' JSON schema on standard input; `--check` only compares. */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import { resolveConfig } from "prettier";

const path = join(dirname(fileURLToPath(import.meta.url)), "src", "messages.ts");
const bannerComment =
  "/** Messages between the widgets and their pages, made by `make messages` of `realtime_widgets/widgets/messages/`. */\n";

const schema = await json(process.stdin);
const made = await compile(schema, schema.title, { bannerComment, style: await resolveConfig(path) });
// The root only names what is exported.
const types = made.replace(/export interface Messages \{[^}]*\}\n/, "").replaceAll("``", "`");

if (!process.argv.includes("--check")) writeFileSync(path, types);
else if (readFileSync(path, "utf-8") !== types) {
  console.error("js/src/messages.ts does not match the Python messages: run `make messages`");
  process.exitCode = 1;
}
