import { Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client";
import { Problem } from "../api/problem";
import type { Artifact, Task } from "../api/types";
import { artifactUrl, isText, lookOf, tableOf } from "../format/files";
import { bytes, count, plural } from "../format/numbers";
import { usePages } from "../store/pages";
import { More } from "./More";
import { Button, Empty, Icon, Loading, ProblemBox, Shown, Text } from "./parts";

/** How much of a file is read to show it. */
const most = 256 * 1024;
const mostRows = 200;

/** The files that a task left, each to view or download, and all of them as an archive. */
export function Artifacts({ task }: { task: Task }) {
  if (!task.artifactsExpired)
    return <Listed task={task} />;
  return <section class="panel"><header><h2>Files that it left</h2><span class="soft">{plural(task.artifactCount ?? 0, "file")}, {bytes(task.artifactBytes ?? 0)}</span></header>
    <Empty title="They have expired">The service removed these files because it had more than --retention-files allows. To make them again, submit the task again.</Empty></section>;
}

function Listed({ task }: { task: Task }) {
  const pages = usePages<Artifact>(`/tasks/${task.id}/artifacts`, { limit: 100 }, 60_000, ({ path }) => path);
  const [open, setOpen] = useState<string | null>(null);
  const root = `/api/v1/tasks/${encodeURIComponent(task.id)}/artifacts`;
  return (
    <section class="panel"><header><h2>Files that it left</h2><span class="soft">{plural(task.artifactCount ?? 0, "file")}, {bytes(task.artifactBytes ?? 0)}</span>
      {(task.artifactCount ?? 0) > 0 && <span class="actions"><a class="button" href={`${root}.zip`} download target="_self"><Icon name="download" />All as .zip</a><a class="button" href={`${root}.tar`} download target="_self">.tar</a></span>}</header>
      <Shown of={pages.first} rows={3}>{() => pages.items.length === 0 ? <Empty title="It left no files" /> : (
        <div class="wide"><table class="stack" data-rows><thead><tr><th>Path</th><th class="num">Size</th><th /></tr></thead><tbody>{pages.items.map((one) => <Fragment key={one.path}>
          <tr><td class="name"><a href={artifactUrl(task.id, one.path)} target="_blank" rel="noopener"><Text>{one.path}</Text></a>{one.executable && <span class="soft"> executable</span>}</td>
            <td class="num">{bytes(one.bytes)}</td>
            <td><span class="actions end">{lookOf(one.path) !== "none" && one.bytes > 0 && <Button pressed={open === one.path} label={`Show ${one.path}`} onClick={() => setOpen(open === one.path ? null : one.path)}>Show</Button>}
              <a class="button" href={artifactUrl(task.id, one.path)} download={one.path.split("/").at(-1)} target="_self" aria-label={`Download ${one.path}`}><Icon name="download" /></a></span></td></tr>
          {open === one.path && <tr><td colSpan={3}><Preview task={task.id} of={one} /></td></tr>}</Fragment>)}</tbody></table>
          <More of={pages} /></div>)}</Shown></section>
  );
}

/** A file as text, table or picture; nothing in it runs. */
function Preview({ task, of }: { task: string; of: Artifact }) {
  const [read, setRead] = useState<Uint8Array | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const look = lookOf(of.path);
  useEffect(() => {
    if (look === "picture")
      return;
    const reading = new AbortController();
    call("GET", artifactUrl(task, of.path), { accept: "*/*", headers: { range: `bytes=0-${most - 1}` }, signal: reading.signal }).then((answer) => answer.arrayBuffer())
      .then((found) => setRead(new Uint8Array(found)), (thrown: unknown) => setProblem(Problem.from(thrown)));
    return () => reading.abort();
  }, [task, of.path]);
  if (look === "picture")
    return <img class="preview" src={artifactUrl(task, of.path)} alt={of.path} />;
  if (problem || !read)
    return problem ? <ProblemBox problem={problem} /> : <Loading rows={3} />;
  if (!isText(read))
    return <p class="soft">This file is not text.</p>;
  const isCut = of.bytes > read.length;
  const text = new TextDecoder().decode(read);
  const rows = look === "table" ? tableOf(of.path, text, isCut, mostRows) : null;
  return <>
    {rows ? <div class="wide"><table><thead><tr>{rows[0]!.map((name, i) => <th key={i}><Text>{name}</Text></th>)}</tr></thead>
      <tbody>{rows.slice(1).map((row, i) => <tr key={i}>{row.map((field, j) => <td key={j}><Text>{field}</Text></td>)}</tr>)}</tbody></table></div> : <pre><Text>{text}</Text></pre>}
    {isCut && <p class="soft">The first {bytes(read.length)} of {bytes(of.bytes)}</p>}
    {rows && !isCut && rows.length > mostRows && <p class="soft">The first {count(rows.length - 1)} rows</p>}</>;
}
