/** Arguments of a call as fields of a form, from the JSON schema of the tool or from the arguments themselves. */

export interface Field {
  name: string;
  kind: "text" | "number" | "integer" | "boolean" | "choice" | "json";
  required: boolean;
  choices: string[];
  title: string;
}

interface Property {
  type?: unknown;
  enum?: unknown;
  description?: unknown;
}

function kindOf(type: unknown, choices: string[]): Field["kind"] {
  if (choices.length) return "choice";
  if (type === "string") return "text";
  if (type === "number" || type === "integer" || type === "boolean") return type;
  return "json";
}

/** Returns the fields of a tool's parameters. */
export function fieldsOfSchema(json: string): Field[] {
  const schema = JSON.parse(json) as { properties?: Record<string, Property>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const choices = Array.isArray(property.enum) && property.enum.every((each) => typeof each === "string");
    const named = choices ? (property.enum as string[]) : [];
    return {
      name,
      kind: kindOf(property.type, named),
      required: schema.required?.includes(name) ?? false,
      choices: named,
      title: typeof property.description === "string" ? property.description : "",
    };
  });
}

/** Returns the fields of arguments that a model sent; null if they are no JSON object. */
export function fieldsOfArguments(json: string): Field[] | null {
  try {
    const given: unknown = JSON.parse(json || "{}");
    if (typeof given !== "object" || given === null || Array.isArray(given)) return null;
    return Object.entries(given).map(([name, value]) => ({
      name,
      kind: kindOf(typeof value, []) as Field["kind"],
      required: true,
      choices: [],
      title: "",
    }));
  } catch {
    return null;
  }
}

/** Returns what stands in the fields at first, by name. */
export function draftOf(fields: readonly Field[], json = "{}"): Record<string, string> {
  const given = JSON.parse(json || "{}") as Record<string, unknown>;
  return Object.fromEntries(
    fields.map(({ name, kind }) => {
      const value = given[name];
      if (value === undefined) return [name, kind === "boolean" ? "" : ""];
      return [name, kind === "text" || kind === "choice" ? String(value) : JSON.stringify(value)];
    }),
  );
}

/** Returns the arguments as JSON, or why they are none. An optional field that is empty is left out. */
export function argumentsOf(
  fields: readonly Field[],
  draft: Record<string, string>,
): { json: string } | { problem: string } {
  const made: Record<string, unknown> = {};
  for (const { name, kind, required } of fields) {
    const text = draft[name] ?? "";
    if (!text.trim() && !(required && kind === "text")) {
      if (required) return { problem: `${name} is missing` };
      continue;
    }
    if (kind === "text" || kind === "choice") {
      made[name] = text;
      continue;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { problem: kind === "json" ? `${name} is no JSON` : `${name} is no ${kind}` };
    }
    const fits =
      kind === "json" ||
      (kind === "boolean" ? typeof value === "boolean" : typeof value === "number") ||
      (kind === "integer" && Number.isInteger(value));
    if (!fits || (kind === "integer" && !Number.isInteger(value)))
      return { problem: `${name} is no ${kind}` };
    made[name] = value;
  }
  return { json: JSON.stringify(made) };
}
