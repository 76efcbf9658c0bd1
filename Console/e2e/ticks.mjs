// A service whose live stream is synthetic: everything else is passed on to the real one.
import { createServer, request } from "node:http";
import { once } from "node:events";

const states = ["queued", "assigned", "running", "succeeded", "failed"];

function tickOf(no) {
  const tasks = Array.from({ length: 200 }, (_, i) => (
    { id: `01a20a7c-f362-7000-8000-${(no * 200 + i).toString(16).padStart(12, "0")}`, version: no, state: states[(no + i) % 5], attempt: 1, node: `w${i % 8}`, reason: i % 5 === 4 ? "exit" : null }));
  return {
    at: new Date(Date.UTC(2026, 0, 1) + no * 1_000).toISOString(), byState: { queued: 1_000 + no % 700, succeeded: no * 10_000, failed: no * 3 }, tasks, more: 9_800,
    queues: [{ name: "bulk", version: 1, paused: true, scheduled: 0, depth: 30_000 + no % 99, running: 0, failedLastDay: 0, oldestQueuedAt: null, maxRunning: null, maxDepth: null, ratePerSecond: null, burst: null, weight: 1, strategy: "leastLoaded", partitions: 1 }],
    nodes: [], jobs: [], schedules: [], attention: [],
  };
}

/** Serves on a port of its own; `send` sends so many ticks, as fast as the page takes them. */
export async function startTicks(url) {
  let stream = null;
  let waiting = () => {};
  const server = createServer((asked, answer) => {
    if (asked.url.startsWith("/api/v1/live")) {
      answer.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      answer.write("id: 0\n\n");
      stream = answer;
      waiting();
      return;
    }
    const passed = request(url + asked.url, { method: asked.method, headers: { ...asked.headers, host: new URL(url).host } }, (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  let no = 0;
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async send(count) {
      for (const end = no + count; no < end; no++) {
        if (!stream || stream.closed || stream.destroyed)
          await new Promise((done) => waiting = done);
        if (!stream.write(`id: ${no}\nevent: tick\ndata: ${JSON.stringify(tickOf(no))}\n\n`))
          await Promise.race([once(stream, "drain"), once(stream, "close")]);
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
