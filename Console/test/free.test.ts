import { afterEach, expect, test, vi } from "vitest";
import { create } from "../src/api/create";
import { Problem, typedJson } from "../src/api/problem";
import { jsonOf } from "../src/api/json";
import { faultsAt } from "../src/ui/Field";

afterEach(() => void vi.unstubAllGlobals());

const answers = (status: number, body: object) => vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status }));
const creation = (): Promise<unknown> => create("/queues/etl", { weight: 2 }, "queue", "/ui/queues/etl").catch((thrown: unknown) => thrown);

test("what is new is sent so that it replaces nothing", async () => {
  const fetch = vi.fn(async (_: string, __: RequestInit) => new Response("{\"name\":\"etl\"}"));
  vi.stubGlobal("fetch", fetch);
  expect(await creation()).toEqual({ name: "etl" });
  expect(fetch).toHaveBeenCalledOnce();
  expect(fetch.mock.calls[0]).toMatchObject(["/api/v1/queues/etl", { method: "PUT", headers: { "if-none-match": "*" }, body: "{\"weight\":2}" }]);
});

test("a name that something has is refused at the name, with the page of what has it", async () => {
  answers(412, { code: "already-exists" });
  const thrown = await creation() as Problem;
  expect(thrown.code).toBe("name-taken");
  expect(faultsAt(thrown, "name")).toEqual([["name", "belongs to another queue.", "/ui/queues/etl"]]);
  expect(faultsAt(thrown, "weight")).toBeUndefined();
  answers(422, { code: "invalid-queue" });
  expect(await creation()).toMatchObject({ status: 422, code: "invalid-queue" });
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
