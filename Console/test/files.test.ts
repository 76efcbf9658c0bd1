import { describe, expect, test } from "vitest";
import { artifactUrl, droppedOf, endingOf, isText, lookOf, tableOf, toggled, withFile, without } from "../src/format/files";
import { formOf, specOf, withFiles } from "../src/format/spec";

test.each([["a/b.tar.gz", "gz"], ["out/LIST.CSV", "csv"], ["a.d/b", ""], [".bashrc", ""], ["x.", ""]])("the ending of %s is %s", (path, ending) =>
  expect(endingOf(path)).toBe(ending));

test.each([["a.png", "picture"], ["a.csv", "table"], ["a.ndjson", "table"], ["a.html", "text"], ["a.svg", "text"], ["Makefile", "text"], ["a.exe", "none"]])("%s is shown as %s", (path, look) =>
  expect(lookOf(path)).toBe(look));

test("an address escapes each name of a path, and keeps the slashes", () =>
  expect(artifactUrl("t", "a b/ü?#%/..c")).toBe("/api/v1/tasks/t/artifacts/a%20b/%C3%BC%3F%23%25/..c"));

test("bytes with a NUL are not text", () => {
  expect(isText(new Uint8Array([104, 105]))).toBe(true);
  expect(isText(new Uint8Array([104, 0, 105]))).toBe(false);
});

describe("a table", () => {
  const of = (path: string, text: string, isCut = false, most = 10) => tableOf(path, text, isCut, most);
  test("of CSV reads quotes, separators and line breaks in them, CR LF and a mark", () =>
    expect(of("a.csv", '\ufeffname,say\r\na,"1,\n""2"""\r\n')).toEqual([["name", "say"], ["a", '1,\n"2"']]));
  test("of TSV is split at tabs only", () => expect(of("a.tsv", "a\tb,c\n")).toEqual([["a", "b,c"]]));
  test("of NDJSON has a column for each name, also if some objects lack it", () =>
    expect(of("a.ndjson", '{"a":1}\n\n{"b":"x","a":[2]}\n')).toEqual([["a", "b"], ["1", ""], ["[2]", "x"]]));
  test.each(["[1]\n", "1\n", "null\n", "{}\n", "not json\n", ""])("of lines that are not objects is null: %j", (text) => expect(of("a.ndjson", text)).toBeNull());
  test("of a file's beginning leaves out the row that is cut", () => {
    expect(of("a.csv", "a,b\n1,2\n3", true)).toEqual([["a", "b"], ["1", "2"]]);
    expect(of("a.ndjson", '{"a":1}\n{"a":2}\n{"a"', true)).toEqual([["a"], ["1"]]);
  });
  test("has its header and at most the given number of rows", () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i}`).join("\n");
    expect(of("a.csv", rows)).toHaveLength(11);
    expect(of("a.csv", rows, true)).toHaveLength(11);
  });
  test("has columns for names that every object has", () =>
    expect(of("a.ndjson", '{"__proto__":1,"constructor":2}\n')).toEqual([["__proto__", "constructor"], ["1", "2"]]));
});

test("a file replaces the file at its path", () =>
  expect(withFile([{ path: "a", file: "1" }, { path: "b", file: "2" }], { path: "a", file: "3" })).toEqual([{ path: "b", file: "2" }, { path: "a", file: "3" }]));

test("a file is found by its path, because every change makes the spec anew", () => {
  const files = [{ path: "a", file: "1" }, { path: "b", file: "2" }];
  expect(toggled(structuredClone(files), "b")).toEqual([files[0], { ...files[1], executable: true }]);
  expect(toggled(toggled(files, "b"), "b")).toEqual(files);
  expect(without(structuredClone(files), "a")).toEqual([files[1]]);
});

describe("the form of a task", () => {
  test("keeps patterns as lines, and gives them back", () => {
    const form = formOf({ cmd: "true", artifacts: ["out/**", "a b"] });
    expect(form.artifacts).toBe("out/**\na b");
    expect(specOf(form)).toEqual({ cmd: "true", artifacts: ["out/**", "a b"] });
  });
  test("keeps patterns with options as they are", () => {
    const spec = { cmd: "true", artifacts: ["a", { path: "b", optional: true }] };
    expect(specOf(formOf(spec))).toEqual(spec);
  });
  test("adds files beside what it does not show, and forgets the last one", () => {
    const form = formOf({ cmd: "true", limits: { nice: 5 } });
    const added = withFiles(form, (files) => [...files, { path: "a", file: "f" }]);
    expect(specOf(added)).toEqual({ cmd: "true", limits: { nice: 5 }, files: [{ path: "a", file: "f" }] });
    expect(specOf(withFiles(added, () => []))).toEqual({ cmd: "true", limits: { nice: 5 } });
  });
});

describe("what is dropped", () => {
  const file = (path: string) => ({ isFile: true, fullPath: path, file: (done: (file: File) => void) => done(new File(["x"], path)) });
  // A reader gives its entries in parts, and an empty part at the end.
  const folder = (path: string, parts: object[][]) => ({ isFile: false, fullPath: path, createReader: () => ({ readEntries: (done: (found: object[]) => void) => done(parts.shift() ?? []) }) });
  const data = (...entries: object[]) => ({ items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })), files: [] }) as unknown as DataTransfer;
  test("is walked into folders, to the last part that a reader gives", async () => {
    const found = await droppedOf(data(file("/a"), folder("/d", [[file("/d/b")], [folder("/d/e", [[file("/d/e/c")]])]])));
    expect(found.map(({ path }) => path)).toEqual(["a", "d/b", "d/e/c"]);
  });
  test("is at most the given number of files", async () =>
    expect(await droppedOf(data(folder("/d", [Array.from({ length: 50 }, (_, i) => file(`/d/${i}`))])), 10)).toHaveLength(10));
  test("is a list of files if the browser has no entries", async () => {
    const found = await droppedOf({ items: [{ kind: "string" }], files: [new File(["x"], "a")] } as unknown as DataTransfer);
    expect(found.map(({ path }) => path)).toEqual(["a"]);
  });
});
