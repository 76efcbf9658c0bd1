import type { Problem } from "../api/problem";
import { Icon, Text } from "./parts";

/** The pattern for names of queues and schedules. Browsers compile it with the flag v, so the hyphen in the class must be escaped. */
export const namePattern = "[a-z0-9][a-z0-9._\\-]{0,63}";

/** What is wrong with a field: the path in the request, the message, and the page of what already has the name. */
export type Faults = [path: string, message: string, page?: string][];

/** What a problem says about the field at a path. */
export const faultsAt = (problem: Problem | null, path: string): Faults | undefined =>
  problem?.errors[path]?.map((message) => [path, message, problem.page]);

interface Props { title: string; value: string; set: (text: string) => void; hint?: string; rows?: number; faults?: Faults; [more: string]: unknown }

/** A labelled line of text, or several lines with `rows`. */
export function Field({ title, value, set, hint, rows, faults, ...more }: Props) {
  const state = { value, "aria-invalid": faults && true, ...more };
  return <label class="field">{title}
    {rows ? <textarea rows={rows} spellcheck={false} onInput={(event) => set(event.currentTarget.value)} {...state} />
      : <input autocomplete="off" onInput={(event) => set(event.currentTarget.value)} {...state} />}
    {hint && <span class="hint">{hint}</span>}<FaultList of={faults} /></label>;
}

/** What is wrong with a field, below it. */
export function FaultList({ of }: { of?: Faults }) {
  return <>{of?.map(([path, message, page]) => <span key={path} class="state failed fault-text"><Icon name="failed" /><span><code>{path}</code> <Text>{message}</Text>{page && <> <a href={page}>Open it</a></>}</span></span>)}</>;
}

/** A labelled choice. */
export function Choice({ title, value, of, set, hint, disabled, required, faults }: {
  title: string; value: string; of: [string, string][]; set: (value: string) => void; hint?: string; disabled?: boolean; required?: boolean; faults?: Faults;
}) {
  return <label class="field">{title}<select value={value} disabled={disabled} required={required} aria-invalid={faults && true} onChange={(event) => set(event.currentTarget.value)}>
    {of.map(([name, words]) => <option key={name} value={name}>{words}</option>)}</select>{hint && <span class="hint">{hint}</span>}<FaultList of={faults} /></label>;
}
