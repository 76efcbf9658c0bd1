// Generated from docs/openapi.json by ContractFileTests. Do not edit.

/** Who requested a change. */
export interface Actor {
  /** The id of the API key; null if none was required and none was sent. */
  key: string | null;
  /** The name of the key. */
  name: string | null;
  /** The header Otask-Actor, an unverified claim. */
  says: string | null;
}

/** Who changed what. */
export interface AuditRecord {
  id: string;
  /** When the change was made. */
  at: string;
  /** Who made it. */
  actor: Actor;
  /** What was done, such as queue.put. */
  action: string;
  /** A name or an id, or the filters of a bulk call. */
  target: string | null;
  /** The number of tasks or other resources that were changed. */
  count: number;
  /** The settings before the change, without secrets; null if they are not recorded. */
  before: Record<string, unknown> | null;
  /** The settings after the change, without secrets; null if they are not recorded. */
  after: Record<string, unknown> | null;
  /** The header Otask-Reason. */
  reason: string | null;
  /** The network address of the caller; null for readers without the scope admin. */
  address: string | null;
  /** Refused requests are not recorded, because they changed nothing. */
  outcome: "done";
}

/** A browser that is signed in with a key. */
export interface BrowserSession {
  /** The session's id. */
  id: string;
  /** The key with which the session was created. */
  keyId: string;
  /** The name of that key. */
  name: string;
  /** What the session may do: the scopes of that key. */
  scopes: ("read" | "submit" | "operate" | "admin")[];
  /** When the session began. */
  createdAt: string;
  /** When a request last used the session; null for never. */
  lastUsedAt: string | null;
  /** The network address of that request. */
  lastAddress: string | null;
  /** When the session ends. */
  expiresAt: string;
}

/** A new key with its text. */
export interface CreatedKey {
  /** The key's id. */
  id: string;
  /** A display name; may be empty. */
  name: string;
  /** What the key may do; no scope includes another. */
  scopes: ("read" | "submit" | "operate" | "admin")[];
  /** When the key was created. */
  createdAt: string;
  /** When a request last used the key or one of its sessions; null for never. Uses at another gateway appear about a minute later. */
  lastUsedAt: string | null;
  /** The network address of that request. */
  lastAddress: string | null;
  /** When the key expires; null for never. */
  expiresAt: string | null;
  /** The key's text, which callers send as Authorization: Bearer KEY. The service stores only its hash. */
  key: string;
}

/** How much of the time in which tasks waited one cause held them back. */
export interface HeldShare {
  /** The cause, as in the reasons why a task waits. */
  code: "queue-paused" | "max-running" | "rate-limited" | "concurrency-key" | "no-matching-node" | "node-resting" | "no-free-slot" | "share-used" | "starting";
  /** The part of the time in which a task was queued. The shares of all causes add up to 1. */
  share: number;
}

/** A token with which a worker joins. */
export interface JoinToken {
  /** The token with which one worker can join, as --token or OTASK_JOIN_TOKEN. */
  token: string;
  /** When the token becomes invalid. */
  expiresAt: string;
}

/** An API key, without its text. */
export interface Key {
  /** The key's id. */
  id: string;
  /** A display name; may be empty. */
  name: string;
  /** What the key may do; no scope includes another. */
  scopes: ("read" | "submit" | "operate" | "admin")[];
  /** When the key was created. */
  createdAt: string;
  /** When a request last used the key or one of its sessions; null for never. Uses at another gateway appear about a minute later. */
  lastUsedAt: string | null;
  /** The network address of that request. */
  lastAddress: string | null;
  /** When the key expires; null for never. */
  expiresAt: string | null;
}

/** A new key. */
export interface KeySpec {
  /** A display name without control characters; may be empty. */
  name: string;
  /** What the key may do; no scope includes another. */
  scopes: ("read" | "submit" | "operate" | "admin")[];
  /** When the key expires, a time in the future; null for never. */
  expiresAt?: string | null;
}

/** A worker and its machine. */
export interface Node {
  /** The worker's name. */
  id: string;
  /** Whether it takes work. busy: all slots are taken. lost: it does not report. gone: its worker has left. */
  state: "ready" | "busy" | "draining" | "lost" | "gone";
  /** The commands that it runs at once. */
  slots: number;
  /** Tasks and chunks that it runs, or that are on their way to it. */
  running: number;
  /** The labels that tasks may require. */
  labels: Record<string, string>;
  /** The version of the worker's program. */
  version: string;
  /** The network address of the worker. */
  address: string;
  /** When the worker last reported, or registered. */
  lastReportAt: string;
  /** The machine's load average over one minute. */
  load: number;
  /** Memory available on the machine; 0 if the node is lost or gone. */
  memoryBytes: number;
  /** When the worker's process started, by its own clock; null if the node is lost or gone, or its worker does not say. */
  startedAt: string | null;
  /** Memory of the machine; null like startedAt. */
  memoryTotalBytes: number | null;
  /** Free space where the worker keeps its data; null like startedAt. */
  diskFreeBytes: number | null;
  /** How often the node was lost, as far as the stored changes of nodes reach; null if they cannot be read. */
  losses: number | null;
  /** The limits of tasks that it can enforce. */
  enforces: ("memoryBytes" | "cpuTime" | "processes" | "openFiles")[];
}

/** A change of a node's state. */
export interface NodeChange {
  /** When the state changed. */
  at: string;
  /** The new state. ready includes busy. */
  state: "ready" | "draining" | "lost" | "gone";
}

/** A queue: its settings, and how many tasks it has. */
export interface Queue {
  /** The name. */
  name: string;
  /** Increases by one with each change of the settings. */
  version: number;
  /** Whether the queue assigns no tasks; running tasks continue. */
  paused: boolean;
  /** Who paused it; null unless it is paused. */
  pausedBy: Actor | null;
  /** When it was paused; null unless it is paused. */
  pausedAt: string | null;
  /** The header Otask-Reason of the call that paused it; null if it had none. */
  pausedReason: string | null;
  /** Tasks that are queued. */
  depth: number;
  /** Tasks that are assigned or running. */
  running: number;
  /** Tasks that wait for their time, for other tasks, or for the backoff of a retry. */
  scheduled: number;
  /** Tasks that failed in the last 24 hours, as far as this gateway has counted them; null if there are too many queues to count. */
  failedLastDay: number | null;
  /** When the task that has been queued longest was queued; null if none is queued. */
  oldestQueuedAt: string | null;
  /** Maximum tasks and chunks that are assigned or running; null for no limit. */
  maxRunning: number | null;
  /** Maximum scheduled and queued tasks; null for no limit. */
  maxDepth: number | null;
  /** Maximum task starts per second, not counting chunks of data jobs; null for no limit. */
  ratePerSecond: number | null;
  /** Maximum tasks that start at once after a pause in starting; null without a rate. */
  burst: number | null;
  /** The queue's part of a node's slots while other queues want them too. */
  weight: number;
  /** How tasks are spread over nodes. */
  strategy: "leastLoaded" | "roundRobin";
  /** What held the queue's tasks back in the last 5 minutes, largest share first, as this gateway read it within the last seconds; empty if no task was queued, null if there are too many queues to count. */
  heldBy: HeldShare[] | null;
}

/** A change of a queue. Omitted settings stay as they are; null sets the default. */
export interface QueueChange {
  /** How tasks are spread over nodes. */
  strategy?: "leastLoaded" | "roundRobin" | null;
  /** Whether the queue assigns no tasks; running tasks continue. In effect once the call has answered. */
  paused?: boolean | null;
  /** Maximum tasks and chunks that are assigned or running. */
  maxRunning?: number | null;
  /** Maximum scheduled and queued tasks; beyond it, submissions are refused with 429. */
  maxDepth?: number | null;
  /** Maximum task starts per second. */
  ratePerSecond?: number | null;
  /** By default the rate, rounded up. */
  burst?: number | null;
  /** The queue's part of a node's slots while other queues want them too; 1 by default. */
  weight?: number | null;
  /** If this is not the stored version, the change is refused with 409. */
  version?: number | null;
}

/** What passed through a queue lately, and when its waiting tasks will be gone. */
export interface QueueForecast {
  /** Tasks that are queued. */
  backlog: number;
  /** How the backlog changes. A batch that came once says nothing about arrivals to come. Null if nothing is known yet. */
  trend: "growing" | "steady" | "shrinking" | null;
  /** When no task will be queued any more, if tasks go on to arrive and start as in the last minute; null unless the backlog shrinks or is empty. */
  emptyAt: string | null;
  /** The slots, taken or free, of nodes that accept work and match a queued task; if none is queued, of all nodes that accept work. */
  slots: number;
  /** How long attempts ran, such as 1.5s; null if none has ended. */
  meanRunTime: string | null;
  /** Tasks that were queued: accepted, due, released or retried. Chunks of data jobs do not count. */
  arrivalsPerSecond: number;
  /** Attempts that started. */
  startsPerSecond: number;
  /** Attempts that ended after their start, lost ones apart. */
  endsPerSecond: number;
  /** When counting began: 5 minutes ago, or when a silo took the queue over. */
  since: string;
  /** What held tasks back, largest share first; empty if no task was queued. */
  heldBy: HeldShare[];
  /** How good the estimates of starts were. */
  estimates: {
    /** Past estimates of starts that were checked. */
    samples: number;
    /** The fraction of those with a range whose tasks started within it; null without any. */
    inRange: number | null;
  };
}

/** Who the caller is, and what it may do. */
export interface Session {
  /** The name of the key; null without a key. */
  name: string | null;
  /** The id of the key; null without a key. */
  keyId: string | null;
  /** What the caller may do; without a key, all scopes if no key is required. */
  scopes: ("read" | "submit" | "operate" | "admin")[];
  /** When the browser's session ends, or the key expires; null for never. */
  expiresAt: string | null;
  /** Whether this gateway requires a key. */
  needsKey: boolean;
}

/** What a worker that joins with the token may be. */
export interface TokenTerms {
  /** The names that the joining node may have; * matches any characters. */
  node?: string;
  /** Labels of the joining node. From then on, only tokens can give labels with these keys. */
  labels?: Record<string, string>;
}
