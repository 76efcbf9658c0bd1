import type { Workflow } from "../api/types";
import { compact } from "../format/numbers";
import { sharesOf } from "../format/workflow";
import { State } from "./parts";

const looks: { [state: string]: string } = { succeeded: "done", failed: "bad", cancelled: "soft", running: "now", assigned: "now", queued: "soon" };

/** How many nodes are in each state, as a bar. */
export function SharesBar({ of }: { of: Workflow["byState"] }) {
  const shares = sharesOf(of);
  return <div class="stacked" role="img" aria-label={shares.map(({ name, count }) => `${count} ${name}`).join(", ")}>
    {shares.map(({ name, count }) => <i key={name} class={looks[name] ?? ""} style={{ flexGrow: count }} />)}</div>;
}

/** The same as icons and numbers. */
export function Shares({ of, brief }: { of: Workflow["byState"]; brief?: boolean }) {
  return <Counts of={sharesOf(of)} brief={brief} />;
}

/** Counts by state as icons and numbers; `brief` shows the words only as titles and to screen readers. */
export function Counts({ of, brief }: { of: readonly { name: string; count: number }[]; brief?: boolean }) {
  return <div class="counts">{of.map(({ name, count }) => brief
    ? <span key={name} title={`${count} ${name}`}><State name={name} word={compact(count)} /><span class="unseen"> {name}</span></span>
    : <State key={name} name={name} word={`${compact(count)} ${name}`} />)}</div>;
}
