import type { Definition } from "../api/types";
import { definitionPage } from "../format/definition";
import { usePages } from "../store/pages";
import { Star } from "../ui/Favourites";
import { More } from "../ui/More";
import { Empty, Head, Shown, Text, Time } from "../ui/parts";

/** What can be run with a form. */
export default function Definitions() {
  const list = usePages<Definition>("/definitions", { limit: 100 }, 15_000, (one) => one.name);
  return (
    <>
      <Head title="Definitions">What can be run with a form: named, versioned tasks, jobs, workflows and rollouts.</Head>
      <section class="panel"><Shown of={list.first}>{() => list.items.length === 0
        ? <Empty title="No definition yet">Store one with <code>otask apply -f FILE</code>: a name, parameters, and what a run starts.</Empty> : (
          <div class="wide"><table class="stack" data-rows><thead><tr><th>Name</th><th>Description</th><th>Starts</th><th class="num">Version</th><th>Changed</th><th /></tr></thead><tbody>{list.items.map((one) => (
            <tr key={one.name}><td class="name"><a href={definitionPage(one.name)}><Text>{one.name}</Text></a></td><td class="wraps"><Text>{one.description}</Text></td><td>{one.kind}</td>
              <td class="num" data-label="version">{one.version}</td><td data-label="changed"><Time at={one.changedAt} age /></td><td class="right"><Star name={one.name} /></td></tr>))}</tbody></table>
            <More of={list} /></div>)}</Shown></section>
    </>
  );
}
