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

/** A regular file of an archive, which is stored by itself. */
export interface ArchivedFile {
  /** The path in the archive. */
  path: string;
  /** The name of the bytes. */
  file: string;
  /** The size in bytes. */
  bytes: number;
  /** Whether its owner may execute it. */
  executable: boolean;
}

/** Names of files. */
export interface FileNames {
  /** At most 10,000 names, each sha256: and 64 hexadecimal digits in lower case. */
  files: string[];
}

/** Something that names a file. */
export interface FileReference {
  /** What it is. */
  kind: "task" | "artifact" | "schedule" | "definition";
  /** Its id, or the id of the task that has the artifact. */
  id: string;
}

/** How much of the time in which tasks waited one cause held them back. */
export interface HeldShare {
  /** The cause, as in the reasons why a task waits. */
  code: "queue-paused" | "max-running" | "rate-limited" | "concurrency-key" | "no-matching-node" | "node-resting" | "no-free-slot" | "share-used" | "starting";
  /** The part of the time in which a task was queued. The shares of all causes add up to 1. */
  share: number;
}

/** The names of files that are not stored. */
export interface MissingFiles {
  /** The names, in the order of the request. The other files stay stored for at least a day. */
  missing: string[];
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

/** A stored file, and what names it. */
export interface StoredFile {
  /** The name: sha256: and the 64 hexadecimal digits of the bytes' SHA-256. */
  file: string;
  /** The size in bytes. */
  bytes: number;
  /** When it was first uploaded. */
  createdAt: string;
  /** The first ten that name it. */
  referencedBy: FileReference[];
  /** When it may be removed if nothing names it until then and nobody asks for it; null while something names it. */
  expiresAt: string | null;
}

/** A file that was uploaded, now or before. */
export interface UploadedFile {
  /** The name: sha256: and the 64 hexadecimal digits of the bytes' SHA-256. */
  file: string;
  /** The size in bytes. */
  bytes: number;
}
