// Submits a task and prints its output: OTASK_URL=http://127.0.0.1:9092 node submit.js 'echo hello'
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Task = components["schemas"]["Task"];

const key = process.env.OTASK_KEY;
const client = createClient<paths>({
  baseUrl: process.env.OTASK_URL ?? "http://127.0.0.1:9092",
  headers: key ? { Authorization: `Bearer ${key}` } : {},
});

async function submit(cmd: string): Promise<Task> {
  const { data, error } = await client.POST("/api/v1/tasks", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { cmd, labels: { from: "typescript" }, retry: { maxAttempts: 2 } },
  });
  if (!data || !("id" in data)) throw new Error(`${error?.code}: ${error?.detail}`);
  return data;
}

async function ended(id: string): Promise<Task> {
  for (;;) {
    const { data, error } = await client.GET("/api/v1/tasks/{id}", { params: { path: { id }, query: { wait: "60s" } } });
    if (!data) throw new Error(`${error?.code}: ${error?.detail}`);
    if (data.state === "succeeded" || data.state === "failed" || data.state === "cancelled") return data;
  }
}

const task = await ended((await submit(process.argv[2] ?? "echo hello")).id);
const { data: output } = await client.GET("/api/v1/tasks/{id}/output/stdout", { params: { path: { id: task.id } }, parseAs: "text" });
console.log(`${task.state}: ${output}`.trimEnd());
const { response } = await client.GET("/api/v1/tasks/{id}", { params: { path: { id: "unknown" } } });
console.log(`unknown task: ${response.status}`);
