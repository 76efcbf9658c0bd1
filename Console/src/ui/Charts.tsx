import { pathOf } from "../api/client";
import type { SeriesList } from "../api/types";
import { milliseconds, shows, type Unit } from "../format/series";
import { place, setQuery } from "../router";
import { useResource } from "../store/resource";
import { Chart, asTables } from "./Chart";
import { Button, ProblemBox } from "./parts";

/** How a chart is made of series: names with their labels and colours. */
export interface Plan { title: string; unit: Unit; lines: [name: string, label: string, colour: string][]; empty?: string }

const ranges: [string, string, number][] = [["10m", "10 min", 2_000], ["1h", "1 h", 10_000], ["4h", "4 h", 20_000], ["1d", "24 h", 60_000], ["7d", "7 d", 300_000]];

/** Charts of the last time that the reader has chosen, which the address keeps; all of one request. */
export function Charts({ plans, by, of }: { plans: Plan[]; by?: string; of?: string }) {
  const chosen = ranges.find(([name]) => name === place.value.query.get("range")) ?? ranges[1]!;
  const names = [...new Set(plans.flatMap((plan) => plan.lines.map(([name]) => name)))];
  const read = useResource<SeriesList>(pathOf("/series", { names: names.join(","), by, key: of, from: `-${chosen[0]}` }), chosen[2]);
  const step = read.data ? milliseconds(read.data.step) : 10_000;
  const from = read.data ? Date.parse(read.data.from) : 0;
  const count = Math.max(0, ...(read.data?.series ?? []).map((series) => series.values.length));
  return (
    <section class="panel" aria-label="Figures over time">
      <header><h2>Over time</h2>
        <Button kind="bare" pressed={asTables.value} onClick={() => asTables.value = !asTables.value} title="Show tables instead of lines (t)">Table</Button>
        <div class="choices" role="group" aria-label="Time shown">{ranges.map(([name, title]) =>
          <button type="button" key={name} aria-pressed={name === chosen[0]} onClick={() => setQuery({ range: name === "1h" ? null : name })}>{title}</button>)}</div></header>
      {read.problem && <ProblemBox problem={read.problem} retry={read.reload} />}
      <div class="charts">{plans.map((plan) => (
        <Chart key={plan.title} title={plan.title} from={from} step={step} show={shows[plan.unit]} empty={read.data ? plan.empty : " "} lines={plan.lines.map(([name, label, colour]) => {
          const values = read.data?.series.find((series) => series.name === name)?.values ?? Array.from<null>({ length: count }).fill(null);
          return { label, colour, values: plan.unit === "rate" ? values.map((value) => value === null ? null : value * 1_000 / step) : values };
        })} />))}</div>
    </section>
  );
}
