/** The part with the settings, each of which counts at once; and the cell that makes this session. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { SettingsAnswer, ShownSettings } from "../../messages";
import { CopyButton } from "../transcript/actions";

const DETECTIONS: Record<string, string> = {
  server_vad: "by silence (server_vad)",
  semantic_vad: "by meaning (semantic_vad)",
  push_to_talk: "by a button (push to talk)",
};

type Change = (changes: Record<string, unknown>) => void;

function Row(props: {
  name: string;
  label: string;
  answer: SettingsAnswer | null;
  children: ComponentChildren;
}) {
  const { name, label, answer } = props;
  const problem = answer?.names.includes(name) ? answer.problem : "";
  return (
    <label class={`rw-setting${problem ? " rw-setting-refused" : ""}`}>
      <span>{label}</span>
      {props.children}
      {problem && (
        <span class="rw-setting-problem" role="alert">
          {problem}
        </span>
      )}
    </label>
  );
}

/** A field whose value counts when it is left, or by Enter. */
function Text(props: {
  name: string;
  value: string;
  change: Change;
  rows?: number;
  disabled?: boolean;
  title?: string | undefined;
  placeholder?: string;
  list?: string;
}) {
  const { name, value, change, rows, list, disabled, title, placeholder } = props;
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  const given = { value: draft, disabled, title, placeholder };
  const save = () => {
    if (draft !== value) change({ [name]: draft });
  };
  if (rows)
    return (
      <textarea
        {...given}
        rows={rows}
        onInput={(event) => setDraft(event.currentTarget.value)}
        onBlur={save}
      />
    );
  return (
    <input
      {...given}
      list={list}
      onInput={(event) => setDraft(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") save();
      }}
    />
  );
}

function Choice(props: { name: string; value: string; choices: [string, string][]; change: Change }) {
  const { name, value, choices, change } = props;
  const known = choices.some(([each]) => each === value);
  return (
    <select value={value} onChange={(event) => change({ [name]: event.currentTarget.value })}>
      {!known && <option value={value}>{value || "own settings"}</option>}
      {choices.map(([each, words]) => (
        <option key={each} value={each}>
          {words}
        </option>
      ))}
    </select>
  );
}

export function SettingsPart(props: {
  settings: ShownSettings | null;
  answer: SettingsAnswer | null;
  code: string;
  change: Change;
  askCode: () => void;
}) {
  const { settings, answer, code, change } = props;
  if (!settings) return <div class="rw-insight-empty">The settings come from the kernel.</div>;
  const row = { answer };
  return (
    <div class="rw-settings">
      <Row {...row} name="voice" label="Voice">
        <Text
          name="voice"
          value={settings.voice}
          change={change}
          list="rw-voices"
          disabled={settings.voice_fixed !== ""}
          title={settings.voice_fixed || undefined}
          placeholder="the service's own"
        />
        <datalist id="rw-voices">
          {settings.voices.map((voice) => (
            <option key={voice} value={voice} />
          ))}
        </datalist>
      </Row>
      {settings.voice_fixed && <p class="rw-setting-note">{settings.voice_fixed}.</p>}
      <Row {...row} name="speed" label={`Speed ${settings.speed}`}>
        <input
          type="range"
          min={settings.slowest}
          max={settings.fastest}
          step={0.05}
          value={settings.speed}
          onChange={(event) => change({ speed: Number(event.currentTarget.value) })}
        />
      </Row>
      <Row {...row} name="instructions" label="Instructions">
        <Text name="instructions" value={settings.instructions} change={change} rows={3} />
      </Row>
      <Row {...row} name="turn_detection" label="Your turn ends">
        <Choice
          name="turn_detection"
          value={settings.turn_detection}
          choices={settings.detections.map((each) => [each, DETECTIONS[each] ?? each])}
          change={change}
        />
      </Row>
      {settings.transcribes && (
        <Row {...row} name="language" label="You speak">
          <Text
            name="language"
            value={settings.language}
            change={change}
            placeholder="any language, or en, de …"
          />
        </Row>
      )}
      {settings.efforts.length > 0 && (
        <Row {...row} name="reasoning" label="Model's effort">
          <Choice
            name="reasoning"
            value={settings.reasoning}
            choices={[
              ["", "the service's own"],
              ...settings.efforts.map((each): [string, string] => [each, each]),
            ]}
            change={change}
          />
        </Row>
      )}
      {settings.limits_output && (
        <Row {...row} name="max_output_tokens" label="Longest answer">
          <Text
            name="max_output_tokens"
            value={settings.max_output_tokens}
            change={change}
            placeholder="tokens; empty for no limit"
          />
        </Row>
      )}
      {settings.writes && (
        <Row {...row} name="text_only" label="Answers in text alone">
          <input
            type="checkbox"
            checked={settings.text_only}
            onChange={(event) => change({ text_only: event.currentTarget.checked })}
          />
        </Row>
      )}
      <div class="rw-setting-code">
        <button type="button" class="rw-line-button" onClick={props.askCode}>
          Show as code
        </button>
        {code && (
          <>
            <pre tabIndex={0}>{code}</pre>
            <CopyButton text={() => code} title="Copy the cell" />
          </>
        )}
      </div>
    </div>
  );
}
