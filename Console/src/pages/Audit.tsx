import { useEffect, useState } from "preact/hooks";
import { lacks } from "../api/session";
import type { AuditRecord } from "../api/types";
import { pageOf, sentenceOf } from "../format/audit";
import { place, setQuery } from "../router";
import { titlesOf, useNames } from "../store/names";
import { usePages } from "../store/pages";
import { More } from "../ui/More";
import { Empty, Head, Shown, Text, Time } from "../ui/parts";

const filters = ["actor", "action", "target"] as const;
const pageSize = 50;

/** Who changed what, newest first. */
export default function Audit() {
  const { query } = place.value;
  const admin = lacks("admin");
  return (
    <>
      <Head title="Audit">Who changed what, and why; the last 90 days.</Head>
      <div class="chips">{filters.map((name) => <Filter key={name} name={name} value={query.get(name) ?? ""} />)}</div>
      <section class="panel">{admin ? <Empty title={admin}>Sign in with one to see who changed what.</Empty> : <Records query={query} />}</section>
    </>
  );
}

function Records({ query }: { query: URLSearchParams }) {
  const asked = Object.fromEntries(filters.map((name) => [name, query.get(name)]));
  const pages = usePages<AuditRecord>("/audit", { ...asked, limit: pageSize }, 10_000, (record) => record.id, pageSize);
  const { first, items } = pages;
  return <>
    <Shown of={first}>{() => items.length === 0
      ? <Empty title={filters.some((name) => query.has(name)) ? "No change matches" : "Nothing has been changed yet"}>Submitted tasks are not listed here.</Empty>
      : <Table records={items} />}</Shown>
    <More of={pages} count={pageSize} /></>;
}

function Filter({ name, value }: { name: string; value: string }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const apply = () => text.trim() !== value && setQuery({ [name]: text.trim() });
  return (
    <form class="grow" onSubmit={(event) => { event.preventDefault(); apply(); }}>
      <input data-filter={name === "target" ? true : undefined} class="filter" aria-label={name} placeholder={name} value={text} onBlur={apply}
        onInput={(event) => setText(event.currentTarget.value)} /></form>
  );
}

function Table({ records }: { records: AuditRecord[] }) {
  const names = titlesOf(useNames(records.map(({ action, target }) => ({ type: action.split(".")[0]!, id: target?.includes("=") ? "" : target ?? "" })).filter(({ id }) => id !== "")));
  return <div class="wide"><table class="stack" data-rows><thead><tr><th>When</th><th>What</th><th>Reason</th><th>From</th></tr></thead>
    <tbody>{records.map((record) => {
      const page = pageOf(record);
      const { who, did, thing } = sentenceOf(record, names);
      return <tr key={record.id}><td><Time at={record.at} age /></td>
        <td class="name whole" title={record.action}><b><Text>{who === "someone" ? "Someone" : who}</Text></b> <Text>{did}</Text> {page ? <a href={page} title={record.target ?? ""}><Text>{thing}</Text></a> : <Text>{thing}</Text>}</td>
        <td data-label="reason"><Text>{record.reason ?? ""}</Text></td><td class="soft" data-label="from"><Text>{record.address ?? ""}</Text></td></tr>;
    })}</tbody></table></div>;
}
