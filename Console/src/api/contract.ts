// Generated from docs/openapi.json by ContractFileTests. Do not edit.
import type { Blackout, JobSpec, NotificationMatch, NotificationTarget, NotificationTemplate, Parameter, QuietHours, ScheduledDefinition, TaskSpec, TriggerSignature, WatchedFolder, WorkflowSpec } from "./types";

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

/** A file that a task left. */
export interface Artifact {
  /** The path below the task's working folder. */
  path: string;
  /** The name of the bytes: sha256: and the 64 hexadecimal digits of their SHA-256. */
  file: string;
  /** The size in bytes. */
  bytes: number;
  /** Whether its owner could execute it. */
  executable: boolean;
}

/** One try at running a task. */
export interface Attempt {
  /** The attempt's number. */
  attempt: number;
  /** The node. */
  node: string | null;
  state: State;
  reason: Reason | null;
  /** The exit code; null if it had none. */
  exitCode: number | null;
  /** The signal that ended it; null if none did. */
  signal: string | null;
  /** When it started. */
  startedAt: string | null;
  /** When it ended. */
  endedAt: string | null;
  /** The maximum memory that it used; null if unknown. */
  maxRssBytes: number | null;
  /** The processor time that it used; null if unknown. */
  cpuTime: string | null;
}

/** Something that an operator should look at. */
export interface Attention {
  code: AttentionCode;
  /** severe: tasks fail or cannot run. */
  severity: "severe" | "warning";
  /** When it began, or was first seen. */
  since: string;
  /** How many tasks, chunks, times or nodes are affected. */
  count: number;
  /** The usual count; null if unknown or meaningless. */
  usual: number | null;
  /** The queue, node, job, schedule, rollout, webhook or key; store, tasks or silo; of a clock, the silo or gateway. */
  target: string;
  /** What is wrong, in one line. */
  title: string;
  /** Changes in the hour before, newest first: records as in the audit, with address null. */
  before: AuditRecord[];
  /** Calls that may help. */
  fix: ({
    /** What it does, for a button. */
    label: string;
    /** The HTTP method. */
    method: string;
    /** The path with the query. */
    path: string;
    /** The scope that a key needs for it. */
    scope: string;
    /** The body; null for none. */
    body: Record<string, unknown> | null;
  })[];
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

/** What was left of backfills. */
export interface BackfillCancelled {
  /** The number of occurrences that will not start. */
  cancelled: number;
}

/** What a backfill will start. */
export interface BackfillResult {
  /** The number of occurrences that will start. */
  accepted: number;
  /** The number of times that were omitted because they were started before. */
  leftOut: number;
}

/** How far a batch, or the tasks of a workflow, are. */
export interface Batch {
  /** The batch's id. */
  id: string;
  /** The number of tasks. */
  total: number;
  /** The number of tasks by state, without states that no task has. */
  byState: Record<string, number>;
  /** The number of tasks by the node of their latest attempt. */
  byNode: Record<string, number>;
  /** The number of tasks by exit code. */
  byExitCode: Record<string, number>;
  /** Whether every task has ended. */
  ended: boolean;
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
  scopes: ("read" | "submit" | "operate" | "admin" | "run")[];
  /** When the session began. */
  createdAt: string;
  /** When a request last used the session; null for never. */
  lastUsedAt: string | null;
  /** The network address of that request. */
  lastAddress: string | null;
  /** When the session ends. */
  expiresAt: string;
}

/** A calendar: days, rules and events whose times schedules and blackouts follow. */
export interface Calendar {
  /** The name. */
  name: string;
  /** Increases by one with each change, and when the service computes the times of further years. */
  version: number;
  /** When this version was stored. */
  changedAt: string;
  /** Whole days. */
  days: string[];
  /** Whole days that repeat, each an RRULE of RFC 5545. */
  rules: string[];
  /** The IANA name of the time zone whose days are meant; null if it no longer exists on the machine. */
  zone: string | null;
  /** The calendar file; null if there is none, and in a list. */
  ics: string | null;
  /** The times that are not over, as spans that do not touch. */
  next: {
    /** The start. */
    from: string;
    /** The end, exclusive. */
    to: string;
  }[];
  /** The time up to which the times are computed. */
  knownUntil: string;
  /** What uses the calendar, at most 20; null in a list. */
  usedBy: ({
    /** Whether it is a schedule or a queue. */
    kind: "schedule" | "queue";
    /** The schedule's id, or the queue's name. */
    id: string;
  })[] | null;
}

/** The engine, its silos and grains, the store and the versions. */
export interface Cluster {
  /** The engine's name. */
  engine: "Orleans";
  /** The silos. */
  silos: ({
    /** The silo's name. */
    name: string;
    /** The state's name in Orleans. */
    state: string;
    /** The version of the silo's program; null for a silo that is not active. */
    version: string | null;
    /** What the silo understands of other versions; null for a silo that is not active. */
    wireLevel: number | null;
    /** How many queues the silo owns; null for a silo that is not active. */
    queueCount: number | null;
    /** The queues that the silo owns, the first 200 by name; null for a silo that is not active. */
    queues: string[] | null;
  })[];
  /** The number of grains in memory on all silos, by type. */
  activations: Record<string, number>;
  /** Completed calls of grain methods on all silos since the silos started, and their durations. Quantiles are bounds of ranges, at most a quarter too high. */
  calls: {
    /** The grain's interface. */
    grain: string;
    /** The method's name. */
    method: string;
    /** Completed calls. */
    calls: number;
    /** Calls that failed. */
    failures: number;
    /** The mean duration. */
    meanMs: number;
    /** The median duration. */
    p50Ms: number;
    /** The 99th percentile of the durations. */
    p99Ms: number;
    /** The longest duration. */
    maxMs: number;
  }[];
  /** Where the service keeps its data. */
  store: {
    /** The kind of database. */
    kind: "sqlite" | "postgresql";
    /** Whether it can write. low-space: the disk is nearly full. */
    health: "healthy" | "low-space" | "failing";
  };
  /** The versions of the gateway that answers, and of what it runs on. */
  versions: {
    /** The version of the gateway that answers. */
    service: string;
    /** The wire level of the gateway that answers. */
    wireLevel: number;
    /** The version of Orleans. */
    engine: string;
    /** The version of .NET. */
    runtime: string;
  };
  /** The certificates that were given to the gateway that answers as files. */
  certificates: ({
    /** The option that names the file. */
    option: "--tls-cert" | "--cluster-cert";
    /** When the certificate expires. */
    expiresAt: string;
  })[];
}

/** A new key with its text. */
export interface CreatedKey {
  /** The key's id. */
  id: string;
  /** A display name; may be empty. */
  name: string;
  /** What the key may do; no scope includes another. */
  scopes: ("read" | "submit" | "operate" | "admin" | "run")[];
  /** The definitions that the key may run, if it has the scope run: names, in which * stands for any text. */
  definitions: string[];
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

/** A webhook with its new secret. */
export interface CreatedWebhook {
  id: string;
  /** The address to which events are sent. */
  url: string;
  types: ("task" | "job" | "node" | "queue" | "schedule" | "workflow" | "rollout")[];
  states: ("scheduled" | "queued" | "assigned" | "running" | "succeeded" | "failed" | "cancelled" | "ready" | "draining" | "lost" | "gone" | "changed" | "deleted" | "started" | "skipped" | "missed" | "paused" | "resumed" | "halted" | "late")[];
  names: string[];
  queues: string[];
  schedules: string[];
  /** Only events of tasks, jobs and workflows with all of these labels. */
  labels: Record<string, string>;
  /** Whether nothing is sent; the service keeps the webhook's events as long as all others. */
  paused: boolean;
  /** When the webhook was created. */
  createdAt: string;
  /** When the first of the tries failed since the last success; null if the last try succeeded. */
  failingSince: string | null;
  /** When the receiver answered 410 Gone, which paused the webhook; null if it did not. */
  goneAt: string | null;
  /** The number of failed deliveries that will be tried again. */
  retrying: number;
  /** The secret that signs deliveries, as in the Standard Webhooks specification. */
  secret: string;
}

/** A named, versioned thing that can be run with parameters. */
export interface Definition {
  /** The name; it may have slashes. */
  name: string;
  /** The version; the first is 1. */
  version: number;
  /** What a run starts. */
  kind: "task" | "job" | "workflow" | "rollout";
  /** What the definition is for. */
  description: string;
  parameters: Parameter[];
  /** The task that a run starts; null if it starts something else. */
  task: Record<string, unknown> | null;
  /** The job that a run starts; null if it starts something else. */
  job: Record<string, unknown> | null;
  /** The workflow that a run starts; null if it starts something else. */
  workflow: Record<string, unknown> | null;
  /** The rollout that a run starts; null if it starts something else. */
  rollout: Record<string, unknown> | null;
  /** Whether assistants may see the definition as a tool. */
  tool: boolean;
  /** With choices=true, what the definitions printed that parameters name in choicesFrom; otherwise null. */
  choices: PrintedChoices[] | null;
  /** When this version was stored. */
  changedAt: string;
  /** Who stored this version; null if unknown. */
  changedBy: Actor | null;
  /** The header Otask-Reason of the call that stored this version. */
  reason: string | null;
}

/** A run of a definition. */
export interface DefinitionRun {
  /** What was started. */
  kind: "task" | "job" | "workflow" | "rollout";
  /** The id of the task, job, workflow or rollout. */
  id: string;
  /** The definition's name. */
  definition: string;
  /** The definition's version. */
  version: number;
  /** The state of what was started; null if it is gone, or was not started. */
  state: string | null;
  /** When the run was asked for. */
  startedAt: string;
  /** Who asked for it; null if unknown. */
  startedBy: Actor | null;
  /** The values that were given, without those of secret parameters. */
  parameters: Record<string, unknown> | null;
}

/** What a run of a definition asks for. */
export interface DefinitionRunSpec {
  /** The values by the parameters' names. */
  parameters?: Record<string, unknown> | null;
  /** The version to run; by default the latest. */
  version?: number | null;
  /** Labels in addition to those of the spec, or in place of those with the same keys. */
  labels?: Record<string, string> | null;
  /** The earliest start, of a task only. */
  runAt?: string | null;
}

/** A definition: exactly one of task, job, workflow and rollout, in which ${param.NAME} may stand for a value. */
export interface DefinitionSpec {
  /** What the definition is for. */
  description?: string | null;
  parameters?: Parameter[] | null;
  /** The task that a run starts. */
  task?: Record<string, unknown> | null;
  /** The job that a run starts. */
  job?: Record<string, unknown> | null;
  /** The workflow that a run starts. */
  workflow?: Record<string, unknown> | null;
  /** The rollout that a run starts. */
  rollout?: Record<string, unknown> | null;
  /** Whether assistants may see the definition as a tool. */
  tool?: boolean | null;
  /** The version that this one replaces; omitted to replace any. */
  version?: number | null;
}

/** A version of a definition. */
export interface DefinitionVersion {
  /** The version; the first is 1. */
  version: number;
  /** What a run starts. */
  kind: "task" | "job" | "workflow" | "rollout";
  /** When the version was stored. */
  changedAt: string;
  /** Who stored the version; null if unknown. */
  changedBy: Actor | null;
  /** The header Otask-Reason of the call that stored the version. */
  reason: string | null;
}

/** Waiting tasks that ask the same of a node, in all queues together. */
export interface Demand {
  /** The labels that they require. */
  requires: Record<string, string>;
  /** What each of them needs besides a slot, by name: cpu in cores, memory in bytes, others in units. */
  resources: Record<string, number>;
  /** How many would start at once if there were nodes for them. Those that their queue holds back do not count. Chunks of data jobs do. */
  count: number;
  /** Since when the one that has waited longest has been ready. */
  oldest: string;
  /** How many nodes run all of them at once, if nothing else is on them: as many as of the largest node that can run one. Null if no node in the fleet can. */
  nodesNeeded: number | null;
}

/** Failed tasks of one cause. */
export interface FailureGroup {
  /** A value that tasks with equal failures share. */
  fingerprint: string;
  /** The number of tasks. */
  count: number;
  reason: Reason | null;
  /** The exit code that the tasks share. */
  exitCode: number | null;
  /** The signal that ended the tasks. */
  signal: string | null;
  /** The output that the group shares, without numbers, ids and times. */
  sample: string;
  /** When the first of the tasks failed. */
  firstAt: string;
  /** When the last of the tasks failed. */
  lastAt: string;
  /** The queues of the tasks. */
  queues: string[];
  /** The newest tasks of the group. */
  tasks: string[];
}

/** Names of files. */
export interface FileNames {
  /** At most 10,000 names, each sha256: and 64 hexadecimal digits in lower case. */
  files: string[];
}

/** Something that names a file. */
export interface FileReference {
  /** What it is. */
  kind: "task" | "artifact" | "schedule" | "definition" | "rollout" | "job";
  /** Its id, or the id of the task that has the artifact. */
  id: string;
}

/** Why a schedule cannot watch its folder, or not all of it. The service looks again at each time of the schedule. */
export interface FolderProblem {
  /** The problem. */
  detail: string;
  /** When it was first noticed. */
  since: string;
}

/** The recent calls of a type of grains, by method. */
export interface Grain {
  /** The grain's type. */
  type: string;
  /** The number of grains in memory. */
  active: number;
  /** Completed calls per second. */
  callsPerSecond: number;
  /** Failed calls per second. */
  failuresPerSecond: number;
  /** The median duration; durations are bounds of ranges, at most a quarter too high. */
  p50Ms: number;
  /** The 99th percentile of the durations. */
  p99Ms: number;
  /** The longest duration. */
  maxMs: number;
  /** The methods; those that take the most time first. */
  methods: {
    /** The method's name. */
    method: string;
    /** Completed calls per second. */
    callsPerSecond: number;
    /** Failed calls per second. */
    failuresPerSecond: number;
    /** The median duration; durations are bounds of ranges, at most a quarter too high. */
    p50Ms: number;
    /** The 99th percentile of the durations. */
    p99Ms: number;
    /** The longest duration. */
    maxMs: number;
  }[];
}

/** The recent calls of a type of grains. */
export interface GrainType {
  /** The grain's type. */
  type: string;
  /** The number of grains in memory. */
  active: number;
  /** Completed calls per second. */
  callsPerSecond: number;
  /** Failed calls per second. */
  failuresPerSecond: number;
  /** The median duration; durations are bounds of ranges, at most a quarter too high. */
  p50Ms: number;
  /** The 99th percentile of the durations. */
  p99Ms: number;
  /** The longest duration. */
  maxMs: number;
}

/** How much of the time in which tasks waited one cause held them back. */
export interface HeldShare {
  /** The cause, as in the reasons why a task waits. */
  code: "queue-paused" | "max-running" | "rate-limited" | "concurrency-key" | "no-matching-node" | "node-resting" | "no-free-slot" | "share-used" | "starting" | "blackout" | "no-free-resource";
  /** The part of the time in which a task was queued. The shares of all causes add up to 1. */
  share: number;
}

/** Why a delivery started nothing. */
export interface IgnoredDelivery {
  /** filter: the delivery does not pass the filter. duplicate: an earlier delivery with this id started a run. */
  ignored: "filter" | "duplicate";
}

/** What came of items that were posted to a job. */
export interface ItemsAccepted {
  /** The number of items of this request that are on disk. With the parameter upload: of the whole upload, so that the next request begins with this offset. */
  accepted: number;
}

/** A data job. */
export interface Job {
  /** The job's id. */
  id: string;
  /** The job's name. */
  name: string;
  /** The queue whose slots it uses. */
  queue: string;
  /** The job's state. */
  state: "running" | "succeeded" | "failed" | "cancelled";
  /** When it was submitted. */
  createdAt: string;
  /** When the first chunk was assigned to a worker. */
  startedAt: string | null;
  /** When it ended. */
  endedAt: string | null;
  /** The items read from the source. */
  itemsRead: number;
  /** The items that the aggregate covers, each once. */
  itemsDone: number;
  /** The items of failed chunks. */
  itemsFailed: number;
  /** The items skipped because of errors. */
  itemsSkipped: number;
  /** The chunks that wait for a slot. */
  chunksQueued: number;
  /** The chunks that nodes have. */
  chunksRunning: number;
  /** The chunks that the aggregate covers. */
  chunksDone: number;
  /** How much of the source is done; null if its size is unknown. */
  percent: number | null;
  /** The recent rate; for an ended job, the average over its whole run. */
  itemsPerSecond: number;
  /** The time left at this rate; null if unknown. */
  etaSeconds: number | null;
  /** What each node has done. */
  perNode: {
    /** The node. */
    node: string;
    /** The items that the aggregate covers. */
    items: number;
    /** The chunks of these items. */
    chunks: number;
  }[];
  /** The results by name. */
  aggregate: Record<string, unknown>;
  /** The names of the results that are estimates. */
  approximate: string[];
  /** Whether the whole source was processed. */
  complete: boolean;
  /** When its cancellation was requested. */
  cancelRequestedAt: string | null;
  /** Why the job failed. */
  reason: string | null;
  /** The job's labels. */
  labels: Record<string, string>;
  /** Only for a job of a workflow: the workflow and the node that the job belongs to. */
  workflow?: {
    /** The workflow's id. */
    id: string;
    /** The node's name. */
    node: string;
  };
}

/** A part of a job's source, which a worker processes as a whole. */
export interface JobChunk {
  /** The chunk's number. */
  no: number;
  /** The chunk's state. folded: the aggregate covers it. */
  state: "queued" | "running" | "folded" | "failed";
  /** The node of the latest attempt. */
  node: string | null;
  /** 0 before the first attempt. */
  attempt: number;
  /** For an ended chunk, the number of processed items; null while the items of a file are not counted. */
  items: number | null;
  /** How long the latest attempt took or has been running; null if none is running. */
  took: string | null;
  /** Where the chunk begins: the place of its first item, from 0; for a range, the integer itself; for a file, a byte. */
  first: number;
  /** The number of items, or of bytes for a file; 0 if the chunk combines results of other chunks. */
  length: number;
  /** When the chunk ended. */
  endedAt: string | null;
  /** The node of the chunk's second run. */
  secondRunOn: string | null;
}

/** An item or a chunk of a job that failed. */
export interface JobFailure {
  /** The chunk's number. */
  chunk: number;
  /** The item's place in the source, from 0; for a range, the integer itself; null for a whole chunk. */
  item: number | null;
  /** Why it failed. */
  reason: string;
  /** What the processor said. */
  message: string;
  /** The beginning of the item. */
  value: string | null;
  /** The number of the chunk's attempt. */
  attempt: number;
  /** The node that processed it. */
  node: string;
  /** When it failed. */
  at: string;
}

/** How a job's items and aggregates grew over time. */
export interface JobHistory {
  /** Oldest first; the last one is the present. */
  points: ({
    /** The time. */
    at: string;
    /** The number of items processed by this time. */
    items: number;
    /** The aggregates that are a single number, exact for these items; null if they exceed 1 KiB. */
    aggregate: Record<string, unknown> | null;
  })[];
}

/** What holds a job back, its stages and its stragglers. */
export interface JobStats {
  /** source: the amount read; process: the amount that workers have processed. Empty if the job cannot be read. */
  stages: ({
    /** The stage. */
    name: "source" | "process";
    /** What it counts. */
    unit: "items" | "bytes";
    /** How much it has done. */
    done: number;
    /** Null if unknown. */
    total: number | null;
    /** The recent rate; for an ended job, the average over its whole run. */
    perSecond: number;
  })[];
  /** What limits the job's speed. */
  heldBackBy: "source" | "pace" | "starts" | "slots" | "stragglers" | "store" | "nothing";
  /** Durations of the ended chunks on their workers; quantiles are at most 7 % too high. */
  chunkTook: {
    /** The number of ended chunks. */
    count: number;
    /** The median; null before the first chunk has ended. */
    p50: string | null;
    /** The 95th percentile; null like p50. */
    p95: string | null;
    /** The longest; null like p50. */
    max: string | null;
  };
  /** The items of the busiest node, divided by the mean over all participating nodes. */
  skew: number;
  /** An estimate of how many seconds additional slots would save; null unless slots limit the job. */
  gain: {
    /** The number of additional slots. */
    slots: number;
    /** The seconds that they would save. */
    seconds: number;
  } | null;
  /** The chunks that take much longer than others, longest first. */
  stragglers: ({
    /** The chunk's number. */
    no: number;
    /** The node that runs it. */
    node: string | null;
    /** How long it has been running. */
    runningFor: string | null;
    /** The node of the chunk's second run. */
    secondRunOn: string | null;
  })[];
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
  scopes: ("read" | "submit" | "operate" | "admin" | "run")[];
  /** The definitions that the key may run, if it has the scope run: names, in which * stands for any text. */
  definitions: string[];
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
  scopes: ("read" | "submit" | "operate" | "admin" | "run")[];
  /** When the key expires, a time in the future; null for never. */
  expiresAt?: string | null;
  /** The definitions that the key may run, with the scope run only: names, in which * stands for any text. By default all. */
  definitions?: string[] | null;
}

/** Lines found in the output of several tasks. */
export interface LogMatches {
  /** The lines. */
  items: ({
    task: string;
    /** The stream. */
    stream: "stdout" | "stderr";
    /** The line's number in its stream. */
    line: number;
    /** The line, or up to 1,000 bytes around the match in a long line. */
    text: string;
  })[];
  /** Whether the search covered all output so far of all tasks that the filters match. It covers at most the first 16 MiB of a stream. If false, use filters such as createdBefore to search the rest. */
  complete: boolean;
}

/** The names of files that are not stored. */
export interface MissingFiles {
  /** The names, in the order of the request. The other files stay stored for at least a day. */
  missing: string[];
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
  /** What it offers besides slots, by name: cpu in cores, memory in bytes, others in units. Empty if the node is lost or gone. */
  resources: Record<string, NodeResource>;
  /** The GPUs that it gives out, and which tasks have them. Empty if the node is lost or gone. */
  gpus: NodeGpu[];
  /** The limits of tasks that it can enforce. */
  enforces: ("memoryBytes" | "cpuTime" | "processes" | "openFiles")[];
  /** How it can isolate commands, as its worker proved after its start: sandbox, container, both or neither. */
  isolates: ("none" | "sandbox" | "container")[];
  /** Whether it can give tasks cores to themselves: resources.pin. */
  pins: boolean;
}

/** A change of a node's state. */
export interface NodeChange {
  /** When the state changed. */
  at: string;
  /** The new state. ready includes busy. */
  state: "ready" | "draining" | "lost" | "gone";
}

/** A GPU of a node. */
export interface NodeGpu {
  /** Its number on the machine, as in TASK_GPUS. */
  index: number;
  /** The task that has it; null if none has. */
  task: string | null;
}

/** One resource of a node. */
export interface NodeResource {
  /** How much tasks may reserve. */
  offered: number;
  /** How much is reserved: for tasks at the node, and for those that queues may send there. */
  reserved: number;
}

/** Messages to people about events, by mail or in a chat. */
export interface Notification {
  /** The name. */
  name: string;
  on: ("failed" | "recovered" | "late" | "attention")[];
  match: NotificationMatch;
  to: NotificationTarget;
  quiet: QuietHours | null;
  /** The shortest time between two messages. */
  digest: string;
  template: NotificationTemplate | null;
  /** Whether it is paused. */
  paused: boolean;
  /** When it was created. */
  createdAt: string;
  /** When its settings were last changed. */
  changedAt: string;
  /** When the last message was sent; null for never. */
  sentAt: string | null;
  /** How many events wait for the next message. */
  waiting: number;
  /** When sending began to fail; null if the last try succeeded. */
  failingSince: string | null;
  /** Why the last try failed; null if it succeeded. */
  failure: string | null;
}

/** Which events a notification reports, to whom, and when. */
export interface NotificationSpec {
  on: ("failed" | "recovered" | "late" | "attention")[];
  to: NotificationTarget;
  match?: NotificationMatch | null;
  quiet?: QuietHours | null;
  /** The shortest time between two messages, from 1s to 1d; by default 1m. */
  digest?: string | null;
  template?: NotificationTemplate | null;
  /** Whether it is paused: it sends nothing, and skips what happens meanwhile. */
  paused?: boolean | null;
}

/** The outcome of a test of a notification. */
export interface NotificationTest {
  /** Whether the target took the message. */
  sent: boolean;
  /** Why the target did not take it; null if it did. */
  failure: string | null;
}

/** A time of a schedule, and what became of it. */
export interface Occurrence {
  /** The time before jitter; for several occurrences, the first. */
  time: string;
  /** The time of the last of several consecutive skipped or missed occurrences. */
  until: string;
  /** The number of occurrences. */
  count: number;
  /** Why it occurred: its time came, a caller triggered it, a backfill covers it, or a file appeared. */
  kind: "time" | "trigger" | "backfill" | "file";
  /** What became of it. */
  outcome: "pending" | "started" | "skipped" | "missed";
  /** Why the occurrence was skipped. */
  reason: "overlap" | "queue-full" | "blackout" | null;
  /** The path of the file that it is for; null if it is for none. */
  file: string | null;
  /** When the occurrence was started. */
  startedAt: string | null;
  /** The id of the task that it started. */
  task: string | null;
  /** The id of the job that it started. */
  job: string | null;
  /** The id of the workflow that it started. */
  workflow: string | null;
  /** The state of the task, job or workflow. */
  state: string | null;
}

/** A cancel or retry of tasks. */
export interface Operation {
  id: string;
  /** What was requested. */
  action: "task.cancel" | "task.retry";
  /** The task's id, or the filters of a bulk call. */
  target: string | null;
  /** When it was requested. */
  at: string;
  /** The header Otask-Reason of the call. */
  reason: string | null;
  /** The number of tasks that the operation changed. */
  changed: number;
  /** When the last change can no longer be undone; null if nothing can be undone. */
  undoUntil: string | null;
  /** The number of tasks that were returned to their previous state. */
  undone: number;
}

/** When output arrived: a mark for each change of the stream, and some in between. */
export interface OutputIndex {
  /** The attempt. */
  attempt: number;
  /** The sizes of the streams. */
  streams: {
    /** Standard output. */
    stdout: OutputSize;
    /** Standard error. */
    stderr: OutputSize;
  };
  /** In the order of arrival. From one mark to the next, only the mark's stream arrived, until the first 10,000 marks are used up. Empty if the worker sends none. */
  marks: ({
    /** The stream. */
    stream: "stdout" | "stderr";
    /** The first byte of the stream that arrived then. */
    offset: number;
    /** The number of the line, in its stream, that this byte is part of. */
    line: number;
    /** When it arrived. */
    at: string;
  })[];
}

/** Lines found in the output of an attempt. */
export interface OutputMatches {
  /** The attempt that was searched; 0 if the task has not started. */
  attempt: number;
  /** The lines. */
  matches: ({
    /** The stream. */
    stream: "stdout" | "stderr";
    /** The byte at which the first match in the line begins; for a pattern with nested counts in a long line, the byte at which the line begins. */
    offset: number;
    /** The line's number in its stream. */
    line: number;
    /** The line, or up to 1,000 bytes around the match in a long line. */
    text: string;
  })[];
  /** Whether the search covered all output so far. */
  complete: boolean;
  /** Pass it as from to continue; null if the search is complete. */
  next: string | null;
}

/** The size of a stream. */
export interface OutputSize {
  /** The number of bytes. */
  bytes: number;
  /** Null if more than 1 MiB arrived after the last mark, so that its lines are not counted. */
  lines: number | null;
}

/** The lines that the latest successful task of a definition printed. */
export interface PrintedChoices {
  /** The definition that a parameter names in choicesFrom. */
  definition: string;
  /** The choices, each once, in the order in which they were printed. */
  values: string[];
  /** The task that printed them; null if none has succeeded, and for keys without the scope read. */
  task: string | null;
  /** When that task ended; null if none has succeeded. */
  printedAt: string | null;
  /** Whether more was printed than is read, or than there may be choices. */
  truncated: boolean;
  /** How many lines are no choices, because they are too long, not UTF-8, or have a NUL character. */
  leftOut: number;
  /** Why there are no choices, and what to do; null if there are some. */
  problem: string | null;
}

/** How far an attempt has come, as its command or handler reported it last. */
export interface Progress {
  /** With at most two decimals. */
  percent: number;
  /** What the command is doing; empty if it does not say. */
  message: string;
  /** When the report arrived. */
  at: string;
  /** When the attempt ends if it continues at its pace; null without a pace, and when the task has ended. */
  endsAt: string | null;
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
  strategy: "leastLoaded" | "roundRobin" | "pack";
  /** Times in which the queue starts no tasks; running tasks continue. */
  blackouts: Blackout[];
  /** How commands of the queue's tasks and jobs are isolated at least. */
  minimumIsolation: "none" | "sandbox";
  /** What held the queue's tasks back in the last 5 minutes, largest share first, as this gateway read it within the last seconds; empty if no task was queued, null if there are too many queues to count. */
  heldBy: HeldShare[] | null;
}

/** A change of a queue. Omitted settings stay as they are; null sets the default. */
export interface QueueChange {
  /** How tasks are spread over nodes. */
  strategy?: "leastLoaded" | "roundRobin" | "pack" | null;
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
  /** Times in which the queue starts no tasks; running tasks continue. */
  blackouts?: Blackout[] | null;
  /** Commands of the queue's tasks and jobs are isolated at least so, whatever their specs say. In effect for what starts after the call has answered. */
  minimumIsolation?: "none" | "sandbox" | null;
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
  /** When the present blackout ends; null outside blackouts, and if it has no known end. */
  blackoutUntil: string | null;
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

/** A command that nodes get in waves. */
export interface Rollout {
  id: string;
  /** The name; by default the task's. */
  name: string;
  /** The queue that runs the rollout: its task's. */
  queue: string;
  /** halted: too many nodes failed, and nothing more is started until someone resumes, retries or cancels. */
  state: "running" | "halted" | "succeeded" | "failed" | "cancelled";
  /** The current wave; the first is 1. */
  wave: number;
  /** The labels that a node must carry to be selected. */
  select: Record<string, string> | null;
  /** Rising totals of nodes. */
  waves: (number | string)[] | null;
  /** How many nodes may fail before nothing more is started. */
  maxFailed: number | string | null;
  /** The time between the end of a wave and the start of the next. */
  pause: string | null;
  /** How long after the start a node that was away still gets the command when it is back. */
  catchUp: string | null;
  /** During a pause between waves: when the next one begins. */
  nextWaveAt: string | null;
  /** The task as submitted, without secretEnv. */
  task: TaskSpec | null;
  /** The number of nodes in each state. */
  nodes: {
    /** Their turn has not come. */
    pending: number;
    /** They took no work when their turn came. */
    away: number;
    /** Their tasks have not ended. */
    open: number;
    /** Their tasks have succeeded. */
    succeeded: number;
    /** Their tasks have failed. */
    failed: number;
  };
  /** When the rollout was started. */
  createdAt: string;
  /** When the rollout ended. */
  endedAt: string | null;
  /** When its cancellation was requested. */
  cancelRequestedAt: string | null;
}

/** Nodes whose commands ended alike. */
export interface RolloutGroup {
  /** The number of nodes. */
  count: number;
  /** The ids of the nodes. */
  nodes: string[];
  /** The exit code of their commands. */
  exitCode: number | null;
  /** The signal that ended their commands. */
  signal: string | null;
  reason: Reason | null;
  /** The lines of the output's end that the nodes have in common, without numbers, ids and times. */
  sample: string;
}

/** A node of a rollout. */
export interface RolloutNode {
  /** The node's id. */
  node: string;
  /** What became of the node. */
  state: "pending" | "away" | "open" | "succeeded" | "failed";
  /** How many tasks the node was given, without those that were taken back before they started. */
  tries: number;
  /** The id of the latest task. */
  task: string | null;
  /** The task's state; null once the service has deleted the task after the retention time. */
  taskState: State | null;
  reason: Reason | null;
  /** The exit code of the task's command. */
  exitCode: number | null;
  /** When the task started. */
  startedAt: string | null;
  /** When the task ended. */
  endedAt: string | null;
}

/** If a schedule cannot be read because its time zone no longer exists on the machine, task, job, workflow and the fields for its times are null. */
export interface Schedule {
  /** The schedule's id. */
  id: string;
  /** The queue in which the schedule starts tasks, jobs or workflows. */
  queue: string;
  /** Increases by one with each change. */
  version: number;
  /** The times, as in the schedule's body; omitted with every. */
  cron?: string;
  /** The IANA name of cron's time zone; omitted with every. */
  timeZone?: string;
  /** The interval; omitted with cron. */
  every?: string;
  /** As submitted, without secretEnv; null if the schedule starts something else. */
  task: TaskSpec | null;
  /** As submitted; null if the schedule starts something else. */
  job: JobSpec | null;
  /** As submitted, without secretEnv; null if the schedule starts something else. */
  workflow: WorkflowSpec | null;
  /** The definition that supplies the task, job or workflow; null if the schedule names none. */
  definition: ScheduledDefinition | null;
  /** The earliest time of an occurrence; with every, the time of the first one. */
  startAt: string | null;
  /** The end of the schedule, exclusive. */
  endAt: string | null;
  /** What happens if the task, job or workflow of an earlier occurrence has not ended. */
  overlap: "skip" | "allow" | "queueOne" | null;
  /** An occurrence that the service could not process within this time is missed. */
  startWithin: string | null;
  /** Which missed occurrences run. */
  catchUp: "none" | "one" | "all" | null;
  /** With catchUp all: the maximum number of occurrences that run, newest first. */
  catchUpLimit: number | null;
  /** Each occurrence is delayed by a fixed part of this time. */
  jitter: string | null;
  /** Names of calendars: times that none of them has fall out; empty if there is no such condition. */
  only: string[] | null;
  /** Names of calendars: times that one of them has fall out. */
  except: string[] | null;
  /** What happens to a time in a blackout of the queue. */
  onBlackout: "after" | "skip" | null;
  /** How long after an occurrence's time its task, job or workflow should have ended; null if nothing is expected. */
  expectBy: string | null;
  /** The folder whose files start occurrences, as submitted; null if the times do. */
  files: WatchedFolder | null;
  /** Why the folder cannot be watched, or not all of it; null if it can. */
  folderProblem: FolderProblem | null;
  /** Whether nothing starts by itself. */
  paused: boolean;
  /** When the schedule was created. */
  createdAt: string;
  /** The time of the last occurrence that was started, not counting backfills. */
  lastRun: string | null;
  /** Up to five next times, before jitter; empty while the schedule is paused. */
  nextRuns: string[];
}

/** The slots that the schedules of the next hours need, in steps from now on. */
export interface ScheduleLoad {
  /** The start of the first step: now. */
  from: string;
  /** The length of a step. */
  step: string;
  /** The slots that each step needs on average. The estimate is the median of the schedule's latest five runs for a task, and the latest run for a workflow. It ignores jitter. */
  slotsNeeded: number[];
  /** The slots of all nodes that currently accept work. */
  slots: number;
  /** The number of schedules that the estimate does not include: those of jobs, those of workflows with more than 20,000 tasks, and those without an ended run. */
  unknown: number;
  /** False if there are too many schedules or times to examine. */
  complete: boolean;
}

/** The next times that a schedule would have. */
export interface SchedulePreview {
  /** The times, before jitter. */
  times: string[];
  /** The first times that fall out by calendars, up to the last of the times. */
  leftOut: ({
    /** The time. */
    at: string;
    /** The calendar of except that has the time; null if no calendar of only has it. */
    calendar: string | null;
  })[];
  /** Sentences about the first changes of the time zone's clocks up to the last time shown, at most ten years ahead, and about times that do not exist or occur twice. Empty with every. */
  notes: string[];
}

/** Figures over time. */
export interface SeriesList {
  /** The start of the first step. */
  from: string;
  /** The length of a step. */
  step: string;
  /** The time from which values exist in this resolution; null if there are none. */
  since: string | null;
  /** The figures that the query matches. */
  series: ({
    /** The figure's name. */
    name: string;
    /** Empty for a plain number. */
    unit: string;
    /** The queue, node, reason or grain; null for the whole service. The key 'other' stands for everything without its own series. */
    key: string | null;
    /** One value per step; null if unknown. */
    values: (number | null)[];
  })[];
}

/** Who the caller is, and what it may do. */
export interface Session {
  /** The name of the key; null without a key. */
  name: string | null;
  /** The id of the key; null without a key. */
  keyId: string | null;
  /** What the caller may do; without a key, all scopes if no key is required. */
  scopes: ("read" | "submit" | "operate" | "admin" | "run")[];
  /** When the browser's session ends, or the key expires; null for never. */
  expiresAt: string | null;
  /** Whether this gateway requires a key. */
  needsKey: boolean;
}

/** The figures of a silo's process. */
export interface SiloDetail {
  /** The silo's name. */
  name: string;
  /** When the silo began to count. */
  since: string;
  /** The number of processors that the process uses. */
  cpu: number | null;
  /** The working set of the process. */
  memoryBytes: number;
  /** The 99th percentile of the garbage collection pause per second, over the last 300 seconds. */
  gcPauseP99Ms: number | null;
  /** Work items that wait for a thread. */
  pending: number;
}

/** A request to hide an item that needs attention. */
export interface Snooze {
  /** The item's code. */
  code: AttentionCode;
  /** The item's target. */
  target: string;
  /** A duration from 1s to 7d. */
  for: string;
}

/** What a delivery has started. */
export interface StartedByTrigger {
  id: string;
}

/** What a run of a definition started. */
export interface StartedRun {
  /** What was started. */
  kind: "task" | "job" | "workflow" | "rollout";
  id: string;
  /** The definition's name. */
  definition: string;
  /** The definition's version. */
  version: number;
}

/** Something that happened. */
export interface StoredEvent {
  /** What the event is about. */
  type: "task" | "job" | "node" | "queue" | "schedule" | "workflow" | "rollout";
  /** The id of what the event is about; of a queue, schedule or node, its name. */
  id: string;
  /** The new state of the resource, or what happened to it. */
  state: string;
  /** Only for a task. */
  attempt?: number;
  /** When it happened. */
  at: string;
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

/** A task. */
export interface Task {
  /** The task's id. */
  id: string;
  /** The task's name. */
  name: string;
  /** The queue. */
  queue: string;
  /** The priority, 0 to 9; larger runs first. */
  priority: number;
  state: State;
  /** 0 before the first start; increases with every start. */
  attempt: number;
  /** The node of the latest attempt; null before the first. */
  node: string | null;
  /** When the service accepted the task. */
  createdAt: string;
  /** When the task was last queued. */
  queuedAt: string | null;
  /** When the latest attempt started. */
  startedAt: string | null;
  /** When the task ended. */
  endedAt: string | null;
  /** When a cancel was requested. */
  cancelRequestedAt: string | null;
  /** The exit code of the latest attempt; null if it had none. */
  exitCode: number | null;
  /** The signal that ended the latest attempt, such as SIGKILL; null if none did. */
  signal: string | null;
  reason: Reason | null;
  /** Whether the task failed because its nodes were lost too often. Bulk retry skips such tasks unless its filters have quarantined=true. */
  quarantined: boolean;
  fingerprint: string | null;
  /** Increases with each stored change; 0 in the answer to a submission. */
  version: number;
  /** The workflow and node that the task belongs to; null outside a workflow. */
  workflow: {
    /** The workflow's id. */
    id: string;
    /** The node's name. */
    node: string;
    /** The index of the item of a node with forEach. */
    item: number | null;
  } | null;
  /** The size of the task's result; null without one. At most 65536, except for a node that runs a job. */
  resultBytes: number | null;
  /** How many artifacts the task left; null until it has ended, and if it was to leave none. */
  artifactCount: number | null;
  /** The bytes of all artifacts together; null like artifactCount. */
  artifactBytes: number | null;
  /** Whether the service has removed the artifacts since, because its files exceeded --retention-files. The counts stay. */
  artifactsExpired: boolean;
  /** How far the latest attempt has come, by its own report; null if it reported nothing. */
  progress: Progress | null;
  /** Who submitted the task; null if unknown, as for tasks that schedules start. */
  submittedBy: Actor | null;
  /** The definition that started the task, itself or as a node of a workflow; null without one. */
  definition: {
    /** The definition's name. */
    name: string;
    /** The version, from 1. */
    version: number;
  } | null;
  /** Whether the task was submitted with secretEnv. The values are deleted when the task ends, so it cannot be retried afterwards. */
  hadSecrets: boolean;
  /** The output of the latest attempt. */
  output: {
    /** The bytes of standard output that are kept. */
    stdoutBytes: number;
    /** The bytes of standard error that are kept. */
    stderrBytes: number;
    /** Whether the command wrote more than was kept. */
    truncated: boolean;
    /** The end of the output: at most 4 KiB of each stream, stdout first. */
    tail: string;
  };
  /** The task's labels. */
  labels: Record<string, string>;
  spec: TaskSpec;
}

/** How many tasks were created when. */
export interface TaskHistogram {
  /** Spans of equal length, oldest first; empty if no task matches and the filters have no time. */
  buckets: {
    /** The beginning of the span. */
    from: string;
    /** The number of tasks by state, without states that no task has. */
    byState: Record<string, number>;
  }[];
  /** The end of the last span. */
  to: string | null;
}

/** A task in a list with view=row. */
export interface TaskRow {
  /** The task's id. */
  id: string;
  /** The task's name. */
  name: string;
  /** The queue. */
  queue: string;
  /** The priority, 0 to 9; larger runs first. */
  priority: number;
  state: State;
  /** 0 before the first start; increases with every start. */
  attempt: number;
  /** The node of the latest attempt; null before the first. */
  node: string | null;
  /** When the service accepted the task. */
  createdAt: string;
  /** When the task was last queued. */
  queuedAt: string | null;
  /** When the latest attempt started. */
  startedAt: string | null;
  /** When the task ended. */
  endedAt: string | null;
  /** When a cancel was requested. */
  cancelRequestedAt: string | null;
  /** The exit code of the latest attempt; null if it had none. */
  exitCode: number | null;
  /** The signal that ended the latest attempt, such as SIGKILL; null if none did. */
  signal: string | null;
  reason: Reason | null;
  /** Whether the task failed because its nodes were lost too often. Bulk retry skips such tasks unless its filters have quarantined=true. */
  quarantined: boolean;
  fingerprint: string | null;
  /** Increases with each stored change; 0 in the answer to a submission. */
  version: number;
  /** The workflow and node that the task belongs to; null outside a workflow. */
  workflow: {
    /** The workflow's id. */
    id: string;
    /** The node's name. */
    node: string;
    /** The index of the item of a node with forEach. */
    item: number | null;
  } | null;
  /** The size of the task's result; null without one. At most 65536, except for a node that runs a job. */
  resultBytes: number | null;
  /** How many artifacts the task left; null until it has ended, and if it was to leave none. */
  artifactCount: number | null;
  /** The bytes of all artifacts together; null like artifactCount. */
  artifactBytes: number | null;
  /** Whether the service has removed the artifacts since, because its files exceeded --retention-files. The counts stay. */
  artifactsExpired: boolean;
  /** How far the latest attempt has come, by its own report; null if it reported nothing. */
  progress: Progress | null;
  /** Who submitted the task; null if unknown, as for tasks that schedules start. */
  submittedBy: Actor | null;
  /** The definition that started the task, itself or as a node of a workflow; null without one. */
  definition: {
    /** The definition's name. */
    name: string;
    /** The version, from 1. */
    version: number;
  } | null;
  /** Whether the task was submitted with secretEnv. The values are deleted when the task ends, so it cannot be retried afterwards. */
  hadSecrets: boolean;
  /** The output of the latest attempt. */
  output: {
    /** The bytes of standard output that are kept. */
    stdoutBytes: number;
    /** The bytes of standard error that are kept. */
    stderrBytes: number;
    /** Whether the command wrote more than was kept. */
    truncated: boolean;
  };
  /** The task's labels. */
  labels: Record<string, string>;
  /** The first 200 characters of cmd, or of argv joined with spaces. */
  command: string;
  /** retry.maxAttempts of the spec. */
  maxAttempts: number;
  /** The maximum memory that the latest attempt used. */
  maxRssBytes: number | null;
  /** The batch that the task was submitted with. */
  batch: string | null;
}

/** How many tasks match. */
export interface TaskSummary {
  /** The number of tasks. */
  total: number;
  /** The number of tasks by state, without states that no task has. */
  byState: Record<string, number>;
  /** The number of tasks by the node of their latest attempt. */
  byNode: Record<string, number>;
  /** The number of tasks by exit code. */
  byExitCode: Record<string, number>;
}

/** Something that happened to a task. */
export interface TimelineEntry {
  /** When it happened. */
  at: string;
  /** state: the task or its attempt has a new state. request: a cancel was requested. operator: a retry was requested, or undone. */
  kind: "state" | "request" | "operator";
  /** The new state of the task or of its attempt; null for a request. */
  state: State | null;
  /** The attempt's number; 0 before the first. */
  attempt: number;
  /** The attempt's node; null if there is none. */
  node: string | null;
  reason: Reason | null;
  /** Who requested it: the name of the key, and an unverified claim after 'says'; null if unknown. */
  by: string | null;
  /** The header Otask-Reason of the request. */
  comment: string | null;
}

/** What a worker that joins with the token may be. */
export interface TokenTerms {
  /** The names that the joining node may have; * matches any characters. */
  node?: string;
  /** Labels of the joining node. From then on, only tokens can give labels with these keys. */
  labels?: Record<string, string>;
}

/** A way for other systems to start a definition, without a key. */
export interface Trigger {
  /** The name. */
  name: string;
  /** The path to which deliveries are posted. */
  path: string;
  /** The definition whose latest version each delivery runs. */
  definition: string;
  signature: TriggerSignature;
  parameters: Record<string, {
    /** A JSON pointer into the body. */
    pointer?: string;
    /** A header of the delivery. Senders sign no headers. */
    header?: string;
    /** The value itself. */
    value?: unknown;
  }>;
  filter: {
    pointer?: string;
    header?: string;
    equals?: string;
    /** A regular expression that matches in linear time. It may match anywhere in the value; ^ and $ bind it to the start and the end. */
    matches?: string;
  }[];
  /** The most runs a minute that the trigger starts, at each gateway. */
  rate: number;
  /** Whether deliveries are refused with 410. */
  paused: boolean;
  /** What the trigger is for. */
  description: string;
  /** When the trigger was created. */
  createdAt: string;
  /** When the trigger was last changed. */
  changedAt: string;
  /** The secret that the service has just made. It is shown only this once; otherwise null. */
  secret: string | null;
}

/** What a trigger starts, with which values, and for which deliveries. */
export interface TriggerSpec {
  /** The definition whose latest version each delivery runs. */
  definition: string;
  signature: TriggerSignature;
  parameters?: Record<string, {
    /** A JSON pointer into the body. */
    pointer?: string;
    /** A header of the delivery. Senders sign no headers. */
    header?: string;
    /** The value itself. */
    value?: unknown;
  }> | null;
  filter?: {
    pointer?: string;
    header?: string;
    equals?: string;
    /** A regular expression that matches in linear time. It may match anywhere in the value; ^ and $ bind it to the start and the end. */
    matches?: string;
  }[] | null;
  /** The most runs a minute that the trigger starts, at each gateway. */
  rate?: number | null;
  /** Whether deliveries are refused with 410. */
  paused?: boolean | null;
  /** What the trigger is for. */
  description?: string | null;
}

/** What a delivery would start. */
export interface TriggerTest {
  /** Whether the delivery would start a run, if its signature is valid. */
  starts: boolean;
  /** Whether the signature is valid; null if the request has no signature. */
  signatureValid: boolean | null;
  /** The id by which a repeated delivery is recognized; null if it has none. */
  deliveryId: string | null;
  /** The conditions of the filter, in order. */
  filter: ({
    /** The JSON pointer or the header. */
    of: string;
    /** The value in the delivery, as JSON; null if there is none. */
    found: string | null;
    /** Whether the delivery passes. */
    passes: boolean;
  })[];
  /** The values that the run gets, without those of secret parameters. */
  parameters: Record<string, unknown> | null;
  /** The kind of what would start; null if nothing would. */
  kind: "task" | "job" | "workflow" | "rollout" | null;
  /** The definition's version. */
  version: number | null;
  /** What would start, as JSON; null if nothing would, or the definition has secret parameters. */
  target: Record<string, unknown> | null;
  /** What is wrong with the values, by path. */
  errors: {
    /** The field. */
    path: string;
    /** What is wrong. */
    message: string;
  }[];
}

/** What an undo did. */
export interface Undone {
  operation: string;
  /** The number of tasks that were returned to their previous state, including earlier undos of the operation: a repeated undo changes nothing more and gets the same answer. */
  undone: number;
  /** The number of tasks that were not changed, by reason: started, changed, dependents, workflow, secrets-gone, expired, queue-full, too-late, gone, queue-gone. */
  left: Record<string, number>;
}

/** A file that was uploaded, now or before. */
export interface UploadedFile {
  /** The name: sha256: and the 64 hexadecimal digits of the bytes' SHA-256. */
  file: string;
  /** The size in bytes. */
  bytes: number;
}

/** A receiver of events. */
export interface Webhook {
  id: string;
  /** The address to which events are sent. */
  url: string;
  types: ("task" | "job" | "node" | "queue" | "schedule" | "workflow" | "rollout")[];
  states: ("scheduled" | "queued" | "assigned" | "running" | "succeeded" | "failed" | "cancelled" | "ready" | "draining" | "lost" | "gone" | "changed" | "deleted" | "started" | "skipped" | "missed" | "paused" | "resumed" | "halted" | "late")[];
  names: string[];
  queues: string[];
  schedules: string[];
  /** Only events of tasks, jobs and workflows with all of these labels. */
  labels: Record<string, string>;
  /** Whether nothing is sent; the service keeps the webhook's events as long as all others. */
  paused: boolean;
  /** When the webhook was created. */
  createdAt: string;
  /** When the first of the tries failed since the last success; null if the last try succeeded. */
  failingSince: string | null;
  /** When the receiver answered 410 Gone, which paused the webhook; null if it did not. */
  goneAt: string | null;
  /** The number of failed deliveries that will be tried again. */
  retrying: number;
}

/** An event that was sent to a webhook, with its tries. */
export interface WebhookDelivery {
  /** The delivery's number; each webhook numbers its deliveries from 1. */
  n: number;
  /** The header webhook-id, which is the same for every try. */
  message: string;
  /** The event as it was sent; null if events were missed. */
  event: Record<string, unknown> | null;
  /** The time of the last try. */
  at: string;
  /** open: the delivery will be tried again. missed: events expired before they could be sent; answer lists them. */
  state: "open" | "delivered" | "failed" | "missed";
  /** The number of tries. */
  tries: number;
  /** The HTTP status of the last try; null if there was none. */
  status: number | null;
  /** How long the last try took, in milliseconds. */
  tookMs: number;
  /** When the delivery will be tried again; null if it will not. */
  nextTryAt: string | null;
  /** The first 1 KiB of the last answer, or what went wrong. */
  answer: string | null;
}

/** Tasks and jobs that wait for each other. */
export interface Workflow {
  /** The workflow's id. */
  id: string;
  /** The workflow's name. */
  name: string;
  /** The queue of its nodes. */
  queue: string;
  /** The workflow's state. */
  state: "running" | "succeeded" | "failed" | "cancelled";
  /** Starts at 1 and increases with each retry. */
  run: number;
  /** What it does when a node fails. */
  onFailure: "continue" | "cancel";
  /** The workflow's labels. */
  labels: Record<string, string>;
  /** When it was submitted. */
  createdAt: string;
  /** When the first node started. */
  startedAt: string | null;
  /** When the last node ended. */
  endedAt: string | null;
  /** When its cancellation was requested. */
  cancelRequestedAt: string | null;
  /** The number of nodes. */
  nodes: number;
  /** The number of ended nodes. */
  ended: number;
  /** The number of nodes in each state. */
  byState: Record<string, number>;
  /** Names of nodes that failed, except nodes that may fail. If none did and the workflow is failed, the names of the nodes that somebody cancelled. */
  failedNodes: string[];
}

/** A file that a node of a workflow left. */
export interface WorkflowArtifact {
  /** The name of the node. */
  node: string;
  /** The index of the item, if the node has a forEach; otherwise null. */
  item: number | null;
  /** The task that left the file; the job, if the node runs one. */
  task: string;
  /** The path below the task's working folder. */
  path: string;
  /** The name of the bytes: sha256: and the 64 hexadecimal digits of their SHA-256. */
  file: string;
  /** The size in bytes. */
  bytes: number;
  /** Whether its owner could execute it. */
  executable: boolean;
}

/** A node of a workflow. */
export interface WorkflowNode {
  /** The node's name. */
  name: string;
  state: State;
  reason: Reason | null;
  /** The exit code of the latest attempt. */
  exitCode: number | null;
  /** Whether the workflow can succeed even if this node fails. */
  mayFail: boolean;
  /** The nodes that must end before it starts. */
  after: ({
    /** The node's name. */
    node: string;
    /** How it must end. */
    on: "succeeded" | "failed" | "ended";
  })[];
  /** For a node with forEach or a job: the node's own task, which has no attempts. */
  task: string;
  /** Only for a node that runs a job: the job of the current run; null before it starts. */
  job?: string | null;
  /** When the node's latest attempt started; with forEach, when the first item started; with a job, when the job started. */
  startedAt: string | null;
  /** When the node ended. */
  endedAt: string | null;
  /** What makes the node one task for each item of a list. */
  forEach: {
    /** The node that writes the list. */
    node: string;
    /** Where in its output the list is. */
    from: "result" | "stdout" | "artifacts";
    /** A JSON pointer to the array in the result; for artifacts, a pattern of their paths. */
    select: string;
  } | null;
  /** The items of a node with forEach. */
  elements: {
    /** The number of items; null until the list has been read. */
    total: number | null;
    /** The number of item tasks in each state. */
    byState: Record<string, number>;
  } | null;
  /** Why a node with forEach has no list. */
  detail: string | null;
}

/** The kind of problem. */
export type AttentionCode = "failures-up" | "queue-stuck" | "queue-paused" | "no-node-fits" | "node-lost" | "job-stalled" | "schedule-missed" | "schedule-late" | "schedule-folder" | "rollout-halted" | "webhook-failing" | "webhook-gone" | "store-low-space" | "files-full" | "quarantined" | "submissions-refused" | "submissions-waiting" | "silo-refuses" | "clock-stepped" | "write-refused" | "files-unreachable";

/** bad-result: the command exited with 0 but its result is not JSON or is too large, or it did not start because its inputs exceed 1 MiB. skipped: the task was cancelled because a condition in its after can no longer be met. replaced: a later task with the same key of unique took the task's place. */
export type Reason = "exit" | "signal" | "timeout" | "cancelled" | "spawn-failed" | "node-lost" | "out-of-memory" | "cpu-time" | "expired" | "skipped" | "bad-result" | "job-failed" | "artifact-missing" | "artifact-too-large" | "file-unavailable" | "image-unavailable" | "replaced";

export type State = "scheduled" | "queued" | "assigned" | "running" | "succeeded" | "failed" | "cancelled";
