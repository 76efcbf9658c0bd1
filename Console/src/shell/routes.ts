import type { ComponentType } from "preact";
import type { IconName } from "../ui/icons";

type Params = Record<string, string>;
type Loader = () => Promise<{ default: ComponentType<Params> }>;

/**
 * A page by its address, loaded when it is first opened. The forms are not below the lists: what follows a list's address is a name or an id, and
 * a schedule can be called `new`.
 */
export const routes: [string, Loader][] = [
  ["/", () => import("../pages/Overview")],
  ["/ui", () => import("../pages/Overview")],
  ["/ui/tasks", () => import("../pages/Tasks")],
  ["/ui/new/task", () => import("../pages/NewTask")],
  ["/ui/tasks/:id", () => import("../pages/Task") as unknown as ReturnType<Loader>],
  ["/ui/jobs", () => import("../pages/Jobs")],
  ["/ui/new/job", () => import("../pages/NewJob")],
  ["/ui/jobs/:id", () => import("../pages/Job") as unknown as ReturnType<Loader>],
  ["/ui/workflows", () => import("../pages/Workflows")],
  ["/ui/new/workflow", () => import("../pages/NewWorkflow")],
  ["/ui/workflows/:id", () => import("../pages/Workflow") as unknown as ReturnType<Loader>],
  ["/ui/rollouts", () => import("../pages/Rollouts")],
  ["/ui/new/rollout", () => import("../pages/NewRollout")],
  ["/ui/rollouts/:id", () => import("../pages/Rollout") as unknown as ReturnType<Loader>],
  ["/ui/definitions", () => import("../pages/Definitions")],
  ["/ui/definitions/:name", () => import("../pages/Definition") as unknown as ReturnType<Loader>],
  ["/ui/schedules", () => import("../pages/Schedules")],
  ["/ui/new/schedule", () => import("../pages/NewSchedule")],
  ["/ui/schedules/:id", () => import("../pages/Schedule") as unknown as ReturnType<Loader>],
  ["/ui/calendars", () => import("../pages/Calendars")],
  ["/ui/queues", () => import("../pages/Queues")],
  ["/ui/queues/:name", () => import("../pages/Queue") as unknown as ReturnType<Loader>],
  ["/ui/nodes", () => import("../pages/Nodes")],
  ["/ui/nodes/:id", () => import("../pages/Node") as unknown as ReturnType<Loader>],
  ["/ui/cluster", () => import("../pages/Cluster")],
  ["/ui/events", () => import("../pages/Events")],
  ["/ui/triggers", () => import("../pages/Triggers")],
  ["/ui/notifications", () => import("../pages/Notifications")],
  ["/ui/webhooks", () => import("../pages/Webhooks")],
  ["/ui/webhooks/:id", () => import("../pages/Webhook") as unknown as ReturnType<Loader>],
  ["/ui/files", () => import("../pages/Files")],
  ["/ui/keys", () => import("../pages/Keys")],
  ["/ui/audit", () => import("../pages/Audit")],
  ["/ui/api", () => import("../pages/Api")],
];

/** The navigation: groups of pages. */
export const navigation: [string, [string, string, IconName][]][] = [
  ["", [["/", "Overview", "overview"]]],
  ["Work", [["/ui/tasks", "Tasks", "tasks"], ["/ui/jobs", "Jobs", "jobs"], ["/ui/workflows", "Workflows", "workflows"], ["/ui/definitions", "Definitions", "definitions"], ["/ui/schedules", "Schedules", "schedules"], ["/ui/calendars", "Calendars", "calendars"]]],
  ["Capacity", [["/ui/queues", "Queues", "queues"], ["/ui/nodes", "Nodes", "nodes"], ["/ui/rollouts", "Rollouts", "rollouts"]]],
  ["System", [["/ui/events", "Events", "events"], ["/ui/cluster", "Cluster", "cluster"], ["/ui/files", "Files", "files"], ["/ui/webhooks", "Webhooks", "webhooks"], ["/ui/triggers", "Triggers", "triggers"], ["/ui/notifications", "Notifications", "notifications"], ["/ui/keys", "Keys", "keys"], ["/ui/audit", "Audit", "audit"], ["/ui/api", "API", "api"]]],
];

/** Tells pages apart: a page with another key begins anew. What a form is filled with is in its address, so another query is another form. */
export const pageKey = ({ path, query }: { path: string; query: URLSearchParams }): string =>
  path.startsWith("/ui/new/") ? `${path}?${query}` : path;

/** Whether a link of the navigation leads to where the reader is, or above it: a form is below the list of what it makes. */
export function isAt(link: string, path: string): boolean {
  if (link === "/")
    return path === "/" || path === "/ui" || path === "/ui/";
  return `${path}/`.replace(/^\/ui\/new\/(\w+)/, "/ui/$1s").startsWith(`${link}/`);
}
