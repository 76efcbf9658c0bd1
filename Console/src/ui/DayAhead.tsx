import { pathOf } from "../api/client";
import type { List, ScheduleLoad, UpcomingTime } from "../api/types";
import { plural } from "../format/numbers";
import { milliseconds } from "../format/series";
import { stamp, utc } from "../format/time";
import { useResource } from "../store/resource";

const width = 960;
const height = 96;

/** The slots that schedules need in the next 24 hours, against those that there are; names what starts together when they are too few. */
export function DayAhead() {
  const { data } = useResource<ScheduleLoad>("/schedules/load?hours=24", 60_000);
  const most = Math.max(0, ...data?.slotsNeeded ?? []);
  const step = data ? milliseconds(data.step) : 0;
  const at = data ? data.slotsNeeded.indexOf(most) : 0;
  const from = data ? Date.parse(data.from) + at * step : 0;
  const isTooMuch = data !== null && most > data.slots;
  const starts = useResource<List<UpcomingTime>>(isTooMuch ? pathOf("/schedules/upcoming", { from: new Date(from).toISOString(), to: new Date(from + step).toISOString() }) : null, 60_000);
  if (!data || data.slotsNeeded.length === 0)
    return null;
  const top = Math.max(most, data.slots, 1);
  const across = width / data.slotsNeeded.length;
  const high = (value: number) => value / top * (height - 8);
  const number = (value: number) => value < 10 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  const together = [...new Set(starts.data?.items.map((one) => one.schedule))];
  const words = most === 0 ? "Nothing that is known needs a slot." : `At most ${number(most)} of ${plural(data.slots, "slot")}, at ${stamp(from, utc.value)}.`;
  return (
    <section class="panel"><header><h2>The next 24 hours</h2><span class="soft small">slots that the schedules need, by their past runs</span></header><div class="body">
      <svg class="ahead" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {data.slotsNeeded.map((value, i) => value > 0 && <rect key={i} class={value > data.slots ? "over" : ""} x={i * across + 1} width={Math.max(1, across - 2)} y={height - Math.max(2, high(value))} height={Math.max(2, high(value))}>
          <title>{`${stamp(Date.parse(data.from) + i * step, utc.value)}: ${number(value)}`}</title></rect>)}
        {data.slots > 0 && <path d={`M0 ${height - high(data.slots)}H${width}`} />}
      </svg>
      <div class="axis soft small" aria-hidden="true"><span>{stamp(data.from, utc.value)}</span><span>- - - {plural(data.slots, "slot")}</span><span>{stamp(Date.parse(data.from) + data.slotsNeeded.length * step, utc.value)}</span></div>
      <p class={isTooMuch ? "state failed fault-text" : "soft"}>{words}{isTooMuch && together.length > 1 && ` ${plural(together.length, "schedule")} start then: ${together.slice(0, 6).join(", ")}.`}</p>
      {data.unknown > 0 && <p class="soft small">{plural(data.unknown, "schedule is", "schedules are")} left out: jobs, and schedules without an ended run.</p>}
    </div></section>
  );
}
