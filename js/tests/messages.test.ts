/** The TypeScript vocabulary is the Python one: same messages, same fields, same choices. */

import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type {
  Decide,
  Forget,
  KeyMessage,
  PortCommand,
  PortReport,
  Recording,
  Remove,
  ReplyReport,
  ReplySound,
  SayText,
  Upsert,
} from "../src/messages";

const python = readFileSync(
  new URL("../../realtime_widgets/widgets/messages.py", import.meta.url),
  "utf-8",
).replaceAll(/"""[\s\S]*?"""/g, (text, at: number) => (at === 0 ? text : ""));
const typescript = readFileSync(new URL("../src/messages.ts", import.meta.url), "utf-8");

type Fields = Record<string, string>;

/** Brings a Python annotation to the TypeScript one. */
function translate(annotation: string): string {
  const literal = /^Literal\[(.*)\]$/.exec(annotation);
  if (literal) return literal[1]!.split(", ").map(translateValue).join(" | ");
  const list = /^list\[(.*)\]$/.exec(annotation);
  if (list) return `${translate(list[1]!)}[]`;
  if (annotation === "dict[str, object]") return "Record<string, unknown>";
  const names: Record<string, string> = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    None: "null",
  };
  return annotation
    .split(" | ")
    .map((name) => names[name] ?? name)
    .join(" | ");
}

function translateValue(value: string): string {
  return value === "False" ? "false" : value === "True" ? "true" : value;
}

function pythonClasses(): Record<string, Fields> {
  const classes: Record<string, Fields> = {};
  for (const [, name, body] of python.matchAll(/^class (\w+)\(TypedDict\):\n((?:[ \n].*\n?)*)/gm)) {
    const fields: Fields = (classes[name!] = {});
    for (const [, field, annotation] of body!.matchAll(/^ {4}(\w+): (.+)$/gm)) {
      const optional = /^NotRequired\[(.*)\]$/.exec(annotation!);
      fields[field! + (optional ? "?" : "")] = translate(optional ? optional[1]! : annotation!);
    }
  }
  return classes;
}

function pythonAliases(): Fields {
  const found = [...python.matchAll(/^(\w+) = (Literal\[.*\]|\w+(?: \| \w+)+)$/gm)];
  return Object.fromEntries(found.map(([, name, value]) => [name, translate(value!)]));
}

const source = ts.createSourceFile("messages.ts", typescript, ts.ScriptTarget.ES2022, true);

function plain(node: ts.Node): string {
  return node.getText(source).replaceAll(/\s+/g, " ").replace(/^\| /, "");
}

function typescriptInterfaces(): Record<string, Fields> {
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  const fields = (node: ts.InterfaceDeclaration) =>
    node.members
      .filter(ts.isPropertySignature)
      .map((member) => [plain(member.name) + (member.questionToken ? "?" : ""), plain(member.type!)]);
  return Object.fromEntries(interfaces.map((node) => [node.name.text, Object.fromEntries(fields(node))]));
}

function typescriptAliases(): Fields {
  const aliases = source.statements.filter(ts.isTypeAliasDeclaration);
  return Object.fromEntries(aliases.map((node) => [node.name.text, plain(node.type)]));
}

describe("the TypeScript messages", () => {
  it("have the fields of the Python ones", () => {
    expect(Object.keys(pythonClasses())).toContain("Playback");
    expect(typescriptInterfaces()).toEqual(pythonClasses());
  });

  it("have the choices and unions of the Python ones", () => {
    expect(Object.keys(pythonAliases())).toContain("PortReport");
    expect(typescriptAliases()).toEqual(pythonAliases());
  });

  it("are explained at the top in the same words", () => {
    const words = (text: string) => text.match(/[\w,;:()]+/g)!;
    const explained = /^"""([\s\S]*?)"""/.exec(python)![1]!.replaceAll("``", "`");
    const [, twin] = /^\/\*\*([\s\S]*?)\*\//.exec(typescript)!;
    const from = (text: string) => words(text.slice(text.indexOf("Every message")));
    expect(from(twin!)).toEqual(from(explained));
  });

  it("are all that the unions hold, by type", () => {
    // The compiler checks that each list is complete; the test, that Python names the same.
    const commands = Object.keys({
      activate: 1,
      configure: 1,
      play: 1,
      end: 1,
      clear: 1,
      microphone: 1,
    } satisfies Record<PortCommand["type"], 1>);
    const reports = Object.keys({
      hello: 1,
      audio: 1,
      microphone: 1,
      playback: 1,
      cleared: 1,
      interrupt: 1,
      talk: 1,
    } satisfies Record<PortReport["type"], 1>);
    const transcript = Object.keys({ upsert: 1, remove: 1, say: 1, decide: 1 } satisfies Record<
      (Upsert | Remove | SayText | Decide)["type"],
      1
    >);
    const prompt = Object.keys({ key: 1, forget: 1 } satisfies Record<(KeyMessage | Forget)["type"], 1>);
    const reply = Object.keys({ sound: 1, silence: 1, play: 1, stop: 1, ended: 1 } satisfies Record<
      (ReplySound | ReplyReport)["type"],
      1
    >);
    const recorder = Object.keys({ recording: 1 } satisfies Record<Recording["type"], 1>);
    const types = Object.values(pythonClasses()).flatMap(({ type }) =>
      type ? [JSON.parse(type) as string] : [],
    );
    expect(new Set(types)).toEqual(
      new Set([...commands, ...reports, ...transcript, ...prompt, ...reply, ...recorder]),
    );
  });
});
