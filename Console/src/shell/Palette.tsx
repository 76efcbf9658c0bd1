import { useEffect, useRef, useState } from "preact/hooks";
import { get, pathOf, send } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { List } from "../api/types";
import { tasksUrl } from "../format/filters";
import { utc } from "../format/time";
import { go } from "../router";
import type { IconName } from "../ui/icons";
import { confirmWhy, useModal, usePressBeside } from "../ui/confirm";
import { Icon, Text } from "../ui/parts";
import { act } from "../ui/toast";
import { keysOpen, paletteOpen } from "./keys";
import { navigation } from "./routes";
import { switchTheme } from "./theme";

interface Entry { title: string; detail: string; icon: IconName; run: () => unknown }

/** What can be had without asking the gateway. */
function fixed(): Entry[] {
  const pages = navigation.flatMap(([, list]) => list).map(([link, title, icon]) => ({ title, detail: "page", icon, run: () => go(link) }));
  return [
    ...pages,
    ...(lacks("submit") ? [] : [{ title: "New task", detail: "action", icon: "plus" as IconName, run: () => go("/ui/new/task") },
      { title: "New workflow", detail: "action", icon: "plus" as IconName, run: () => go("/ui/new/workflow") }, { title: "New job", detail: "action", icon: "plus" as IconName, run: () => go("/ui/new/job") }]),
    ...(lacks("submit") || lacks("operate") ? [] : [{ title: "New schedule", detail: "action", icon: "plus" as IconName, run: () => go("/ui/new/schedule") }]),
    ...(lacks("operate") ? [] : [{ title: "New rollout", detail: "action", icon: "plus" as IconName, run: () => go("/ui/new/rollout") }]),
    { title: "Failed tasks", detail: "list", icon: "failed", run: () => go(tasksUrl({ state: "failed" })) },
    { title: "Running tasks", detail: "list", icon: "running", run: () => go(tasksUrl({ state: "running" })) },
    { title: "Queued tasks", detail: "list", icon: "queued", run: () => go(tasksUrl({ state: "queued" })) },
    { title: "Switch between UTC and local time", detail: "action", icon: "scheduled", run: () => utc.value = !utc.value },
    { title: "Switch between light and dark", detail: "action", icon: "moon", run: switchTheme },
    { title: "Show the keys", detail: "action", icon: "api", run: () => keysOpen.value = true },
  ];
}

/** What the gateway finds by a name, a command, an id or a label. */
interface Found { type: "task" | "job" | "workflow" | "rollout" | "queue" | "node" | "schedule"; id: string; title: string; detail: string }

async function find(text: string, signal: AbortSignal): Promise<Entry[]> {
  const { items } = await get<List<Found>>(pathOf("/search", { q: text, wait: "1s" }), signal);
  return items.map(({ type, id, title, detail }) => ({
    title, detail: [type, detail].filter(Boolean).join(", "), icon: `${type}s` as IconName, run: () => go(`/ui/${type}s/${encodeURIComponent(id)}`),
  }));
}

/** What can be done with a found thing by a word before its name: "pause etl", "drain w1", "trigger nightly", "cancel", "retry". */
const verbs: Record<string, [type: Found["type"], scope: string, title: string, done: string, method: string, path: string, body?: unknown]> = {
  pause: ["queue", "operate", "Pause the queue", "paused", "PUT", "/queues/", { paused: true }], resume: ["queue", "operate", "Resume the queue", "goes on", "PUT", "/queues/", { paused: false }],
  drain: ["node", "operate", "Drain the node", "takes no new work", "POST", "/nodes/*/drain"], trigger: ["schedule", "operate", "Trigger the schedule", "started", "POST", "/schedules/*/trigger"],
  retry: ["task", "submit", "Retry the task", "queued again", "POST", "/tasks/*/retry"], cancel: ["task", "submit", "Cancel the task", "asked to end", "POST", "/tasks/*/cancel"],
};

async function findActions(text: string, signal: AbortSignal): Promise<Entry[]> {
  const [, word = "", name = ""] = /^(\w+)\s+(\S.*)$/.exec(text) ?? [];
  const verb = Object.hasOwn(verbs, word.toLowerCase()) ? verbs[word.toLowerCase()]! : null;
  if (!verb || lacks(verb[1]))
    return [];
  const [type, , title, done, method, path, body] = verb;
  const { items } = await get<List<Found>>(pathOf("/search", { q: name, type, wait: "2s" }), signal);
  return items.map((one) => ({
    title: `${title} ${one.title}`, detail: "action", icon: `${type}s` as IconName,
    run: async () => {
      const reason = await confirmWhy({ title: `${title} ${one.title}?`, action: title, text: one.detail || `${type} ${one.id}`, danger: word === "cancel" });
      const id = encodeURIComponent(one.id);
      if (reason !== null)
        await act(`${one.title}: ${done}`, () => send(method, path.includes("*") ? path.replace("*", id) : path + id, body, reason));
    },
  }));
}

/** Finds pages, actions, names and ids. */
export function Palette() {
  const box = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [found, setFound] = useState<Entry[]>([]);
  const [at, setAt] = useState(0);
  // What the search says before it has found anything.
  const [said, setSaid] = useState("");
  useModal(box);
  useEffect(() => {
    setAt(0);
    setFound([]);
    const wanted = text.trim();
    setSaid(wanted.length < 2 ? "" : "Searching…");
    if (wanted.length < 2)
      return undefined;
    const asking = new AbortController();
    const search = async () => {
      const actions = await findActions(wanted, asking.signal);
      return actions.length > 0 ? actions : await find(wanted, asking.signal);
    };
    const show = (list: Entry[], words: string) => {
      if (asking.signal.aborted)
        return;
      setFound(list);
      setSaid(words);
    };
    const timer = setTimeout(() => void search().then((list) => show(list, ""), (thrown: unknown) => {
      const problem = Problem.from(thrown);
      show([], problem ? `Names and ids cannot be searched: ${problem.message || problem.title}` : "");
    }), 150);
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
    <dialog ref={box} class="palette" aria-label="Find anything" onClose={close} {...usePressBeside(box, close)}>
      <input role="combobox" aria-expanded="true" aria-controls="found" aria-label="Find anything" placeholder="A page, a name, an id, or: pause etl, drain w1, retry …" value={text}
        aria-activedescendant={`found-${at}`} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={key} autofocus />
      <ul id="found" role="listbox">
        {entries.map((entry, i) => (
          <li key={i} id={`found-${i}`} role="option" aria-selected={i === at} onMouseMove={() => at !== i && setAt(i)} onClick={() => run(entry)}>
            <Icon name={entry.icon} /><span><Text>{entry.title}</Text></span><small><Text>{entry.detail}</Text></small></li>
        ))}
        {(said || entries.length === 0) && <li class="soft"><Text>{said || "Nothing by that name or id"}</Text></li>}
      </ul>
    </dialog>
  );
}
