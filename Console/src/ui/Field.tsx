/** The pattern for names of queues and schedules. Browsers compile it with the flag v, so the hyphen in the class must be escaped. */
export const namePattern = "[a-z0-9][a-z0-9._\\-]{0,63}";

interface Props { title: string; value: string; set: (text: string) => void; hint?: string; rows?: number; [more: string]: unknown }

/** A labelled line of text, or several lines with `rows`. */
export function Field({ title, value, set, hint, rows, ...more }: Props) {
  return <label class="field">{title}
    {rows ? <textarea rows={rows} value={value} spellcheck={false} onInput={(event) => set(event.currentTarget.value)} {...more} />
      : <input value={value} autocomplete="off" onInput={(event) => set(event.currentTarget.value)} {...more} />}
    {hint && <span class="hint">{hint}</span>}</label>;
}

/** A labelled choice. */
export function Choice({ title, value, of, set, hint, disabled }: {
  title: string; value: string; of: [string, string][]; set: (value: string) => void; hint?: string; disabled?: boolean;
}) {
  return <label class="field">{title}<select value={value} disabled={disabled} onChange={(event) => set(event.currentTarget.value)}>
    {of.map(([name, words]) => <option key={name} value={name}>{words}</option>)}</select>{hint && <span class="hint">{hint}</span>}</label>;
}
