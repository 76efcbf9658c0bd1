import { now, send } from "../api/client";
import { lacks } from "../api/session";
import type { Attention, List } from "../api/types";
import { changeOf, pageOf } from "../format/attention";
import { compact } from "../format/numbers";
import { coarse, stampInFull, tick } from "../format/time";
import { useResource } from "../store/resource";
import { confirm } from "./confirm";
import { Button, Icon, ProblemBox, Text, Time } from "./parts";
import { act } from "./toast";

/** What needs attention, the same for the list, the navigation and the title. */
export const useAttention = () => useResource<List<Attention>>("/attention", 30_000);

/** Everything that needs attention, with what may help; nothing when there is nothing. */
export function AttentionList() {
  const { data, problem, reload } = useAttention();
  return <>
    {problem && <ProblemBox problem={problem} retry={reload} />}
    {data && data.items.length > 0 && <section class="panel attention" aria-label="Needs attention"><ul>{data.items.map((item) => (
      <li key={`${item.code} ${item.target}`}>
        <span class={`state ${item.severity === "severe" ? "failed" : "queued"}`}><Icon name={item.severity === "severe" ? "failed" : "warning"} /><span class="unseen">{item.severity}</span></span>
        <div><a href={pageOf(item)}><Text>{item.title}</Text></a>
          <small class="soft">for <Since at={item.since} />{item.usual !== null && <>, usually {compact(Math.round(item.usual))}</>}</small>
          {item.before[0] && <small class="soft">Last change: <Text>{changeOf(item.before[0])}</Text>, <Time at={item.before[0].at} /></small>}</div>
        <span class="actions">
          {item.fix.filter((fix) => fix.method !== "GET").map((fix) => <Fix key={fix.label} fix={fix} title={item.title} />)}
          <Button kind="bare" disabled={!!lacks("operate")} title={lacks("operate") ?? "Hide it for an hour"} onClick={() => snooze(item)}>Snooze</Button></span>
      </li>))}</ul></section>}</>;
}

/** How long something has lasted. */
function Since({ at }: { at: string }) {
  tick.value;
  return <time dateTime={at} title={stampInFull(at)}>{coarse(Math.max(0, now() - Date.parse(at)))}</time>;
}

function Fix({ fix, title }: { fix: Attention["fix"][number]; title: string }) {
  const missing = lacks(fix.scope);
  const run = async () => {
    if (fix.method !== "PUT" && !await confirm({ title: `${fix.label}?`, text: title, action: fix.label, danger: fix.method === "DELETE" }))
      return;
    await act(`${fix.label}: done`, () => send(fix.method, fix.path, fix.body ?? undefined));
  };
  return <Button disabled={!!missing} title={missing} onClick={run}>{fix.label}</Button>;
}

async function snooze({ code, target }: Attention): Promise<void> {
  await act("Hidden for an hour", () => send("POST", "/attention/snooze", { code, target, for: "1h" }));
}
