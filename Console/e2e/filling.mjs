// What a service holds while people go their ways: many tasks, and what the ways lead to.
const most = 10_000;

/** Calls of a service that fail with what it answered. */
export const callerOf = (url, headers = {}) => async (method, path, body, more = {}) => {
  const answer = await fetch(url + path, { method, headers: { "content-type": "application/json", ...headers, ...more }, body: body && JSON.stringify(body) });
  if (!answer.ok)
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
};

async function submit(call, count, of) {
  for (let left = count; left > 0; left -= most)
    await call("POST", "/api/v1/tasks/batch", { tasks: Array.from({ length: Math.min(most, left) }, (_, i) => of(i)) });
}

async function ended(call, queue) {
  for (;;) {
    const { byState } = await call("GET", `/api/v1/tasks/summary?queue=${queue}`);
    if (!byState.queued && !byState.assigned && !byState.running)
      return;
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** Stores this many tasks by batches: four tenths run, one in a hundred of them fails; three tenths wait in a paused queue; the rest is cancelled. */
export async function fillMany(call, many) {
  await call("PUT", "/api/v1/queues/bulk", { paused: true });
  await call("PUT", "/api/v1/queues/old", { paused: true });
  const [waiting, cancelled] = [Math.floor(many * 0.3), Math.floor(many * 0.3)];
  await submit(call, waiting, (i) => ({ cmd: "true", name: `bulk-${i % 50}`, queue: "bulk", labels: { team: "bulk" } }));
  await submit(call, cancelled, (i) => ({ cmd: "true", name: `old-${i % 50}`, queue: "old" }));
  await call("POST", "/api/v1/tasks/cancel?queue=old");
  await submit(call, many - waiting - cancelled, (i) => i % 100 === 7
    ? { cmd: "echo 'no route to host' >&2; exit 7", name: `copy-${i % 50}`, queue: "run" }
    : { argv: ["/bin/true"], name: `copy-${i % 50}`, queue: "run" });
  await ended(call, "run");
}

/** Makes what the ways lead to: a queue that somebody changed and that fails since then, and tasks that fail, wait and were cancelled. */
export async function prepare(call, failing = 214) {
  await call("PUT", "/api/v1/queues/etl", { maxRunning: 40 });
  await call("PUT", "/api/v1/queues/etl", { maxRunning: 400 }, { "otask-actor": "ari", "otask-reason": "catch up" });
  const failed = await call("POST", "/tasks", { cmd: "echo 'here is the reason' >&2; exit 3", name: "import", queue: "etl" });
  await submit(call, failing, (i) => ({ cmd: "echo 'rsync: write failed: disk quota exceeded (122)' >&2; exit 1", name: `rsync-${i % 20}`, queue: "etl" }));
  const waits = await call("POST", "/tasks", { cmd: "true", name: "train", requires: { gpu: "a100" } });
  const { id: key, key: text } = await call("POST", "/api/v1/keys", { name: "ari-laptop", scopes: ["read", "submit"] });
  const ends = await call("POST", "/tasks", { cmd: "true", name: "nightly-report", queue: "bulk" });
  await call("POST", `/api/v1/tasks/${ends.id}/cancel`, undefined, { authorization: `Bearer ${text}`, "otask-reason": "the report has moved" });
  await ended(call, "etl");
  return { failed: failed.id, waits: waits.id, failing, key };
}

/** Waits until the gateway has noticed that tasks of etl fail: its figures have steps of ten seconds. */
export async function noticed(call) {
  for (let tries = 0; tries < 120; tries++) {
    const { items } = await call("GET", "/api/v1/attention");
    if (items.some(({ code, target }) => code === "failures-up" && target === "etl"))
      return;
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error("The gateway does not say that tasks of the queue etl fail.");
}
