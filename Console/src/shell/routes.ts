import type { ComponentType } from "preact";
import type { IconName } from "../ui/icons";

type Params = Record<string, string>;
type Loader = () => Promise<{ default: ComponentType<Params> }>;

/** A page by its address, loaded when it is first opened. */
export const routes: [string, Loader][] = [
  ["/", () => import("../pages/Overview")],
  ["/ui", () => import("../pages/Overview")],
  ["/ui/tasks", () => import("../pages/Tasks")],
  ["/ui/tasks/new", () => import("../pages/NewTask")],
  ["/ui/tasks/:id", () => import("../pages/Task") as unknown as ReturnType<Loader>],
  ["/ui/jobs", () => import("../pages/Jobs")],
  ["/ui/jobs/new", () => import("../pages/NewJob")],
  ["/ui/jobs/:id", () => import("../pages/Job") as unknown as ReturnType<Loader>],
  ["/ui/workflows", () => import("../pages/Workflows")],
  ["/ui/workflows/new", () => import("../pages/NewWorkflow")],
  ["/ui/workflows/:id", () => import("../pages/Workflow") as unknown as ReturnType<Loader>],
  ["/ui/rollouts", () => import("../pages/Rollouts")],
  ["/ui/rollouts/new", () => import("../pages/NewRollout")],
  ["/ui/rollouts/:id", () => import("../pages/Rollout") as unknown as ReturnType<Loader>],
  ["/ui/definitions", () => import("../pages/Definitions")],
  ["/ui/definitions/:name", () => import("../pages/Definition") as unknown as ReturnType<Loader>],
  ["/ui/schedules", () => import("../pages/Schedules")],
  ["/ui/schedules/new", () => import("../pages/NewSchedule")],
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
  /^\/ui\/(tasks|jobs|workflows|rollouts|schedules)\/new\/*$/.test(path) ? `${path}?${query}` : path;

/** Whether a link of the navigation leads to where the reader is, or above it. */
export const isAt = (link: string, path: string): boolean =>
  link === "/" ? path === "/" || path === "/ui" || path === "/ui/" : path === link || path.startsWith(`${link}/`);
