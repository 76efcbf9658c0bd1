import type { Attention, Node, Progress, Queue, RolloutNode, State, WorkflowNode } from "./contract";

export type * from "./contract";

/** What the gateway answers, as far as the console reads it. What is generated is in contract.ts. */
export const states: readonly State[] = ["scheduled", "queued", "assigned", "running", "succeeded", "failed", "cancelled"];
export type Labels = Record<string, string>;

/** Times in which a queue starts no tasks: those of a calendar, or from one time to another. */
export interface Blackout { calendar?: string; from?: string; to?: string }

export interface List<T> { items: T[]; nextCursor: string | null }

export interface TaskSpec {
  cmd?: string; argv?: string[]; name?: string; queue?: string; priority?: number; env?: Labels; cwd?: string;
  stdin?: string; timeout?: string; killGrace?: string; runAt?: string; labels?: Labels; requires?: Labels; resources?: Record<string, number | string | boolean>;
  secretEnv?: Labels; expiresAt?: string; maxOutputBytes?: number; hideProgress?: boolean; retry?: Record<string, unknown>;
  limits?: Record<string, unknown>; concurrency?: { key: string; limit?: number };
  unique?: { key: string; while?: "open" | "queued"; then?: "refuse" | "join" | "replace" }; debounce?: string; debounceMax?: string;
  result?: boolean; files?: InputFile[]; artifacts?: (string | Record<string, unknown>)[];
}

/** A file that a task finds in its working folder: of the store by its name, or of another task, a node or an address. */
export interface InputFile { path: string; file?: string; executable?: boolean; [source: string]: unknown }

/** The definition that a schedule starts. */
export interface ScheduledDefinition { name: string; version?: number; parameters?: Record<string, unknown> }

/** The folder that a schedule watches. */
export interface WatchedFolder { node: string; folder: string; match?: string; settled?: string; existing?: "start" | "skip" }

/** A time at which a schedule will start a run. */
export interface UpcomingTime { time: string; schedule: string }

/** How deliveries to a trigger are signed. */
export interface TriggerSignature { kind: string; header?: string }

/** To whom the messages of a notification go: one of these. */
export interface NotificationTarget { mail?: string[]; slack?: string; teams?: string }

/** Which events a notification tells of. */
export interface NotificationMatch { queue?: string; definition?: string; schedule?: string; label?: string | Labels }

/** What the messages of a notification say. */
export interface NotificationTemplate { subject?: string; event?: string; text?: string }

/** The hours of each day in which a notification sends nothing. */
export interface QuietHours { from: string; to: string; zone?: string }

/** A parameter of a definition. */
export interface Parameter {
  name: string; type?: "text" | "number" | "integer" | "boolean" | "choice" | "date" | "time" | "file"; required?: boolean; default?: string | number | boolean | null;
  pattern?: string | null; min?: string | number | null; max?: string | number | null; choices?: string[] | null; choicesFrom?: string | null; description?: string | null; secret?: boolean;
}

export interface Why {
  reasons: { code: string; detail: string; count?: number; until?: string }[];
  estimatedStart: string | null; confidence?: "exact" | "measured" | "rough" | null;
  estimatedRange?: { from: string; to: string; samples: number } | null;
}

/** Whether a node can run a task. */
export interface Fit { node: string; fits: boolean; code: string | null; detail: string | null }

export interface Summary {
  total: number; byState: Partial<Record<State, number>>; byNode: Record<string, number>; byExitCode: Record<string, number>;
}

export type CellState = "folded" | "running" | "queued" | "failed" | "dropped" | "unread";

export interface JobSpec {
  name?: string; queue?: string; labels?: Labels; source: Record<string, unknown>; process: Record<string, unknown>;
  aggregate?: { as?: string; op: string }[];
}

/** What makes a node one task for each item of a list. */
export type ForEach = NonNullable<WorkflowNode["forEach"]>;

/** A number of nodes: a count, or a percentage of all of them such as "10%". */
export type Share = number | string;

/** A rollout as it is sent. */
export interface RolloutSpec {
  name?: string; task: TaskSpec; select?: Labels; waves?: Share[]; maxFailed?: Share; pause?: string; catchUp?: string;
}

export type RolloutNodeState = RolloutNode["state"];

export interface WorkflowSpec {
  name?: string; queue?: string; labels?: Labels; onFailure?: string;
  nodes: { name: string; task?: TaskSpec; job?: JobSpec; after?: (string | { node: string; on: string })[]; mayFail?: boolean; forEach?: Partial<ForEach> }[];
}

/** What has changed since the tick before; what is gone has `deleted`. */
export interface Tick {
  at: string; byState?: Summary["byState"]; more?: number;
  tasks?: { id: string; version: number; state: State; attempt: number; node: string | null; reason: string | null }[];
  queues?: (Queue | { name: string; deleted: true })[]; nodes?: (Node | { id: string; deleted: true })[];
  jobs?: { id: string }[]; schedules?: { id: string }[]; attention?: (Attention | { code: Attention["code"]; target: string; deleted: true })[];
  progress?: (Progress & { id: string })[];
}

/** Whether a state is the last one, except for a retry. */
export const isFinal = (state: State): boolean => state === "succeeded" || state === "failed" || state === "cancelled";
