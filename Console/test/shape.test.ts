import { expect, test } from "vitest";
import { commandOf, otaskOf } from "../src/format/command";
import { startLine, wavesOf } from "../src/format/rollout";
import { type Shape, faultOf, jobShape, rolloutShape, scheduleShape, taskShape, typedSpec } from "../src/format/shape";
import { formOf, linesOf, specOf, text } from "../src/format/spec";
import { readDraft } from "../src/format/workflow";

test.each<[unknown, Shape, string]>([
  [{ source: 5 }, jobShape, "source must be an object."],
  [{ source: [] }, jobShape, "source must be an object."],
  [{ source: { range: "0-9" } }, jobShape, "source.range must be an object."],
  [{ source: { range: { from: {} } } }, jobShape, "source.range.from must be a single value."],
  [{ source: { items: {} } }, jobShape, "source.items must be a list."],
  [{ process: true }, jobShape, "process must be an object."],
  [{ aggregate: [{ op: "sum" }, null] }, jobShape, "aggregate[1] must be an object."],
  [{ name: 5 }, jobShape, "name must be text."],
  [{ files: [{ path: "a" }, { path: 5 }] }, taskShape, "files[1].path must be text."],
  [{ task: [] }, rolloutShape, "task must be an object."],
  [{ only: ["a", 5] }, scheduleShape, "only[1] must be text."],
  [[], jobShape, "The JSON must be an object."],
  [null, jobShape, "The JSON must be an object."],
])("%j is refused at its first part of another type", (value, shape, fault) => expect(faultOf(value, shape)).toBe(fault));

test.each<[unknown, Shape]>([
  [{}, jobShape],
  [{ source: null, process: null, aggregate: null, name: null }, jobShape],
  [{ source: { range: { from: 0, to: "9" } }, process: { command: { cmd: "cat", env: 5 } }, chunkSize: "5O" }, jobShape],
  [{ source: { items: [null, 5, {}] }, unheardOf: [] }, jobShape],
  [{ cmd: 5, labels: "x", files: [] }, taskShape],
])("%j can be shown", (value, shape) => expect(faultOf(value, shape)).toBe(""));

test("what is typed is a spec, or has a fault", () => {
  expect(typedSpec('{"name":"a"}', jobShape)).toEqual({ spec: { name: "a" } });
  expect(typedSpec("{'name'}", jobShape)).toEqual({ spec: null, fault: "This is not JSON." });
  expect(typedSpec("99999999999999999999", jobShape)).toEqual({ spec: null, fault: "The JSON must be an object." });
  expect(typedSpec('{"chunkSize":99999999999999999999}', jobShape).fault).toBeUndefined();
  expect(typedSpec('{"name":99999999999999999999}', jobShape).fault).toBe("name must be text.");
  expect(readDraft("99999999999999999999")).toHaveProperty("fault");
});

// String() and templates call toString, which JSON can replace by what cannot be called.
const odd = JSON.parse('{"toString":1,"valueOf":1}') as never;

test("values of any type have a text", () => {
  expect(text(odd)).toBe('{"toString":1,"valueOf":1}');
  expect(text([odd, null])).toBe('[{"toString":1,"valueOf":1},null]');
  expect(linesOf({ a: odd, b: true })).toBe('a={"toString":1,"valueOf":1}\nb=true');
  expect(commandOf({ argv: "ls" })).toBe("ls");
  expect(commandOf({ argv: ["ls", odd, null] })).toBe(`ls '{"toString":1,"valueOf":1}' ''`);
  expect(commandOf({ cmd: odd })).toBe('{"toString":1,"valueOf":1}');
  expect(commandOf({})).toBe("");
  expect(otaskOf({ cmd: odd, queue: odd, labels: { a: odd } })).toContain("--label 'a={");
  expect(startLine({ task: { argv: [odd] }, waves: [odd, 1] })).toContain(",1");
  expect(wavesOf([odd], [1])).toBeNull();
});

test("a task of values of any type stays as it was typed", () => {
  for (const value of [odd, 5, "x", true, [null], [odd], { a: odd }])
    for (const name of ["cmd", "argv", "name", "queue", "priority", "env", "requires", "resources", "artifacts", "unheardOf"])
      expect(specOf(formOf({ [name]: value } as never))).toEqual({ [name]: value });
});
