import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf } from "../api/client";
import { lacks } from "../api/session";
import type { Job, List, Node, Queue, Schedule, Task } from "../api/types";
import { titleOf } from "../format/command";
import { tasksUrl } from "../format/filters";
import { utc } from "../format/time";
import { go } from "../router";
import type { IconName } from "../ui/icons";
import { Icon, Text } from "../ui/parts";
import { keysOpen, paletteOpen } from "./keys";
import { navigation } from "./routes";
import { switchTheme } from "./theme";

interface Entry { title: string; detail: string; icon: IconName; run: () => void }

const id = /^[0-9a-f-]{6,36}$/i;

/** What can be had without asking the gateway. */
function fixed(): Entry[] {
  const pages = navigation.flatMap(([, list]) => list).map(([link, title, icon]) => ({ title, detail: "page", icon, run: () => go(link) }));
  return [
    ...pages,
    ...(lacks("submit") ? [] : [{ title: "New task", detail: "action", icon: "plus" as IconName, run: () => go("/ui/tasks/new") }]),
    { title: "Failed tasks", detail: "list", icon: "failed", run: () => go(tasksUrl({ state: "failed" })) },
    { title: "Running tasks", detail: "list", icon: "running", run: () => go(tasksUrl({ state: "running" })) },
    { title: "Queued tasks", detail: "list", icon: "queued", run: () => go(tasksUrl({ state: "queued" })) },
    { title: "Switch between UTC and local time", detail: "action", icon: "scheduled", run: () => utc.value = !utc.value },
    { title: "Switch between light and dark", detail: "action", icon: "moon", run: switchTheme },
    { title: "Show the keys", detail: "action", icon: "api", run: () => keysOpen.value = true },
  ];
}

/** What the gateway has by that name or id. The one place to change when it can search by itself. */
async function find(text: string, signal: AbortSignal): Promise<Entry[]> {
  const none = <T,>(): { items: T[] } => ({ items: [] });
  const [task, job, named, queues, nodes, schedules] = await Promise.all([
    id.test(text) && text.length === 36 ? get<Task>(`/tasks/${text}`, signal).catch(() => null) : null,
    id.test(text) && text.length === 36 ? get<Job>(`/jobs/${text}`, signal).catch(() => null) : null,
    get<List<Task>>(pathOf("/tasks", { name: text, limit: 5 }), signal).catch(none<Task>),
    get<List<Queue>>("/queues", signal).catch(none<Queue>),
    get<List<Node>>("/nodes", signal).catch(none<Node>),
    get<List<Schedule>>("/schedules", signal).catch(none<Schedule>),
  ]);
  const has = (name: string) => name.toLowerCase().includes(text.toLowerCase());
  const open = (title: string, detail: string, icon: IconName, url: string): Entry => ({ title, detail, icon, run: () => go(url) });
  return [
    ...(task ? [open(titleOf(task), `task, ${task.state}`, task.state, `/ui/tasks/${task.id}`)] : []),
    ...(job ? [open(job.name, `job, ${job.state}`, "jobs", `/ui/jobs/${job.id}`)] : []),
    ...named.items.map((found) => open(titleOf(found), `task, ${found.state}`, found.state, `/ui/tasks/${found.id}`)),
    ...queues.items.filter((queue) => has(queue.name)).map((queue) => open(queue.name, "queue", "queues", `/ui/queues/${queue.name}`)),
    ...nodes.items.filter((node) => has(node.id)).map((node) => open(node.id, "node", "nodes", `/ui/nodes/${encodeURIComponent(node.id)}`)),
    ...schedules.items.filter((found) => has(found.id)).map((found) => open(found.id, "schedule", "schedules", `/ui/schedules/${found.id}`)),
  ];
}

/** Finds pages, actions, names and ids. */
export function Palette() {
  const box = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [found, setFound] = useState<Entry[]>([]);
  const [at, setAt] = useState(0);
  useEffect(() => box.current?.showModal(), []);
  useEffect(() => {
    setAt(0);
    setFound([]);
    if (text.trim().length < 2)
      return undefined;
    const asking = new AbortController();
    const timer = setTimeout(() => find(text.trim(), asking.signal).then((list) => !asking.signal.aborted && setFound(list)), 150);
    return () => { clearTimeout(timer); asking.abort(); };
  }, [text]);
  const words = text.toLowerCase().split(/\s+/);
  const entries = [...found, ...fixed().filter((entry) => words.every((word) => entry.title.toLowerCase().includes(word)))];
  const close = () => paletteOpen.value = false;
  const run = (entry: Entry | undefined) => { if (entry) { close(); entry.run(); } };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step)
      setAt((at + step + entries.length) % Math.max(1, entries.length));
    else if (event.key === "Enter")
      run(entries[at]);
    else
      return;
    event.preventDefault();
  };
  return (
    <dialog ref={box} class="palette" aria-label="Find anything" onClose={close} onClick={(event) => event.target === box.current && close()}>
      <input role="combobox" aria-expanded="true" aria-controls="found" aria-label="Find anything" placeholder="A page, a name, an id, an action" value={text}
        aria-activedescendant={`found-${at}`} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={key} autofocus />
      <ul id="found" role="listbox">
        {entries.map((entry, i) => (
          <li key={i} id={`found-${i}`} role="option" aria-selected={i === at} onMouseMove={() => at !== i && setAt(i)} onClick={() => run(entry)}>
            <Icon name={entry.icon} /><span><Text>{entry.title}</Text></span><small>{entry.detail}</small></li>
        ))}
        {entries.length === 0 && <li class="soft">Nothing by that name or id</li>}
      </ul>
    </dialog>
  );
}
