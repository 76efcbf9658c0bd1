import { jsonOf, parseJson } from "../api/json";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { curlOf } from "../format/command";
import { Copy, Tabs, Text } from "./parts";

/**
 * A request as JSON that can be edited, and as a line for curl and, if given, for otask. `change` takes what the user has typed as soon as it is JSON.
 * `setBroken` is told whether the text is not JSON: then `spec` is not what the user sees, and must not be sent.
 */
export function SpecPanel<T extends object>({ spec, change, setBroken, method, path, name, otask, children }: {
  spec: T; change: (spec: T) => void; setBroken: (isBroken: boolean) => void; method: string; path: string; name: string; otask?: string; children?: preact.ComponentChildren;
}) {
  const [tab, setTab] = useState("json");
  const [typed, setTyped] = useState<string | null>(null);
  const given = jsonOf(spec, 2);
  const text = typed ?? given;
  // What the form says replaces what was typed, unless both say the same.
  useEffect(() => { if (typed !== null && jsonOf(parsed(typed), 2) !== given) setTyped(null); }, [given]);
  const isBroken = parsed(text) === null;
  // Before the next key press, which may send the form.
  useLayoutEffect(() => setBroken(isBroken), [isBroken]);
  const edit = (value: string) => {
    setTyped(value);
    const found = parsed(value);
    if (found)
      change(found as T);
  };
  const line = tab === "otask" ? otask! : curlOf(method, path, spec, window.location.origin);
  return (
    <section class="panel"><div class="body">
      <Tabs of={[["json", "JSON"], ["curl", "curl"], ...otask ? [["otask", "otask"] as [string, string]] : []]} chosen={tab} choose={setTab} />
      {tab === "json" ? <textarea rows={16} aria-label={name} spellcheck={false} value={text} aria-invalid={isBroken} onInput={(event) => edit(event.currentTarget.value)} />
        : <><pre><Text>{line}</Text></pre><Copy text={line} /></>}
      {isBroken && <p class="state failed">This is not JSON; the form keeps what it had.</p>}
      {children}
    </div></section>
  );
}

function parsed(text: string): object | null {
  try {
    const found: unknown = parseJson(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}
