import { describe, expect, test } from "vitest";
import { type GraphNode, bandsOf, criticalPath, layersOf, sourcesOf } from "../src/format/graph";
import { box, layoutOf } from "../src/format/layout";

/** Nodes from words such as "c<a,b!failed": c waits for a to succeed and for b to fail. */
const graph = (text: string): GraphNode[] => text.split(" ").map((word) => {
  const [name, after] = word.split("<");
  return { name: name!, after: (after ? after.split(",") : []).map((edge) => ({ node: edge.split("!")[0]!, on: (edge.split("!")[1] ?? "succeeded") as "failed" })) };
});
const fan = (wide: number): GraphNode[] => graph(["source", ...Array.from({ length: wide }, (_, i) => `n${i}<source`), `end<${Array.from({ length: wide }, (_, i) => `n${i}`)}`].join(" "));
// The next number of a sequence that is always the same.
const numbers = (seed: number) => () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

/** A graph of this many nodes, each of which waits for up to three earlier ones. */
function drawLots(count: number, seed: number): GraphNode[] {
  const next = numbers(seed);
  return Array.from({ length: count }, (_, i) => ({
    name: `n${i}`, after: i === 0 ? [] : [...new Set(Array.from({ length: Math.floor(next() * 4) }, () => Math.floor(next() * i)))]
      .map((source) => ({ node: `n${source}`, on: next() < 0.2 ? "ended" as const : "succeeded" as const })),
  }));
}

describe("layers", () => {
  test("are the longest ways to the nodes", () => {
    expect(layersOf(sourcesOf(graph("a b<a c<b d<a,c e")))).toEqual([0, 1, 2, 3, 0]);
    expect(layersOf(sourcesOf([]))).toEqual([]);
  });
  test("do not exist for a circle, and other nodes' names do not matter", () => {
    expect(layersOf(sourcesOf(graph("a<c b<a c<b d")))).toBe(null);
    expect(layersOf(sourcesOf(graph("a<a")))).toBe(null);
    expect(layersOf(sourcesOf(graph("a<nobody b<a")))).toEqual([0, 1]);
    expect(layoutOf(graph("a<b b<a"))).toBe(null);
  });
  test("are counted in rows, several in one when there are many", () => {
    expect(bandsOf([0, 1, 1, 2], ["succeeded", "failed", "running", "queued"])).toEqual([
      { from: 0, to: 0, nodes: 1, byState: { succeeded: 1 } }, { from: 1, to: 1, nodes: 2, byState: { failed: 1, running: 1 } },
      { from: 2, to: 2, nodes: 1, byState: { queued: 1 } }]);
    const chain = bandsOf(Array.from({ length: 10_000 }, (_, i) => i), Array.from({ length: 10_000 }, () => "queued"), 50);
    expect(chain).toHaveLength(50);
    expect(chain.at(-1)).toEqual({ from: 9_800, to: 9_999, nodes: 200, byState: { queued: 200 } });
    expect(bandsOf(Array.from({ length: 101 }, (_, i) => i), Array.from({ length: 101 }, () => "queued"), 50).at(-1)).toMatchObject({ from: 99, to: 100 });
    expect(bandsOf([], [])).toEqual([]);
  });
  test("of ten thousand nodes and a hundred thousand lines are found", () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => ({ name: `n${i}`, after: Array.from({ length: Math.min(10, i) }, (_, k) => ({ node: `n${i - k - 1}`, on: "succeeded" as const })) }));
    expect(layersOf(sourcesOf(nodes))!.at(-1)).toBe(9_999);
  });
});

describe("the critical path", () => {
  const ran = (...times: ([number, number] | null)[]) => times.map((time) => ({ from: time?.[0] ?? null, to: time?.[1] ?? null }));
  test("goes back over what ended last", () =>
    expect(criticalPath(sourcesOf(graph("a b<a c<a d<b,c e<a")), ran([0, 2], [2, 3], [2, 9], [9, 10], [2, 4]))).toEqual([0, 2, 3]));
  test("leaves out what has not run", () => {
    expect(criticalPath(sourcesOf(graph("a b<a c<b")), ran([0, 2], [2, 3], null))).toEqual([0, 1]);
    expect(criticalPath(sourcesOf(graph("a b<a")), ran(null, null))).toEqual([]);
  });
});

describe("the layout", () => {
  test("of a chain is a straight line", () => {
    const { places, lines, height, width } = layoutOf(graph("a b<a c<b"))!;
    expect(places.map(({ x, y }) => [x, y])).toEqual([[0, 0], [box.width + box.between, 0], [2 * (box.width + box.between), 0]]);
    expect([width, height]).toEqual([3 * box.width + 2 * box.between, box.height]);
    expect(lines.map(({ from, to, on }) => [from, to, on])).toEqual([[[0], [1], "succeeded"], [[1], [2], "succeeded"]]);
  });
  test("says each unusual condition once above the node that waits", () => {
    const { lines, labels, places } = layoutOf(graph("a b c d<a!failed,b!failed,c!ended e<a"))!;
    expect(lines.map((line) => line.on)).toEqual(["failed", "failed", "ended", "succeeded"]);
    expect(labels).toEqual([{ x: places[3]!.x + 2, y: places[3]!.y - 4, on: ["failed", "ended"] }]);
  });
  test("keeps lines that pass a layer away from its boxes", () => {
    const { places, lines } = layoutOf(graph("a b<a c<a,b"))!;
    const long = lines.find(({ from, to }) => from[0] === 0 && to[0] === 2)!;
    const passes = [...long.path.matchAll(/ (-?[\d.]+) (-?[\d.]+)(?=H|C|$)/g)].map((found) => Number(found[2]));
    expect(passes[0]! < places[1]!.y || passes[0]! > places[1]!.y + box.height).toBe(true);
  });
  test("draws nodes that wait for the same in one frame, from seven on", () => {
    expect(layoutOf(fan(6))!.frames).toEqual([]);
    const wide = layoutOf(fan(298))!;
    expect(wide.frames.map(({ count }) => count)).toEqual([298]);
    expect(wide.places).toHaveLength(300);
    expect(wide.lines).toHaveLength(2);
    expect(wide.width / wide.height).toBeGreaterThan(1);
    const frame = wide.frames[0]!;
    for (const { x, y } of wide.places.slice(1, -1))
      expect(x >= frame.x && y >= frame.y && x + box.width <= frame.x + frame.width && y + box.height <= frame.y + frame.height).toBe(true);
  });
  test("is the same each time, inside its size, and no box covers another", () => {
    for (const seed of [1, 2, 3]) {
      const nodes = drawLots(seed * 80, seed);
      const layout = layoutOf(nodes)!;
      expect(layoutOf(structuredClone(nodes))).toEqual(layout);
      expect(layout.places.map(({ index }) => index)).toEqual(nodes.map((_, i) => i));
      const columns = new Map<number, number[]>();
      for (const { x, y } of layout.places) {
        expect(x >= 0 && y >= 0 && x + box.width <= layout.width && y + box.height <= layout.height + 1).toBe(true);
        columns.set(x, [...columns.get(x) ?? [], y]);
      }
      for (const column of columns.values())
        column.sort((a, b) => a - b).forEach((y, i) => expect(i === 0 || y - column[i - 1]! >= box.height).toBe(true));
    }
  });
});
