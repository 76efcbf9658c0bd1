"""Submits a task every 50 ms for some seconds, each until it is acknowledged, then waits for all of them: none may be lost or fail."""
import json, subprocess, sys, time, urllib.error, urllib.request, uuid

KEY = open("/etc/orleanstasks/admin.key").read().strip()


def call(path, body=None, key=None):
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request("http://127.0.0.1:9092" + path, body and json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def insist(*arguments):
    """Calls until there is an answer; returns it, and how long that took."""
    began = time.monotonic()
    while True:
        try:
            return call(*arguments), time.monotonic() - began
        except urllib.error.HTTPError as problem:
            if problem.code not in (429, 503):
                raise
        except OSError:
            pass
        if time.monotonic() - began > 120:
            raise SystemExit("no answer for 120 s")
        time.sleep(0.05)


until = time.monotonic() + float(sys.argv[1])
ids, slowest = [], 0.0
while time.monotonic() < until:
    answer, took = insist("/api/v1/tasks", {"cmd": "sleep 0.2; echo done"}, str(uuid.uuid4()))
    ids.append(answer["id"])
    slowest = max(slowest, took)
    time.sleep(0.05)
states = {}
for id in ids:
    task = insist(f"/api/v1/tasks/{id}?wait=60s")[0]
    state = task["state"]
    states[state] = states.get(state, 0) + 1
    if state != "succeeded" and states[state] == 1:
        print(json.dumps(task))
print(f"{len(ids)} acknowledged, {states.get('succeeded', 0)} succeeded, {len(ids) - states.get('succeeded', 0)} failed, slowest submission {slowest:.1f} s")
sys.exit(0 if set(states) == {"succeeded"} else 1)
