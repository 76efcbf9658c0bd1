import { lacks } from "../api/session";
import type { StoredFile } from "../api/types";
import { bytes } from "../format/numbers";
import { place, setQuery } from "../router";
import { usePages } from "../store/pages";
import { More } from "../ui/More";
import { Empty, Head, Shown, Tabs, Text, Time } from "../ui/parts";

const pageOf: Record<StoredFile["referencedBy"][number]["kind"], (id: string) => string> = {
  task: (id) => `/ui/tasks/${encodeURIComponent(id)}`, artifact: (id) => `/ui/tasks/${encodeURIComponent(id)}?tab=files`,
  schedule: (id) => `/ui/schedules/${encodeURIComponent(id)}`, definition: (id) => `/ui/definitions/${encodeURIComponent(id)}`, rollout: (id) => `/ui/rollouts/${id}`, job: (id) => `/ui/jobs/${id}`,
};

/** The stored files: how large, since when, and what names them. */
export default function Files() {
  const sort = place.value.query.get("sort") === "size" ? "size" : "age";
  const operate = lacks("operate");
  return (
    <>
      <Head title="Files">Files that tasks need or left, each stored once. A file that nothing names is removed after a day.</Head>
      {operate ? <section class="panel"><Empty title={operate}>Sign in with one to see the stored files.</Empty></section> : <>
        <Tabs of={[["age", "Oldest first"], ["size", "Largest first"]]} chosen={sort} choose={(name) => setQuery({ sort: name === "age" ? null : name })} />
        <Stored key={sort} sort={sort} /></>}
    </>
  );
}

function Stored({ sort }: { sort: string }) {
  const pages = usePages<StoredFile>("/files", { sort, limit: 100 }, 30_000, ({ file }) => file);
  return (
    <section class="panel"><Shown of={pages.first} rows={4}>{() => pages.items.length === 0 ? <Empty title="No file is stored">Send one with <code>otask run -i FILE …</code>, or drop it in <a href="/ui/new/task">a new task</a>.</Empty> : (
      <div class="wide"><table class="stack" data-rows><thead><tr><th>File</th><th class="num">Size</th><th>Stored</th><th>Named by</th><th>Expires</th></tr></thead><tbody>{pages.items.map((one) => (
        <tr key={one.file}><td class="name"><a href={`/api/v1/files/${encodeURIComponent(one.file)}`} download target="_self" title={one.file}><code>{one.file.slice(0, 19)}…</code></a></td>
          <td class="num">{bytes(one.bytes)}</td><td data-label="stored"><Time at={one.createdAt} age /></td>
          <td class="wraps" data-label="named by">{one.referencedBy.length === 0 ? <span class="soft">nothing</span> : one.referencedBy.map(({ kind, id }, i) => (
            <span key={i}>{i > 0 && ", "}<a href={pageOf[kind](id)}>{kind} <Text>{kind === "task" || kind === "artifact" ? id.slice(-8) : id}</Text></a></span>))}</td>
          <td data-label="expires">{one.expiresAt && <Time at={one.expiresAt} age />}</td></tr>))}</tbody></table>
        <More of={pages} /></div>)}</Shown></section>
  );
}
