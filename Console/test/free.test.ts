import { afterEach, expect, test, vi } from "vitest";
import { requireFree } from "../src/api/free";
import { Problem, typedJson } from "../src/api/problem";
import { jsonOf } from "../src/api/json";
import { faultsAt } from "../src/ui/Field";

afterEach(() => void vi.unstubAllGlobals());

const answers = (status: number, body: object) => vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status }));
const refusal = (): Promise<unknown> => requireFree("/queues/etl", "queue", "/ui/queues/etl").then(() => null, (thrown: unknown) => thrown);

test("a name that something has is refused at the name, with the page of what has it", async () => {
  answers(200, { name: "etl" });
  const thrown = await refusal() as Problem;
  expect(thrown.code).toBe("name-taken");
  expect(faultsAt(thrown, "name")).toEqual([["name", "belongs to another queue.", "/ui/queues/etl"]]);
  expect(faultsAt(thrown, "weight")).toBeUndefined();
});

test("a name that nothing has is free, and any other answer is no permission to replace something", async () => {
  answers(404, { code: "not-found" });
  expect(await refusal()).toBeNull();
  answers(403, { code: "forbidden" });
  expect(await refusal()).toMatchObject({ status: 403, code: "forbidden" });
  answers(503, {});
  expect(await refusal()).toMatchObject({ status: 503 });
});

test("what is typed as JSON keeps its numbers, and what is none is refused at its field", () => {
  expect(jsonOf(typedJson("{\"id\":9007199254740993}", "body"))).toBe("{\"id\":9007199254740993}");
  const read = () => typedJson("{'a': 1}", "filter");
  expect(read).toThrow(Problem);
  try {
    read();
  } catch (thrown) {
    expect(thrown).toMatchObject({ status: 0, code: "not-json", title: "This is not JSON" });
    expect((thrown as Problem).errors.filter).toHaveLength(1);
  }
});

test("an answer that is cut is not taken for a gateway that does not answer", () => {
  expect(Problem.from(new SyntaxError("Unexpected end of JSON input"))).toMatchObject({ code: "not-json", title: "The gateway's answer cannot be read" });
  expect(Problem.from(new TypeError("fetch failed"))).toMatchObject({ code: "no-answer" });
});
