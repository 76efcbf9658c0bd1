import { signal } from "@preact/signals";
import { call, needsKey, send } from "./client";
import { Problem } from "./problem";
import type { Session } from "./types";

/** Who the reader is; null while that is unknown, as with a gateway that does not tell. */
export const session = signal<Session | null>(null);

/** Asks who the reader is. A gateway that cannot tell is used as it is: what the key lacks shows when it is refused. */
export async function startSession(): Promise<void> {
  try {
    const who = await (await call("GET", "/session")).json() as Session;
    session.value = who;
    needsKey.value = !who.name && who.needsKey === true;
  } catch (thrown) {
    const problem = Problem.from(thrown);
    if (problem && problem.status !== 404 && problem.status !== 405 && problem.status !== 401)
      return;
    // Something that every reader may see tells whether a key is needed.
    if (problem?.status !== 401)
      await call("GET", "/nodes").catch(() => {});
  }
}

/** Trades a key for a session; throws the Problem of a key that is not valid. */
export async function signIn(key: string): Promise<void> {
  const answer = await call("POST", "/session", { headers: { authorization: `Bearer ${key}` } });
  session.value = await answer.json() as Session;
  needsKey.value = false;
}

/** Ends the session. */
export async function signOut(): Promise<void> {
  await send("DELETE", "/session").catch(() => {});
  session.value = null;
  window.location.assign("/");
}

/** Why an action with this scope is not possible; undefined when it may be. */
export function lacks(scope: string): string | undefined {
  const who = session.value;
  // A gateway that needs no key lets whoever brings none do everything.
  if (!who || (!who.name && !who.needsKey))
    return undefined;
  return !who.scopes.some((has) => has === scope) ? `Needs a key with the scope ${scope}` : undefined;
}
