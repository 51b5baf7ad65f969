/** The form in which a person fills in a tool's arguments and calls it by hand. */

import { useState } from "preact/hooks";
import { argumentsOf, draftOf, type Field } from "./arguments";

function Input(props: { field: Field; value: string; change: (value: string) => void }) {
  const { field, value, change } = props;
  const named = { "aria-label": field.name, title: field.title || undefined };
  if (field.kind === "boolean" || field.kind === "choice") {
    const choices = field.kind === "boolean" ? ["true", "false"] : field.choices;
    return (
      <select {...named} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {(!field.required || !value) && <option value="" />}
        {choices.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    );
  }
  if (field.kind === "number" || field.kind === "integer")
    return (
      <input
        {...named}
        inputMode="decimal"
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
      />
    );
  return (
    <textarea
      {...named}
      rows={value.split("\n").length}
      placeholder={field.kind === "json" ? "JSON" : ""}
      value={value}
      onInput={(event) => change(event.currentTarget.value)}
    />
  );
}

export function ArgumentsForm(props: {
  fields: Field[];
  json?: string;
  label: string;
  title?: string;
  run: (json: string) => void;
  cancel?: () => void;
}) {
  const { fields, json, label, title, run, cancel } = props;
  const [draft, setDraft] = useState(() => draftOf(fields, json));
  const [problem, setProblem] = useState("");
  const submit = (event: Event) => {
    event.preventDefault();
    const made = argumentsOf(fields, draft);
    setProblem("problem" in made ? made.problem : "");
    if ("json" in made) run(made.json);
  };
  return (
    <form class="rw-arguments" onSubmit={submit}>
      {fields.map((field) => (
        <label key={field.name}>
          <span>
            {field.name}
            {!field.required && <i> (optional)</i>}
          </span>
          <Input
            field={field}
            value={draft[field.name] ?? ""}
            change={(value) => setDraft({ ...draft, [field.name]: value })}
          />
        </label>
      ))}
      {problem && (
        <div class="rw-arguments-problem" role="alert">
          {problem}
        </div>
      )}
      <div class="rw-tool-buttons">
        <button type="submit" title={title}>
          {label}
        </button>
        {cancel && (
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}
