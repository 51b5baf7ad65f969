/** Formats numbers and JSON for display. */

/** Formats minutes and seconds, like 0:07. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Formats a duration with units that fit its size: 40 ms, 2.3 s, 1 min 5 s. */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Indents JSON; text that is not JSON stays as it is. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Formats the arguments of a call in one line, like `temperature: 40, unit: "C"`. */
export function callLine(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
    return Object.entries(value)
      .map(([name, argument]) => `${name}: ${JSON.stringify(argument)}`)
      .join(", ");
  } catch {
    return json;
  }
}
