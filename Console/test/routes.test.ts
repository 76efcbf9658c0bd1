import { expect, test } from "vitest";
import { pageKey } from "../src/shell/routes";

const keyOf = (address: string) => {
  const { pathname, searchParams } = new URL(address, "http://h");
  return pageKey({ path: pathname, query: searchParams });
};

test.each([
  ["/ui/tasks?state=failed", "/ui/tasks", true], ["/ui/tasks/a?tab=log", "/ui/tasks/a?tab=spec", true], ["/ui/tasks/a", "/ui/tasks/b", false],
  ["/ui/tasks/new?from=a", "/ui/tasks/new", false], ["/ui/schedules/new?from=a", "/ui/schedules/new?from=b", false], ["/ui/jobs/new", "/ui/jobs/new", true],
  // A queue of this name has a page like the others.
  ["/ui/queues/new?range=1d", "/ui/queues/new", true],
])("%s and %s are one page: %s", (one, other, isOne) => expect(keyOf(one) === keyOf(other)).toBe(isOne));
