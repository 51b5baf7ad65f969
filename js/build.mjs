/** Bundles one ES module per widget, and the shared stylesheet, into the Python package. */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "realtime_widgets", "static");
const { widgets } = JSON.parse(readFileSync(join(here, "package.json"), "utf-8"));

/** Returns a name for this version of the audio code: a page may hold two versions. */
function audioBuild() {
  const hash = createHash("sha256");
  const folder = join(here, "src", "audio");
  for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
    if (name.endsWith(".ts")) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Returns a digest of all sources, by which the package's build hook checks whether the bundle is current. */
function bundleStamp() {
  const inSource = readdirSync(join(here, "src"), { recursive: true }).map((name) =>
    join("src", String(name)),
  );
  const names = ["build.mjs", "package.json", "package-lock.json", ...inSource]
    .filter((name) => statSync(join(here, name)).isFile())
    .map((name) => name.split(sep).join("/"))
    .sort();
  const hash = createHash("sha256");
  for (const name of names)
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(here, name)))
      .update("\0");
  return hash.digest("hex");
}

/** Returns the names and licences of the bundled packages, which their licences require. */
function licences(inputs) {
  const names = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter(Boolean))]
    .sort()
    .map((name) => `${name}\n\n${readFileSync(join(here, "node_modules", name, "LICENSE"), "utf-8")}`)
    .join("\n\n");
}

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  define: { __BUILD__: JSON.stringify(audioBuild()) },
};

/** Makes `import text from "worklet:./x.ts"` return the bundled worklet as text. */
const worklets = {
  name: "worklets",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^worklet:/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice("worklet:".length)),
      namespace: "worklet",
    }));
    onLoad({ filter: /.*/, namespace: "worklet" }, async ({ path }) => {
      const result = await build({ ...common, entryPoints: [path], format: "iife", write: false });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

/** Builds into `folder`; the harness builds into another one, with its own page as an extra entry point. */
export async function buildWidgets(folder = outdir, extra = []) {
  const { metafile } = await build({
    ...common,
    metafile: true,
    entryPoints: [...widgets.map((name) => join(here, "src", "widgets", name)), ...extra],
    entryNames: "[name]",
    outdir: folder,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    plugins: [worklets],
  });
  await build({
    ...common,
    entryPoints: [join(here, "src", "lab", "extension.ts")],
    outfile: join(folder, "lab_extension.js"),
    format: "iife",
  });
  writeFileSync(join(folder, "third_party.txt"), licences(Object.keys(metafile.inputs)));
  await build({
    ...common,
    target: ["chrome119", "firefox128", "safari17.5"],
    entryPoints: [join(here, "src", "styles", "widgets.css")],
    outdir: folder,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  rmSync(outdir, { recursive: true, force: true });
  await buildWidgets();
  writeFileSync(join(outdir, "sources.sha256"), `${bundleStamp()}\n`);
}
