import { useState } from "preact/hooks";
import { curlOf } from "../format/command";
import { useResource } from "../store/resource";
import { Copy, Empty, Head, Shown } from "../ui/parts";

interface Operation { summary: string; tags: string[]; requestBody?: { content: Record<string, { example?: unknown }> } }
interface Contract { paths: Record<string, Record<string, Operation>> }

/** The contract of this gateway, short: every call with its curl line. */
export default function Api() {
  const contract = useResource<Contract>("/openapi/v1.json", 3_600_000);
  const [text, setText] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <Head title="API" actions={<a class="button" href="/openapi/v1.json" target="_blank" rel="noreferrer">OpenAPI document</a>}>All that this console does, it does by these calls.</Head>
      <div class="chips"><input data-filter type="search" aria-label="Find a call" placeholder="Find a call" value={text} onInput={(event) => setText(event.currentTarget.value)} /></div>
      <section class="panel"><Shown of={contract} rows={10}>{(data) => {
        const calls = callsOf(data).filter((call) => `${call.method} ${call.path} ${call.summary}`.toLowerCase().includes(text.toLowerCase()));
        return calls.length === 0 ? <Empty title="No call matches" /> : (
          <div class="wide"><table class="stack"><tbody>{calls.map((call) => {
            const key = `${call.method} ${call.path}`;
            const line = curlOf(call.method, call.path, call.example, window.location.origin);
            return <><tr key={key}><td><code>{call.method}</code></td><td class="name mono"><button type="button" class="button bare" aria-expanded={open === key} onClick={() => setOpen(open === key ? null : key)}>{call.path}</button></td>
              <td class="soft" style={{ whiteSpace: "normal" }}>{call.summary}</td></tr>{open === key && <tr key={`${key} open`}><td colSpan={3}><pre>{line}</pre><Copy text={line} label="Copy the line" /></td></tr>}</>;
          })}</tbody></table></div>);
      }}</Shown></section>
    </>
  );
}

function callsOf(contract: Contract): { method: string; path: string; summary: string; example: unknown }[] {
  return Object.entries(contract.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({
    method: method.toUpperCase(), path, summary: operation.summary, example: Object.values(operation.requestBody?.content ?? {})[0]?.example,
  })));
}
