import { expect, test } from "vitest";
import { isAt, pageKey } from "../src/shell/routes";

const keyOf = (address: string) => {
  const { pathname, searchParams } = new URL(address, "http://h");
  return pageKey({ path: pathname, query: searchParams });
};

test.each([
  ["/ui/tasks?state=failed", "/ui/tasks", true], ["/ui/tasks/a?tab=log", "/ui/tasks/a?tab=spec", true], ["/ui/tasks/a", "/ui/tasks/b", false],
  ["/ui/new/task?from=a", "/ui/new/task", false], ["/ui/new/schedule?from=a", "/ui/new/schedule?from=b", false], ["/ui/new/job", "/ui/new/job", true],
  // What has this name has a page like the others.
  ["/ui/queues/new?range=1d", "/ui/queues/new", true], ["/ui/schedules/new?tab=runs", "/ui/schedules/new", true],
])("%s and %s are one page: %s", (one, other, isOne) => expect(keyOf(one) === keyOf(other)).toBe(isOne));

test.each([
  ["/", "/", true], ["/", "/ui/", true], ["/", "/ui/tasks", false], ["/ui/tasks", "/ui/tasks", true], ["/ui/tasks", "/ui/tasks/a", true], ["/ui/tasks", "/ui/tasksets", false],
  ["/ui/tasks", "/ui/new/task", true], ["/ui/schedules", "/ui/new/schedule/", true], ["/ui/jobs", "/ui/new/task", false],
])("%s leads to %s or above it: %s", (link, path, isAbove) => expect(isAt(link, path)).toBe(isAbove));
