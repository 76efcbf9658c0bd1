import { beforeAll, expect, test, vi } from "vitest";

vi.stubGlobal("window", { location: new URL("http://h/ui/tasks?state=failed"), scrollTo: () => {} });
vi.stubGlobal("history", {
  pushState: (_: unknown, __: string, url: string) => window.location = new URL(url, window.location.href) as unknown as Location & string,
  replaceState: (_: unknown, __: string, url: string) => window.location = new URL(url, window.location.href) as unknown as Location & string,
});

let router: typeof import("../src/router");
beforeAll(async () => { router = await import("../src/router"); });

test.each([
  ["/ui/tasks/:id", "/ui/tasks/abc", { id: "abc" }], ["/ui/nodes/:id", "/ui/nodes/a%2Fb", { id: "a/b" }], ["/ui/tasks", "/ui/tasks/", {}],
  ["/ui/tasks", "/ui/tasks/abc", null], ["/", "/", {}], ["/ui", "/ui/", {}], ["/ui/nodes/:id", "/ui/nodes/%zz", null],
])("%s and %s", (pattern, path, found) => expect(router.match(pattern, path)).toEqual(found));

test("the query holds the state of a page", () => {
  router.setQuery({ queue: "etl", label: ["a=1", "b=2"] });
  expect(router.place.value.query.toString()).toBe("state=failed&queue=etl&label=a%3D1&label=b%3D2");
  router.setQuery({ state: null, label: ["b=2"] });
  expect(window.location.href).toBe("http://h/ui/tasks?queue=etl&label=b%3D2");
  router.go("/ui/nodes");
  expect(router.place.value.path).toBe("/ui/nodes");
});
