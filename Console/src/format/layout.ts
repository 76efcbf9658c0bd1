import { type Condition, type GraphNode, layersOf, sourcesOf, targetsOf } from "./graph";

/** The size of a node's box and the room between boxes, in pixels. */
export const box = { width: 176, height: 48, gap: 18, between: 56, frame: 10, title: 24 };

/** Where a node is drawn. */
export interface Place { index: number; x: number; y: number }

/** Nodes that wait for the same and are waited for by the same: drawn in one frame, with one line for all. */
export interface Frame { x: number; y: number; width: number; height: number; count: number }

/** A line from a node or frame to another, with the nodes that it joins. */
export interface Line { from: number[]; to: number[]; on: Condition; path: string }

/** What is written above a node or frame: on which unusual conditions it waits. */
export interface Label { x: number; y: number; on: Condition[] }

export interface Layout { width: number; height: number; places: Place[]; frames: Frame[]; lines: Line[]; labels: Label[] }

// What has a place in a layer: nodes, or a bend of a line that passes the layer.
interface Item { members: number[]; columns: number; width: number; height: number; layer: number; y: number; before: number[]; behind: number[] }
interface Edge { from: number; to: number; on: Condition; via: number[] }

const fewest = 7;
const mostBends = 4_000;
const sweeps = 6;

/** Draws a graph by layers from left to right; null when it has a cycle. The same graph always looks the same. */
export function layoutOf(nodes: GraphNode[]): Layout | null {
  const sources = sourcesOf(nodes);
  const layers = layersOf(sources);
  if (!layers)
    return null;
  const items = blocksOf(nodes, sources, layers);
  const edges = bend(edgesOf(nodes, items), items);
  const columns: number[][] = [];
  items.forEach((item, i) => (columns[item.layer] ??= []).push(i));
  order(columns, items);
  place(columns, items);
  return draw(columns, items, edges);
}

function blocksOf(nodes: GraphNode[], sources: number[][], layers: number[]): Item[] {
  const targets = targetsOf(sources);
  const on = (from: number, to: number) => nodes[to]!.after.filter((edge) => edge.node === nodes[from]!.name).map((edge) => edge.on).join();
  const groups = new Map<string, number[]>();
  nodes.forEach((_, i) => {
    const key = `${sources[i]!.map((source) => `${source} ${on(source, i)}`).sort()}|${targets[i]!.map((target) => `${target} ${on(i, target)}`)}`;
    groups.set(key, [...groups.get(key) ?? [], i]);
  });
  const blocks = [...groups.values()].flatMap((group) => group.length < fewest ? group.map((i) => [i]) : [group]);
  return blocks.sort((a, b) => a[0]! - b[0]!).map((members) => {
    const layer = layers[members[0]!]!;
    if (members.length === 1)
      return { members, columns: 1, width: box.width, height: box.height, layer, y: 0, before: [], behind: [] };
    // About as wide as a screen for its height.
    const columns = Math.max(1, Math.round(Math.sqrt(members.length * (box.height + box.gap) / (box.width + box.gap) * 1.6)));
    const rows = Math.ceil(members.length / columns);
    return {
      members, columns, layer, y: 0, before: [], behind: [], width: columns * (box.width + box.gap) - box.gap + 2 * box.frame,
      height: rows * (box.height + box.gap) - box.gap + 2 * box.frame + box.title,
    };
  });
}

function edgesOf(nodes: GraphNode[], items: Item[]): Edge[] {
  const holder = new Map<string, number>();
  items.forEach((item, i) => item.members.forEach((member) => holder.set(nodes[member]!.name, i)));
  const edges = new Map<string, Edge>();
  items.forEach((item, to) => nodes[item.members[0]!]!.after.forEach(({ node, on }) => {
    const from = holder.get(node);
    if (from !== undefined)
      edges.set(`${from} ${to} ${on}`, { from, to, on, via: [] });
  }));
  return [...edges.values()];
}

// A line that passes layers gets a place in each of them, so that it runs between the boxes and not behind them.
function bend(edges: Edge[], items: Item[]): Edge[] {
  const join = (from: number, to: number) => { items[from]!.behind.push(to); items[to]!.before.push(from); };
  const bends = edges.reduce((sum, edge) => sum + items[edge.to]!.layer - items[edge.from]!.layer - 1, 0);
  for (const edge of edges) {
    let at = edge.from;
    for (let layer = items[at]!.layer + 1; layer < items[edge.to]!.layer && bends <= mostBends; layer++) {
      items.push({ members: [], columns: 0, width: 0, height: 4, layer, y: 0, before: [], behind: [] });
      join(at, items.length - 1);
      edge.via.push(at = items.length - 1);
    }
    join(at, edge.to);
  }
  return edges;
}

// Each layer is sorted by the middle of what its items are joined with, to and fro.
function order(columns: number[][], items: Item[]): void {
  const at = items.map(() => 0);
  const number = (column: number[]) => column.forEach((item, i) => at[item] = i - (column.length - 1) / 2);
  columns.forEach(number);
  const sort = (column: number[], side: "before" | "behind") => {
    const middle = new Map(column.map((item) => {
      const joined = items[item]![side];
      return [item, joined.length === 0 ? at[item]! : joined.reduce((sum, other) => sum + at[other]!, 0) / joined.length];
    }));
    column.sort((a, b) => middle.get(a)! - middle.get(b)! || at[a]! - at[b]!);
    number(column);
  };
  for (let sweep = 0; sweep < sweeps; sweep++) {
    if (sweep % 2 === 0)
      columns.forEach((column) => sort(column, "before"));
    else
      columns.toReversed().forEach((column) => sort(column, "behind"));
  }
}

// Each item goes to the middle of what it is joined with, as far as its neighbours leave room.
function place(columns: number[][], items: Item[]): void {
  const room = (a: Item, b: Item) => (a.height + b.height) / 2 + box.gap;
  const settle = (column: number[], side: "before" | "behind" | null) => {
    const wanted = column.map((i) => {
      const joined = side ? items[i]![side] : [];
      return joined.length === 0 ? (side ? items[i]!.y : 0) : joined.reduce((sum, other) => sum + items[other]!.y, 0) / joined.length;
    });
    // Down as far as needed, then all of the column back by the mean of what that cost.
    let cost = 0;
    column.forEach((i, n) => {
      const above = items[column[n - 1]!];
      items[i]!.y = above ? Math.max(wanted[n]!, above.y + room(above, items[i]!)) : wanted[n]!;
      cost += items[i]!.y - wanted[n]!;
    });
    column.forEach((i) => items[i]!.y -= cost / column.length);
  };
  columns.forEach((column) => settle(column, null));
  columns.forEach((column) => settle(column, "before"));
  columns.toReversed().forEach((column) => settle(column, "behind"));
  columns.forEach((column) => settle(column, "before"));
}

function draw(columns: number[][], items: Item[], edges: Edge[]): Layout {
  const widths = columns.map((column) => Math.max(...column.map((i) => items[i]!.width)));
  const lefts: number[] = [];
  widths.forEach((_, i) => lefts.push(i === 0 ? 0 : lefts[i - 1]! + widths[i - 1]! + box.between));
  const top = items.reduce((least, item) => Math.min(least, item.y - item.height / 2), Infinity);
  items.forEach((item) => item.y = Math.round(item.y - (Number.isFinite(top) ? top : 0)));
  const layout: Layout = {
    width: columns.length === 0 ? 0 : lefts.at(-1)! + widths.at(-1)!, places: [], frames: [], lines: [], labels: [],
    height: items.reduce((most, item) => Math.max(most, item.y + item.height / 2), 0),
  };
  for (const item of items.filter((found) => found.members.length > 0)) {
    const [x, y] = [lefts[item.layer]!, item.y - item.height / 2];
    const inset = item.members.length === 1 ? 0 : box.frame;
    if (inset > 0)
      layout.frames.push({ x, y, width: item.width, height: item.height, count: item.members.length });
    item.members.forEach((index, n) => layout.places.push({
      index, x: x + inset + n % item.columns * (box.width + box.gap),
      y: y + inset + (inset > 0 ? box.title : 0) + Math.floor(n / item.columns) * (box.height + box.gap),
    }));
  }
  layout.places.sort((a, b) => a.index - b.index);
  layout.lines = edges.map(({ from, to, on, via }) => {
    const [source, target] = [items[from]!, items[to]!];
    let [x, y] = [lefts[source.layer]! + source.width, source.y];
    let path = `M${x} ${y}`;
    for (const i of [...via, to]) {
      const left = lefts[items[i]!.layer]!;
      const turn = lefts[items[i]!.layer - 1]! + widths[items[i]!.layer - 1]!;
      // Lines turn between the layers alone.
      path += `${x < turn ? `H${turn}` : ""}C${turn + box.between / 2} ${y} ${left - box.between / 2} ${items[i]!.y} ${left} ${items[i]!.y}`;
      [x, y] = [left, items[i]!.y];
    }
    return { from: source.members, to: target.members, on, path };
  });
  items.forEach((item, i) => {
    const on = [...new Set(edges.filter((edge) => edge.to === i && edge.on !== "succeeded").map((edge) => edge.on))];
    if (on.length > 0)
      layout.labels.push({ x: lefts[item.layer]! + 2, y: item.y - item.height / 2 - 4, on });
  });
  return layout;
}
