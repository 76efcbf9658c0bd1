import { pathOf } from "../api/client";
import type { DefinitionRun, List } from "../api/types";
import { definitionPage, favouritesOf, mostFavourites, runPage, toggled } from "../format/definition";
import { remembered } from "../store/remembered";
import { useResource } from "../store/resource";
import { Button, State, Text, Time } from "./parts";

// What this browser has kept.
const kept = remembered<string>("otask.favourites", "[]");

/** Keeps a definition among this browser's favourites, or removes it from them. */
export function Star({ name, words }: { name: string; words?: boolean }) {
  const known = favouritesOf(kept.value);
  const is = known.includes(name);
  const full = !is && known.length >= mostFavourites;
  return <Button kind={words ? undefined : "bare"} icon={is ? "starred" : "star"} pressed={is} disabled={full} label={`Favourite: ${name}`}
    title={full ? `This browser keeps at most ${mostFavourites} favourites` : is ? "Remove from the Overview" : "Show on the Overview, in this browser"}
    onClick={() => { kept.value = JSON.stringify(toggled(known, name)); }}>{words && "Favourite"}</Button>;
}

/** The favourites, each with its last run and the way to its form; nothing without favourites. */
export function Favourites() {
  const names = favouritesOf(kept.value);
  if (names.length === 0)
    return null;
  return <section class="panel"><header><h2>Favourites</h2><a href="/ui/definitions">All definitions</a></header>
    <div class="wide"><table><tbody>{names.map((name) => <Row key={name} name={name} />)}</tbody></table></div></section>;
}

function Row({ name }: { name: string }) {
  const page = definitionPage(name);
  const { data, problem } = useResource<List<DefinitionRun>>(pathOf(`/definitions/${encodeURIComponent(name)}/runs`, { limit: 1 }), 15_000);
  const last = data?.items?.[0];
  return <tr><td class="name"><a href={page}><Text>{name}</Text></a></td>
    <td>{problem ? <span class="soft">{problem.status === 404 ? "deleted" : "unknown"}</span> : last ? <><a href={runPage(last)}><State name={last.state ?? "gone"} /></a> <span class="soft"><Time at={last.startedAt} age /></span></> : data && <span class="soft">has not run yet</span>}</td>
    <td class="right"><a class="button" href={page}>Run…</a> <Star name={name} /></td></tr>;
}
