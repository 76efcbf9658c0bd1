/** How another node must end before a node runs. */
export type Condition = "succeeded" | "failed" | "ended";

/** A node of a graph, with what it waits for. */
export interface GraphNode { name: string; after: { node: string; on: Condition }[] }

/** The indexes of the nodes that each node waits for. Names that no node has are left out. */
export function sourcesOf(nodes: GraphNode[]): number[][] {
  const at = new Map(nodes.map((node, i) => [node.name, i]));
  return nodes.map((node) => [...new Set(node.after.map((edge) => at.get(edge.node)).filter((i) => i !== undefined))]);
}

/** What nodes wait for although no node is called so. */
export function unknownOf(nodes: GraphNode[]): { node: string; missing: string }[] {
  const names = new Set(nodes.map((node) => node.name));
  return nodes.flatMap((node) => node.after.filter((edge) => !names.has(edge.node)).map((edge) => ({ node: node.name, missing: edge.node })));
}

/** The indexes of what went wrong, of what that kept from running, and of what each of them waited for directly. */
export function wrongOf(sources: number[][], states: string[]): number[] {
  const isWrong = (i: number) => states[i] === "failed" || states[i] === "cancelled";
  const kept = new Set<number>();
  sources.forEach((list, i) => { if (isWrong(i)) [i, ...list].forEach((one) => kept.add(one)); });
  return [...kept].sort((a, b) => a - b);
}

/** The other way round: the indexes of the nodes that wait for each node. */
export function targetsOf(sources: number[][]): number[][] {
  const targets: number[][] = sources.map(() => []);
  sources.forEach((list, i) => list.forEach((source) => targets[source]!.push(i)));
  return targets;
}

/** The layer of each node: one more than the last layer of what it waits for. Null when nodes wait for each other in a cycle. */
export function layersOf(sources: number[][]): number[] | null {
  const targets = targetsOf(sources);
  const open = sources.map((list) => list.length);
  const layers = sources.map(() => 0);
  const ready = open.flatMap((count, i) => count === 0 ? [i] : []);
  let next = 0;
  while (next < ready.length) {
    const i = ready[next++]!;
    for (const target of targets[i]!) {
      layers[target] = Math.max(layers[target]!, layers[i]! + 1);
      if (--open[target]! === 0)
        ready.push(target);
    }
  }
  return next === sources.length ? layers : null;
}

/** Some layers of a large graph and how many of their nodes are in each state. */
export interface Band { from: number; to: number; nodes: number; byState: { [state: string]: number } }

/** The layers with counts of states; when there are more layers than rows, each row has several. */
export function bandsOf(layers: number[], states: string[], rows = 50): Band[] {
  const depth = layers.reduce((most, layer) => Math.max(most, layer + 1), 0);
  const size = Math.max(1, Math.ceil(depth / rows));
  const bands: Band[] = Array.from({ length: Math.ceil(depth / size) }, (_, i) => (
    { from: i * size, to: Math.min(depth, (i + 1) * size) - 1, nodes: 0, byState: {} }));
  layers.forEach((layer, i) => {
    const band = bands[Math.floor(layer / size)]!;
    const state = states[i]!;
    band.nodes++;
    band.byState[state] = (band.byState[state] ?? 0) + 1;
  });
  return bands;
}

/** When a node ran, Unix milliseconds; null for what has not happened. */
export interface Ran { from: number | null; to: number | null }

/**
 * The chain of nodes that made the whole take as long as it did: back from the node that ended last, each time to the one that
 * ended last of those that it waited for. In the order in which they ran.
 */
export function criticalPath(sources: number[][], ran: Ran[]): number[] {
  const last = (among: number[]) => among.reduce<number | null>((best, i) =>
    ran[i]!.to === null || (best !== null && ran[best]!.to! >= ran[i]!.to) ? best : i, null);
  const path: number[] = [];
  for (let at = last(ran.map((_, i) => i)); at !== null && path.length < ran.length; at = last(sources[at]!))
    path.push(at);
  return path.reverse();
}
