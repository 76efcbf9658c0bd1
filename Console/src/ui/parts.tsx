import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { now } from "../api/client";
import { Problem } from "../api/problem";
import { lacks } from "../api/session";
import type { Progress } from "../api/types";
import { focusHeading } from "../arrival";
import { pieces } from "../format/hostile";
import { ago, stamp, stampInFull, tick, utc } from "../format/time";
import { pageTitle } from "../shell/title";
import { copyText } from "./copy";
import { type IconName, icons } from "./icons";

/** Text from outside: text nodes alone, with a tag in place of every character that hides or turns others. */
export function Text({ children }: { children: string | null | undefined }) {
  return <>{pieces(children ?? "").map((piece, i) => piece.tag ? <span key={i} class="tag-sign">{piece.text}</span> : piece.text)}</>;
}

export function Icon({ name }: { name: IconName }) {
  const Picture = icons[name];
  return <Picture />;
}

const looks: Record<string, [string, IconName]> = {
  ready: ["succeeded", "succeeded"], busy: ["running", "running"], draining: ["queued", "pause"], lost: ["failed", "failed"],
  gone: ["cancelled", "cancelled"], started: ["succeeded", "succeeded"], skipped: ["scheduled", "cancelled"], missed: ["failed", "warning"],
  pending: ["queued", "queued"], away: ["scheduled", "scheduled"], halted: ["failed", "pause"], delivered: ["succeeded", "succeeded"], open: ["running", "running"], paused: ["queued", "pause"], changed: ["scheduled", "retry"], deleted: ["cancelled", "cancelled"], resumed: ["running", "running"],
};

/** A state: colour, icon and word. */
export function State({ name, word }: { name: string; word?: ComponentChildren }) {
  const [colour, icon] = looks[name] ?? (name in icons ? [name, name as IconName] : ["scheduled", "scheduled" as IconName]);
  return <span class={`state ${colour}`}><Icon name={icon} />{word ?? name}</span>;
}

/** A moment: how long ago, or the time by the reader's choice of zone; the full time as the title. */
export function Time({ at, age }: { at: string | number | null | undefined; age?: boolean }) {
  if (at === null || at === undefined)
    return <span class="soft">–</span>;
  const iso = new Date(at).toISOString();
  tick.value;
  return <time dateTime={iso} title={stampInFull(at, utc.value)}>{age ? ago(at, now()) : stamp(at, utc.value)}</time>;
}

interface ButtonProps {
  children?: ComponentChildren; onClick?: () => unknown; icon?: IconName; kind?: "main" | "danger" | "bare"; disabled?: boolean;
  title?: string; type?: "button" | "submit"; label?: string; pressed?: boolean;
}

/** A button that is busy while what it does is under way. */
export function Button({ children, onClick, icon, kind, disabled, title, type = "button", label, pressed }: ButtonProps) {
  const [busy, setBusy] = useState(false);
  const run = async () => {
    const result = onClick?.();
    if (!(result instanceof Promise))
      return;
    setBusy(true);
    try {
      await result;
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type={type} class={`button ${kind ?? ""}`} disabled={disabled || busy} title={title} aria-label={label} aria-busy={busy}
      aria-pressed={pressed} onClick={() => void run()}>
      {icon && <Icon name={icon} />}{children}
    </button>
  );
}

/** What went wrong, with what helps: the code and the trace that the service's log has too. */
export function ProblemBox({ problem, retry }: { problem: Problem; retry?: () => void }) {
  if (problem.status === 403)
    return <div class="notice" role="alert"><Icon name="warning" /><div><b>Your key does not allow this</b><p><Text>{problem.message}</Text></p>
      <p class="soft">Sign in with a key that has the scope, or make one: <code>otask key create --data DIR --scope NAME</code></p></div></div>;
  const title = problem.status === 404 ? "Not found" : problem.title;
  return (
    <div class="notice bad" role="alert"><Icon name="failed" />
      <div>
        <b>{title}</b>
        <p>{problem.status === 404 ? "Deleted after retention, or it never existed." : <Text>{problem.message}</Text>}</p>
        {Object.entries(problem.errors).length > 0 && <ul>{Object.entries(problem.errors).map(([path, texts]) =>
          <li key={path}><code>{path}</code> <Text>{texts.join(" ")}</Text></li>)}</ul>}
        <p class="soft small">{problem.status > 0 && <>{problem.status} <code>{problem.code}</code></>}{problem.traceId && <> · trace <code>{problem.traceId}</code></>}</p>
        {retry && <Button icon="retry" onClick={retry}>Try again</Button>}
      </div>
    </div>
  );
}

/** A place without content: one sentence and a next step. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><b>{title}</b>{children && <div>{children}</div>}</div>;
}

/** The layout of what is on its way; it appears only when that takes a moment. */
export function Loading({ rows = 5 }: { rows?: number }) {
  return <div class="loading" role="status" aria-label="Loading">{Array.from({ length: rows }, (_, i) => <i key={i} />)}</div>;
}

/** Content in its states: loading, failed, empty, there. Old data stays under a problem. `page` is the title of a page that has nothing else. */
export function Shown<T>({ of, children, rows, page, back }: {
  of: { data: T | null; problem: Problem | null; loading: boolean; reload: () => void }; children: (data: T) => ComponentChildren; rows?: number;
  page?: string; back?: [string, string];
}) {
  return (
    <>
      {page && of.problem && of.data === null && <Head title={page} back={back} />}
      {of.problem && <ProblemBox problem={of.problem} retry={of.reload} />}
      {of.data !== null ? children(of.data) : !of.problem && <Loading rows={rows} />}
    </>
  );
}

export function Labels({ of }: { of: Record<string, string> }) {
  return <>{Object.entries(of).map(([key, value]) => <span class="label" key={key}><Text>{`${key}=${value}`}</Text></span>)}</>;
}

/** Copies a text, and says whether it could. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState<boolean | null>(null);
  const copy = async () => {
    setCopied(await copyText(text));
    setTimeout(() => setCopied(null), 1_500);
  };
  return <Button kind="bare" icon={isCopied === null ? "copy" : isCopied ? "succeeded" : "failed"} onClick={copy} label={label} title={label}>{isCopied === null ? "" : isCopied ? "Copied" : "Not copied"}</Button>;
}

/** A page's head: title, note and actions. `name` is the window's title; without it, a title that is plain text is. */
export function Head({ title, name, children, actions, back }: {
  title: ComponentChildren; name?: string; children?: ComponentChildren; actions?: ComponentChildren; back?: [string, string];
}) {
  const called = name ?? (typeof title === "string" ? title : "");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { pageTitle.value = called; }, [called]);
  useLayoutEffect(() => focusHeading(heading.current!), []);
  return (
    <header class="head">
      {back && <a class="back" href={back[0]}>{back[1]}</a>}
      <div class="head-row"><h1 ref={heading} tabIndex={-1}>{title}</h1>{actions && <div class="actions">{actions}</div>}</div>
      {children && <div class="head-note">{children}</div>}
    </header>
  );
}

/** The way to the page that makes something; without one of the scopes, why not. */
export function NewLink({ href, scopes, children }: { href: string; scopes: string[]; children: string }) {
  const missing = scopes.map(lacks).find((text) => text !== undefined);
  return missing ? <Button icon="plus" kind="main" disabled title={missing}>{children}</Button> : <a class="button main" href={href}><Icon name="plus" />{children}</a>;
}

/** Names and values, one pair a line. */
export function Facts({ of }: { of: [string, ComponentChildren][] }) {
  return <dl class="facts">{of.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false).map(([name, value]) =>
    <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

/** A share as a bar, with its text for those who do not see it. */
export function Bar({ value, most, label, state = "running" }: { value: number; most: number; label: string; state?: string }) {
  const percent = most > 0 ? Math.min(100, 100 * value / most) : 0;
  return <span class={`bar ${state}`} role="img" aria-label={label}><i style={{ width: `${percent}%` }} /></span>;
}

/** How far a task has come, by its own report. */
export function ProgressOf({ progress, endsAt }: { progress: Progress; endsAt?: boolean }) {
  return <span class="progress"><Bar value={progress.percent} most={100} label={`${progress.percent} %`} /><span class="small">{progress.percent} %</span>
    {progress.message && <span class="soft"><Text>{progress.message}</Text></span>}{endsAt && progress.endsAt && <span class="soft">ends about <Time at={progress.endsAt} /></span>}</span>;
}

/** Tabs, of which the Tab key reaches the chosen one; the arrow keys, Home and End choose another. */
export function Tabs({ of, chosen, choose }: { of: [string, string][]; chosen: string; choose: (name: string) => void }) {
  const at = Math.max(0, of.findIndex(([name]) => name === chosen));
  const key = (event: KeyboardEvent) => {
    const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
    // With Alt, the arrows are the browser's Back and Forward.
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey)
      return;
    event.preventDefault();
    const next = (step + of.length) % of.length;
    choose(of[next]![0]);
    (event.currentTarget as HTMLElement).querySelectorAll("button")[next]?.focus();
  };
  return <div class="tabs" role="tablist" onKeyDown={key}>{of.map(([name, title], i) =>
    <button type="button" role="tab" key={name} aria-selected={name === chosen} tabIndex={i === at ? 0 : -1} onClick={() => choose(name)}>{title}</button>)}</div>;
}

/** A node's slots as boxes, the taken ones filled; many as a bar. */
export function Slots({ node }: { node: { slots: number; running: number } }) {
  const label = `${node.running} of ${node.slots} slots taken`;
  return node.slots <= 24
    ? <span class="slots" role="img" aria-label={label} title={label}>{Array.from({ length: node.slots }, (_, i) => <i key={i} class={i < node.running ? "on" : ""} />)}</span>
    : <span title={label}><Bar value={node.running} most={node.slots} label={label} /> {node.running}/{node.slots}</span>;
}
