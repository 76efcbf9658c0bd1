import { useState } from "preact/hooks";
import { Text } from "./parts";

export interface Suggestion { text: string; detail?: string }

/** The last word of a text, which is completed, and what is before it. */
export function lastWord(text: string): [before: string, word: string] {
  const at = text.lastIndexOf(" ") + 1;
  return [text.slice(0, at), text.slice(at)];
}

/** The distinct values of each key, as suggestions. */
export function suggestionsOf(pairs: readonly [key: string, text: string][]): Record<string, Suggestion[]> {
  const found = new Map<string, Set<string>>();
  for (const [key, text] of pairs)
    found.set(key, (found.get(key) ?? new Set()).add(text));
  return Object.fromEntries([...found].map(([key, texts]) => [key, [...texts].map((text) => ({ text }))]));
}

/** Completions of a word: the filters that begin so, and for one that is named the values that contain what follows. */
export function completions(word: string, filters: Record<string, Suggestion[]>): Suggestion[] {
  const at = word.indexOf("=");
  if (at < 0)
    return word === "" ? [] : Object.keys(filters).filter((name) => name.toLowerCase().startsWith(word.toLowerCase())).map((name) => ({ text: `${name}=` }));
  const [name, value] = [word.slice(0, at), word.slice(at + 1).toLowerCase()];
  return (Object.hasOwn(filters, name) ? filters[name]! : []).filter((one) => one.text.toLowerCase().includes(value) && one.text.toLowerCase() !== value).slice(0, 8).map(({ text, detail }) => ({ text: `${name}=${text}`, detail }));
}

/** A line for filters that completes its last word: Tab or Enter takes the marked completion, Enter alone applies the line. */
export function FilterBox({ apply, filters, placeholder, label = "Filter" }: { apply: (text: string) => boolean; filters: Record<string, Suggestion[]>; placeholder: string; label?: string }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(-1);
  const [open, setOpen] = useState(false);
  const [before, word] = lastWord(text);
  const found = open ? completions(word, filters) : [];
  const submit = (line: string) => { if (apply(line)) setText(""); setAt(-1); };
  const take = (one: Suggestion) => {
    const next = before + one.text;
    // A whole filter is applied; of a name alone, the value is still to come.
    if (one.text.endsWith("="))
      setText(next);
    else
      submit(next);
    setAt(-1);
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0)
      setAt((at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length);
    else if ((event.key === "Tab" && found.length > 0 && !event.shiftKey) || (event.key === "Enter" && at >= 0 && found[at]))
      take(found[Math.max(0, at)]!);
    else if (event.key === "Escape" && found.length > 0)
      setOpen(false);
    else
      return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form class="grow complete" onSubmit={(event) => { event.preventDefault(); submit(text); }}>
      <input data-filter class="filter" role="combobox" aria-label={label} aria-expanded={found.length > 0} aria-controls="completions" aria-autocomplete="list" aria-activedescendant={at >= 0 ? `completion-${at}` : undefined} autocomplete="off"
        placeholder={placeholder} value={text} onInput={(event) => { setText(event.currentTarget.value); setOpen(true); setAt(-1); }} onKeyDown={key} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)} />
      <ul id="completions" role="listbox" aria-label="Completions" hidden={found.length === 0}>{found.map((one, i) => (
        <li key={one.text} id={`completion-${i}`} role="option" aria-selected={i === at} onMouseDown={(event) => { event.preventDefault(); take(one); }}><Text>{one.text}</Text>{one.detail && <small><Text>{one.detail}</Text></small>}</li>))}</ul>
    </form>
  );
}
