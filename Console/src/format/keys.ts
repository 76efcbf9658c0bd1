import type { Key } from "../api/types";

/** The scopes, and what each lets a key do. */
export const scopes: [string, string][] = [
  ["read", "see everything but what administrators see"], ["submit", "submit, cancel and retry tasks, jobs and workflows"],
  ["operate", "change queues and nodes, and with submit schedules; cancel and retry by filters"], ["admin", "keys, join tokens, webhooks, triggers, notifications and the audit"],
  ["run", "run definitions, and see what they started"],
];

/** How long a new key may be valid, in days; 0 is for ever. */
export const terms: [number, string][] = [[0, "Never"], [7, "In 7 days"], [30, "In 30 days"], [90, "In 90 days"], [365, "In a year"]];

/** When a key of a term expires, as the gateway takes it; null for never. */
export const endOf = (days: number, now: number): string | null => days === 0 ? null : new Date(now + days * 86_400_000).toISOString();

/** Whether a key is refused because its time is over. */
export const isOver = (key: Pick<Key, "expiresAt">, now: number): boolean => key.expiresAt !== null && Date.parse(key.expiresAt) <= now;

/** What is typed to have a key revoked: its name, or its id when it has none that can be typed. */
export const typedFor = (key: Pick<Key, "id" | "name">): string => /^[!-~]+( [!-~]+)*$/.test(key.name) ? key.name : key.id;
