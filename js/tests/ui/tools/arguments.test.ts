import { describe, expect, it } from "vitest";
import { argumentsOf, draftOf, fieldsOfArguments, fieldsOfSchema } from "../../../src/ui/tools/arguments";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: {
    town: { type: "string", description: "Where." },
    days: { type: "integer" },
    hot: { type: "boolean" },
    unit: { type: "string", enum: ["C", "F"] },
    more: { type: "array", items: { type: "number" } },
  },
  required: ["town", "days"],
});

describe("a tool's form", () => {
  const fields = fieldsOfSchema(SCHEMA);

  it("has a field for each parameter, of its kind", () => {
    expect(fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
      ["town", "text", true],
      ["days", "integer", true],
      ["hot", "boolean", false],
      ["unit", "choice", false],
      ["more", "json", false],
    ]);
    expect(fields[0]!.title).toBe("Where.");
  });

  it("makes arguments, and leaves out what is optional and empty", () => {
    const draft = { ...draftOf(fields), town: "Kiel", days: "3" };
    expect(argumentsOf(fields, draft)).toEqual({ json: '{"town":"Kiel","days":3}' });
    const whole = { ...draft, hot: "true", unit: "F", more: "[1, 2]" };
    expect(argumentsOf(fields, whole)).toEqual({
      json: '{"town":"Kiel","days":3,"hot":true,"unit":"F","more":[1,2]}',
    });
  });

  it("says what is missing or wrong", () => {
    const draft = draftOf(fields);
    expect(argumentsOf(fields, { ...draft, town: "Kiel" })).toEqual({ problem: "days is missing" });
    const full = { ...draft, town: "Kiel", days: "3" };
    expect(argumentsOf(fields, { ...full, days: "2.5" })).toEqual({ problem: "days is no integer" });
    expect(argumentsOf(fields, { ...full, days: "three" })).toEqual({ problem: "days is no integer" });
    expect(argumentsOf(fields, { ...full, more: "[1" })).toEqual({ problem: "more is no JSON" });
    expect(argumentsOf(fields, { ...full, hot: '"yes"' })).toEqual({ problem: "hot is no boolean" });
  });
});

describe("the arguments of a call", () => {
  it("can be edited and come back as they were", () => {
    const json = '{"town":"Kiel","days":3,"more":[1,2],"note":"a \\"b\\""}';
    const fields = fieldsOfArguments(json)!;
    expect(argumentsOf(fields, draftOf(fields, json))).toEqual({ json });
  });

  it("have no form if they are no object", () => {
    expect(fieldsOfArguments("[1]")).toBeNull();
    expect(fieldsOfArguments("{broken")).toBeNull();
    expect(fieldsOfArguments("")).toEqual([]);
  });
});
