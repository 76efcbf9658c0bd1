import { jsonOf } from "../api/json";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { curlOf } from "../format/command";
import { type Shape, typedSpec } from "../format/shape";
import { Copy, Tabs, Text } from "./parts";

/**
 * A request as JSON that can be edited, and as a line for curl and, if given, for otask. `change` takes what the user has typed as soon as it is JSON
 * of the shape that the form can show. `setBroken` is told whether it is not: then `spec` is not what the user sees, and must not be sent.
 */
export function SpecPanel<T extends object>({ spec, shape, change, setBroken, method, path, name, otask, children }: {
  spec: T; shape: Shape; change: (spec: T) => void; setBroken: (isBroken: boolean) => void; method: string; path: string; name: string; otask?: string; children?: preact.ComponentChildren;
}) {
  const [tab, setTab] = useState("json");
  const [typed, setTyped] = useState<string | null>(null);
  const given = jsonOf(spec, 2);
  const text = typed ?? given;
  // What the form says replaces what was typed, unless both say the same.
  useEffect(() => { if (typed !== null && jsonOf(typedSpec(typed, shape).spec, 2) !== given) setTyped(null); }, [given]);
  const { fault } = typedSpec(text, shape);
  const isBroken = fault !== undefined;
  // Before the next key press, which may send the form.
  useLayoutEffect(() => setBroken(isBroken), [isBroken]);
  const edit = (value: string) => {
    setTyped(value);
    const found = typedSpec<T>(value, shape).spec;
    if (found)
      change(found);
  };
  const line = tab === "otask" ? otask! : curlOf(method, path, spec, window.location.origin);
  return (
    <section class="panel"><div class="body">
      <Tabs of={[["json", "JSON"], ["curl", "curl"], ...otask ? [["otask", "otask"] as [string, string]] : []]} chosen={tab} choose={setTab} />
      {tab === "json" ? <textarea rows={16} aria-label={name} spellcheck={false} value={text} aria-invalid={isBroken} onInput={(event) => edit(event.currentTarget.value)} />
        : <><pre><Text>{line}</Text></pre><Copy text={line} /></>}
      {isBroken && <p class="state failed" role="status">{fault} The form keeps what it had.</p>}
      {children}
    </div></section>
  );
}
