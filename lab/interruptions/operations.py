"""Operations of several steps. Each one is repeated by a thread until an interruption cuts it; then its check says what must hold.

A check looks at what was acknowledged (all of it is there), at the operation that was cut (all of it or nothing, or it goes on
by itself), repeats that one, and compares the audit with what happened."""
import http.server, json, subprocess, threading, time, urllib.parse, uuid

from installations import Cut, Refused, until


class Operation(threading.Thread):
    """One thread. <run_one(n)> does the operation once with names that nobody else uses; <check_one(n, was_cut)> judges it."""
    title = ""
    expected = "acknowledged: there; cut: all or nothing, and its repetition completes it; the audit says the same"
    pause = 0.0

    def __init__(self, place, round_):
        super().__init__(daemon=True)
        self.place, self.api, self.round = place, place.api, round_
        self.count, self.cut, self.fault, self.note = 0, None, None, {}
        self.stopping = threading.Event()

    def key(self, n):
        return f"{type(self).__name__.lower()}-{self.round}-{n}"

    def run(self):
        try:
            self.prepare()
            while not self.stopping.is_set():
                n = self.count
                self.note[n] = {}
                self.run_one(n)
                self.count += 1
                self.stopping.wait(self.pause)
        except (Cut, Refused) as cut:
            # Refused: the interruption fell between two calls of the operation.
            self.cut = cut
        except BaseException as fault:
            self.fault = fault

    def check(self):
        """How many were acknowledged, and whether one was cut. Raises AssertionError."""
        if self.fault:
            raise self.fault
        # All of the last ones, and some of those before: a check costs calls.
        last = range(max(0, self.count - 4), self.count)
        for n in sorted({*last, *range(0, self.count, max(1, self.count // 6))}):
            self.check_one(n, False)
        if self.cut and self.count in self.note:
            self.check_one(self.count, True)
        return self.count, self.cut is not None

    def prepare(self):
        pass

    def get(self, path, *expected):
        status, answer = self.api.patient("GET", path)
        assert status in (expected or (200,)), f"GET {path}: {status} {answer}"
        return answer if status < 300 else None

    def send(self, method, path, body=None, *expected, **more):
        status, answer = self.api.patient(method, path, body, **more)
        assert status < 300 or status in expected, f"{method} {path}: {status} {answer}"
        return status, answer

    def items(self, path):
        found, cursor = [], None
        while True:
            page = self.get(path + (("&" if "?" in path else "?") + "cursor=" + urllib.parse.quote(cursor) if cursor else ""))
            found += page["items"]
            cursor = page.get("nextCursor")
            if not cursor:
                return found

    def audit(self, action, target):
        return self.items(f"/api/v1/audit?action={action}&target={urllib.parse.quote(target)}&limit=1000")

    def by_state(self, query):
        states = self.get("/api/v1/tasks/summary?" + query)["byState"]
        return {state: count for state, count in states.items() if count}


class Submit(Operation):
    title = "submit a task"

    def run_one(self, n):
        self.note[n]["key"] = str(uuid.uuid4())
        self.note[n]["id"] = self.api.ok("POST", "/api/v1/tasks", self.spec(n), headers={"Idempotency-Key": self.note[n]["key"]})["id"]

    def spec(self, n):
        return {"cmd": "true", "labels": {"op": self.key(n)}}

    def check_one(self, n, was_cut):
        if was_cut:
            assert sum(self.by_state(f"label=op={self.key(n)}").values()) <= 1
            self.note[n]["id"] = self.send("POST", "/api/v1/tasks", self.spec(n), headers={"Idempotency-Key": self.note[n]["key"]})[1]["id"]
        ended = self.get(f"/api/v1/tasks/{self.note[n]['id']}?wait=60s")
        assert ended["state"] == "succeeded", ended
        assert self.by_state(f"label=op={self.key(n)}") == {"succeeded": 1}


class Batch(Operation):
    title = "submit a batch"
    size = 60

    def run_one(self, n):
        self.note[n]["key"] = str(uuid.uuid4())
        self.post(n, self.api.ok)

    def post(self, n, call):
        return call("POST", "/api/v1/tasks/batch", {"tasks": [{"cmd": "true", "labels": {"op": self.key(n)}}] * self.size},
                    headers={"Idempotency-Key": self.note[n]["key"]})

    def check_one(self, n, was_cut):
        if was_cut:
            found = sum(self.by_state(f"label=op={self.key(n)}").values())
            assert found in (0, self.size), f"{found} tasks of {self.size} of a batch"
            self.post(n, self.send)
        until("the batch succeeds", lambda: self.by_state(f"label=op={self.key(n)}") == {"succeeded": self.size}, 90)


class Held(Operation):
    """Operations on tasks of three paused queues."""
    size = 25

    def prepare(self):
        self.queues = [f"{self.key('q')}{i}" for i in range(3)]
        for queue in self.queues:
            self.api.ok("PUT", f"/api/v1/queues/{queue}", {"paused": True})

    @property
    def total(self):
        return self.size * len(self.queues)

    def fill(self, n):
        for queue in self.queues:
            self.api.ok("POST", "/api/v1/tasks/batch", {"tasks": [{"cmd": "true", "queue": queue, "labels": {"op": self.key(n)}}] * self.size})

    def bulk(self, action, n, call):
        return call("POST", f"/api/v1/tasks/{action}?label=op={self.key(n)}")

    def counted(self, action, n):
        """What the audit says was changed by a bulk call of this operation."""
        return sum(record["count"] for record in self.items(f"/api/v1/audit?action=task.{action}&limit=1000")
                   if record["target"].endswith(self.key(n)))


class BulkCancel(Held):
    title = "cancel by filter"
    expected = "cut: some or all are cancelled, the repetition cancels the rest; the audit counts each task once"

    def run_one(self, n):
        self.fill(n)
        self.note[n]["began"] = True
        self.bulk("cancel", n, self.api.ok)

    def check_one(self, n, was_cut):
        if not self.note[n].get("began"):
            return
        cancelled = self.by_state(f"label=op={self.key(n)}").get("cancelled", 0)
        assert was_cut or cancelled == self.total, cancelled
        assert self.counted("cancel", n) == cancelled, f"{cancelled} cancelled, audit {self.counted('cancel', n)}"
        if was_cut:
            self.bulk("cancel", n, self.send)
            assert self.by_state(f"label=op={self.key(n)}") == {"cancelled": self.total}
            assert self.counted("cancel", n) == self.total


class BulkRetry(Held):
    title = "retry by filter"
    expected = "cut: some or all are queued again, the repetition queues the rest; the audit counts each task once"

    def run_one(self, n):
        self.fill(n)
        self.bulk("cancel", n, self.api.ok)
        self.note[n]["began"] = True
        self.bulk("retry", n, self.api.ok)

    def check_one(self, n, was_cut):
        if not self.note[n].get("began"):
            return
        queued = self.by_state(f"label=op={self.key(n)}").get("queued", 0)
        assert was_cut or queued == self.total, queued
        assert self.counted("retry", n) == queued
        if was_cut:
            self.bulk("retry", n, self.send)
            assert self.by_state(f"label=op={self.key(n)}") == {"queued": self.total}
            assert self.counted("retry", n) == self.total


class UndoCancel(Held):
    title = "undo a bulk cancel"
    expected = "cut: the repetition returns the rest, each task once"
    action, back = "cancel", "queued"

    def run_one(self, n):
        self.fill(n)
        self.change(n)
        self.note[n]["began"] = True
        self.api.ok("POST", f"/api/v1/operations/{self.note[n]['operation']}/undo")

    def change(self, n):
        self.note[n]["operation"] = self.bulk("cancel", n, self.api.ok)["operation"]

    def check_one(self, n, was_cut):
        if not self.note[n].get("began"):
            return
        if was_cut:
            _, undone = self.send("POST", f"/api/v1/operations/{self.note[n]['operation']}/undo")
            assert undone["undone"] == self.total, undone
        assert self.by_state(f"label=op={self.key(n)}") == {self.back: self.total}, self.by_state(f"label=op={self.key(n)}")
        counts = sum(record["count"] for record in self.audit("task.undo", self.note[n]["operation"]))
        assert counts == self.total, f"audit of the undo counts {counts}"
        known = self.get(f"/api/v1/operations/{self.note[n]['operation']}")
        assert known["changed"] == self.total, known


class UndoRetry(UndoCancel):
    title = "undo a bulk retry"
    back = "cancelled"

    def change(self, n):
        self.bulk("cancel", n, self.api.ok)
        self.note[n]["operation"] = self.bulk("retry", n, self.api.ok)["operation"]


class Setting(Operation):
    """Creating, changing and deleting one thing of a kind."""
    kind, create, change, delete_action = "", "", [], ""

    def path(self, n):
        return f"/api/v1/{self.kind}/{self.key(n)}"

    def is_there(self, n):
        return self.get(self.path(n), 200, 404) is not None

    def run_one(self, n):
        self.note[n]["step"] = "create"
        self.make(n, self.api.ok)
        self.note[n]["step"] = "change"
        self.alter(n)
        self.note[n]["step"] = "delete"
        self.api.ok("DELETE", self.path(n))
        self.note[n]["step"] = "deleted"

    def check_one(self, n, was_cut):
        step, there = self.note[n].get("step"), self.is_there(n)
        created, deleted = len(self.audit(self.create, self.key(n))), len(self.audit(self.delete_action, self.key(n)))
        if step == "create":
            assert bool(created) == there, f"there: {there}, in the audit: {created}"
            self.make(n, self.send)
        elif step == "change":
            assert there and not deleted
        elif step == "delete":
            assert bool(deleted) != there, f"there: {there}, deletions in the audit: {deleted}"
        else:
            assert not there and deleted == 1, f"there: {there}, deletions in the audit: {deleted}"
            return
        self.send("DELETE", self.path(n), None, 404)
        assert not self.is_there(n) and len(self.audit(self.delete_action, self.key(n))) == 1


class Queue(Setting):
    title, kind, create, delete_action = "make, change and delete a queue", "queues", "queue.put", "queue.delete"

    def make(self, n, call):
        return call("PUT", self.path(n), {"maxRunning": 3})

    def alter(self, n):
        task = self.api.ok("POST", "/api/v1/tasks", {"cmd": "true", "queue": self.key(n), "runAt": "2199-01-01T00:00:00Z"})["id"]
        self.note[n]["task"] = task
        self.api.ok("PUT", self.path(n), {"maxDepth": 7})
        self.api.ok("POST", f"/api/v1/tasks/{task}/cancel")

    def check_one(self, n, was_cut):
        if self.note[n].get("task"):
            # Deleting takes open tasks as a reason to refuse.
            self.send("POST", f"/api/v1/tasks/{self.note[n]['task']}/cancel", None, 409)
        elif self.note[n].get("step") == "change" and was_cut:
            self.send("POST", f"/api/v1/tasks/cancel?queue={self.key(n)}")
        super().check_one(n, was_cut)


class Schedule(Setting):
    title, kind, create, delete_action = "make, change and delete a schedule", "schedules", "schedule.put", "schedule.delete"

    def make(self, n, call):
        return call("PUT", self.path(n), {"every": "365d", "task": {"cmd": "true"}})

    def alter(self, n):
        self.api.ok("PUT", self.path(n), {"every": "300d", "task": {"cmd": "false"}})


class Webhook(Setting):
    title, kind, create, delete_action = "make, change, rotate and delete a webhook", "webhooks", "webhook.create", "webhook.delete"

    def path(self, n):
        return f"/api/v1/webhooks/{self.note[n].get('id', 'none')}"

    def url(self, n):
        return f"http://{self.key(n)}.invalid/hook"

    def find(self, n):
        return next((one["id"] for one in self.items("/api/v1/webhooks") if one["url"] == self.url(n)), None)

    def is_there(self, n):
        self.note[n].setdefault("id", self.find(n) or "none")
        return self.find(n) is not None

    def make(self, n, call):
        if self.note[n].get("id", "none") == "none":
            answer = call("POST", "/api/v1/webhooks", {"url": self.url(n), "types": ["rollout"]})
            self.note[n]["id"] = (answer[1] if isinstance(answer, tuple) else answer)["id"]

    def alter(self, n):
        for what in ("pause", "rotate", "resume"):
            self.api.ok("POST", f"{self.path(n)}/{what}")

    def audit(self, action, target):
        n = int(target.rsplit("-", 1)[1])
        return super().audit(action, self.note[n].get("id") or "none")


class Key(Setting):
    title, kind, create, delete_action = "create and revoke a key", "keys", "key.create", "key.revoke"

    def find(self, n):
        return next((one["id"] for one in self.items("/api/v1/keys") if one["name"] == self.key(n)), None)

    def path(self, n):
        return f"/api/v1/keys/{self.note[n].get('id', 'none')}"

    def is_there(self, n):
        self.note[n].setdefault("id", self.find(n) or "none")
        return self.find(n) is not None

    def make(self, n, call):
        if self.note[n].get("id", "none") == "none":
            answer = call("POST", "/api/v1/keys", {"name": self.key(n), "scopes": ["read"]})
            answer = answer[1] if isinstance(answer, tuple) else answer
            self.note[n].update(id=answer["id"], secret=answer["key"])

    def alter(self, n):
        status, answer = self.api("GET", "/api/v1/tasks?limit=1", headers={"Authorization": f"Bearer {self.note[n]['secret']}"})
        assert status == 200, answer

    def audit(self, action, target):
        n = int(target.rsplit("-", 1)[1])
        return super().audit(action, self.note[n].get("id") or "none")

    def check_one(self, n, was_cut):
        super().check_one(n, was_cut)
        if "secret" in self.note[n]:
            asked = {"Authorization": f"Bearer {self.note[n]['secret']}"}
            until("the revoked key is refused", lambda: self.api.patient("GET", "/api/v1/tasks?limit=1", headers=asked)[0] == 401, 20)


class Toggle(Operation):
    """Pausing and resuming one thing that stays."""
    title = "pause and resume a queue, a schedule and a webhook"
    expected = "the state is that of the last acknowledged call, or of the one that was cut; the audit's latest record is that state"

    def prepare(self):
        self.ids = {"queues": self.key("t"), "schedules": self.key("t")}
        self.api.ok("PUT", f"/api/v1/queues/{self.ids['queues']}", {"paused": False})
        self.api.ok("PUT", f"/api/v1/schedules/{self.ids['schedules']}", {"every": "365d", "task": {"cmd": "true"}})
        self.ids["webhooks"] = self.api.ok("POST", "/api/v1/webhooks", {"url": f"http://{self.key('t')}.invalid/", "types": ["rollout"]})["id"]
        self.last = dict.fromkeys(self.ids, False)
        self.going = None

    def run_one(self, n):
        for kind in self.ids:
            self.going = (kind, not self.last[kind])
            self.set(kind, self.going[1], self.api.ok)
            self.last[kind] = self.going[1]
            self.going = None

    def set(self, kind, paused, call):
        if kind == "queues":
            return call("PUT", f"/api/v1/queues/{self.ids[kind]}", {"paused": paused})
        return call("POST", f"/api/v1/{kind}/{self.ids[kind]}/{'pause' if paused else 'resume'}")

    def check_one(self, n, was_cut):
        if n not in (self.count, self.count - 1) or not hasattr(self, "going"):
            return
        for kind, id_ in self.ids.items():
            paused = self.get(f"/api/v1/{kind}/{id_}")["paused"]
            allowed = {self.last[kind]} | ({self.going[1]} if self.going and self.going[0] == kind else set())
            assert paused in allowed, f"{kind}: paused {paused}, acknowledged {self.last[kind]}, cut {self.going}"
            word = {"queues": ["queue.put"], "schedules": ["schedule.pause", "schedule.resume"],
                    "webhooks": ["webhook.pause", "webhook.resume"]}[kind]
            records = sorted((record for action in word for record in self.audit(action, id_)), key=lambda record: record["at"])
            if records and kind != "queues":
                told = records[-1]["action"].endswith("pause")
                same = [record for record in records if record["at"] == records[-1]["at"]]
                assert told == paused or len(same) > 1, f"{kind}: paused {paused}, the audit's latest is {records[-1]['action']}"
            if records and kind == "queues":
                assert any(record["after"]["paused"] == paused for record in records if record["at"] == records[-1]["at"]), records[-1]
            if was_cut:
                self.set(kind, False, self.send)
                assert not self.get(f"/api/v1/{kind}/{id_}")["paused"]
                self.last[kind] = False
                if self.going and self.going[0] == kind:
                    self.going = None


class Workflow(Operation):
    title = "submit a workflow with forEach"
    expected = "accepted: it ends by itself with each item once; cut: all or nothing, the repetition gets the same workflow"
    width = 120

    def spec(self, n):
        return {"name": self.key(n), "nodes": [
            {"name": "list", "task": {"cmd": f"seq {self.width} | paste -sd, | sed 's/.*/[&]/' > $TASK_RESULT"}},
            {"name": "each", "task": {"cmd": "true"}, "forEach": {"node": "list"}, "after": ["list"]},
            {"name": "last", "task": {"cmd": "true"}, "after": ["each"]}]}

    def run_one(self, n):
        self.note[n]["key"] = str(uuid.uuid4())
        self.post(n, self.api.ok)
        while True:
            if self.api.ok("GET", f"/api/v1/workflows/{self.note[n]['id']}?wait=2s")["state"] != "running":
                return
            if self.stopping.is_set():
                raise Cut("it was still running when the interruption was over")

    def post(self, n, call):
        answer = call("POST", "/api/v1/workflows", self.spec(n), headers={"Idempotency-Key": self.note[n]["key"]})
        self.note[n]["id"] = (answer[1] if isinstance(answer, tuple) else answer)["id"]

    def check_one(self, n, was_cut):
        if "id" not in self.note[n]:
            found = self.items(f"/api/v1/workflows?name={self.key(n)}")
            assert len(found) <= 1, found
            self.post(n, self.send)
            assert not found or found[0]["id"] == self.note[n]["id"]
        path = f"/api/v1/workflows/{self.note[n]['id']}"
        ended = until("the workflow ends", lambda: (lambda one: one if one["state"] != "running" else None)(self.get(path)), 120)
        assert ended["state"] == "succeeded", ended
        tasks = self.by_state(f"workflow={self.note[n]['id']}")
        assert tasks == {"succeeded": self.width + 3}, tasks


class WorkflowCancel(Operation):
    title = "cancel and retry a workflow"
    expected = "cut: repeating cancels or retries all of it; the audit has it if it happened"

    def prepare(self):
        self.queue = self.key("q")
        self.api.ok("PUT", f"/api/v1/queues/{self.queue}", {"paused": True})

    def run_one(self, n):
        nodes = [{"name": f"n{i}", "task": {"cmd": "true"}, **({"after": [f"n{i - 20}"]} if i >= 20 else {})} for i in range(200)]
        self.note[n]["id"] = self.api.ok("POST", "/api/v1/workflows", {"name": self.key(n), "queue": self.queue, "nodes": nodes})["id"]
        for what in ("cancel", "retry"):
            self.note[n]["step"] = what
            self.api.ok("POST", f"/api/v1/workflows/{self.note[n]['id']}/{what}")
        self.note[n]["step"] = "done"

    def check_one(self, n, was_cut):
        if "id" not in self.note[n]:
            return
        id_, step = self.note[n]["id"], self.note[n].get("step")
        state = self.get(f"/api/v1/workflows/{id_}")["state"]
        cancels, retries = len(self.audit("workflow.cancel", id_)), len(self.audit("workflow.retry", id_))
        if step == "cancel":
            assert (state == "cancelled") == bool(cancels), (state, cancels)
            assert self.by_state(f"workflow={id_}") in ({"cancelled": 200}, {"queued": 20, "scheduled": 180})
            self.send("POST", f"/api/v1/workflows/{id_}/cancel", None, 409)
            self.send("POST", f"/api/v1/workflows/{id_}/retry")
        elif step == "retry":
            assert (state == "running") == bool(retries), (state, retries)
            self.send("POST", f"/api/v1/workflows/{id_}/retry", None, 409)
        assert self.get(f"/api/v1/workflows/{id_}")["state"] == "running"
        assert self.by_state(f"workflow={id_}") == {"queued": 20, "scheduled": 180}, self.by_state(f"workflow={id_}")


class FedJob(Operation):
    title = "upload items of a job"
    expected = "the upload goes on from what the job says; each item counts once"
    parts, size = 6, 400

    def run_one(self, n):
        self.note[n].update(key=str(uuid.uuid4()), upload=str(uuid.uuid4()), part=0)
        self.make(n, self.api.ok)
        self.feed(n, self.api.ok)

    def make(self, n, call):
        answer = call("POST", "/api/v1/jobs", {"name": self.key(n), "source": {"stream": {}}, "process": {"builtin": "identity"},
                                               "chunkSize": 100, "aggregate": [{"as": "total", "op": "sum"}, {"as": "n", "op": "count"}]},
                      headers={"Idempotency-Key": self.note[n]["key"]})
        self.note[n]["id"] = (answer[1] if isinstance(answer, tuple) else answer)["id"]

    def feed(self, n, call):
        path = f"/api/v1/jobs/{self.note[n]['id']}"
        while self.note[n]["part"] < self.parts:
            first = self.note[n]["part"] * self.size
            lines = "".join(f"{i}\n" for i in range(first, first + self.size))
            call("POST", f"{path}/items?upload={self.note[n]['upload']}&offset={first}", raw=lines)
            self.note[n]["part"] += 1
        call("POST", f"{path}/close")

    def check_one(self, n, was_cut):
        if was_cut:
            self.make(n, self.send)
            self.note[n]["part"] = max(0, self.note[n]["part"] - 1)
            self.feed(n, lambda method, path, body=None, **more: self.send(method, path, body, 409, **more) if path.endswith("close")
                      else self.send(method, path, body, **more))
        path = f"/api/v1/jobs/{self.note[n]['id']}"
        ended = until("the job ends", lambda: (lambda one: one if one["endedAt"] else None)(self.get(path)), 90)
        total = self.parts * self.size
        assert ended["state"] == "succeeded" and ended["aggregate"] == {"total": total * (total - 1) // 2, "n": total}, ended


class RangeJob(Operation):
    title = "commit the chunks of a job"
    expected = "the job ends by itself, its aggregate is exact"
    items_ = 30000

    def run_one(self, n):
        self.note[n]["key"] = str(uuid.uuid4())
        self.post(n, self.api.ok)
        while not self.api.ok("GET", f"/api/v1/jobs/{self.note[n]['id']}?wait=2s")["endedAt"]:
            if self.stopping.is_set():
                raise Cut("it was still running when the interruption was over")

    def post(self, n, call):
        answer = call("POST", "/api/v1/jobs", {"name": self.key(n), "source": {"range": {"from": 0, "to": self.items_}},
                                               "process": {"builtin": "square"}, "chunkSize": 500, "aggregate": [{"as": "total", "op": "sum"}]},
                      headers={"Idempotency-Key": self.note[n]["key"]})
        self.note[n]["id"] = (answer[1] if isinstance(answer, tuple) else answer)["id"]

    def check_one(self, n, was_cut):
        if was_cut:
            self.post(n, self.send)
        ended = until("the job ends", lambda: (lambda one: one if one["endedAt"] else None)(self.get(f"/api/v1/jobs/{self.note[n]['id']}")), 90)
        assert ended["state"] == "succeeded" and ended["aggregate"] == {"total": sum(i * i for i in range(self.items_))}, ended


class JobCancel(Operation):
    title = "cancel a job"

    def run_one(self, n):
        self.note[n]["id"] = self.api.ok("POST", "/api/v1/jobs", {
            "name": self.key(n), "source": {"range": {"from": 0, "to": 100000}}, "process": {"builtin": "identity"}, "pace": {"itemsPerSecond": 50}})["id"]
        self.api.ok("POST", f"/api/v1/jobs/{self.note[n]['id']}/cancel")

    def check_one(self, n, was_cut):
        if "id" not in self.note[n]:
            for job in self.items(f"/api/v1/jobs?name={self.key(n)}"):
                self.send("POST", f"/api/v1/jobs/{job['id']}/cancel", None, 409)
            return
        path = f"/api/v1/jobs/{self.note[n]['id']}"
        asked = bool(self.get(path)["cancelRequestedAt"])
        records = len(self.audit("job.cancel", self.note[n]["id"]))
        assert asked == bool(records) and (was_cut or asked), f"cancelled: {asked}, in the audit: {records}"
        if was_cut:
            self.send("POST", f"{path}/cancel", None, 409)
        until("the job is cancelled", lambda: self.get(path)["state"] == "cancelled", 30)


class Rollout(Operation):
    title = "start, halt, retry, resume and cancel a rollout"
    expected = "the state is that before or after the call that was cut; repeating completes it; the audit has what happened"

    def begin(self, n, call, part, command, queue="default"):
        answer = call("POST", "/api/v1/rollouts", {"name": f"{self.key(n)}.{part}", "task": {"cmd": command, "queue": queue}, "select": {"role": "fleet"},
                                                   "waves": [1, "100%"]},
                      headers={"Idempotency-Key": self.note[n].setdefault(part, str(uuid.uuid4()))})
        id_ = (answer[1] if isinstance(answer, tuple) else answer)["id"]
        self.note[n][f"{part} id"] = id_
        return id_

    def settle(self, id_, call, *states):
        while True:
            found = call("GET", f"/api/v1/rollouts/{id_}")
            if found["state"] in states:
                return
            if self.stopping.is_set():
                raise Cut("it was still running when the interruption was over")
            time.sleep(0.05)

    def prepare(self):
        self.queue = self.key("q")
        self.api.ok("PUT", f"/api/v1/queues/{self.queue}", {"paused": True})

    def run_one(self, n):
        bad = self.begin(n, self.api.ok, "bad", "false")
        self.settle(bad, self.api.ok, "halted")
        for step, states in (("retry", ("halted",)), ("resume", ("failed", "succeeded", "halted"))):
            self.note[n]["step"] = step
            self.api.ok("POST", f"/api/v1/rollouts/{bad}/{step}")
            self.note[n]["step"] = step + "ed"
            self.settle(bad, self.api.ok, *states)
        held = self.begin(n, self.api.ok, "held", "true", self.queue)
        self.note[n]["step"] = "cancel"
        self.api.ok("POST", f"/api/v1/rollouts/{held}/cancel")
        self.note[n]["step"] = "done"

    def check_one(self, n, was_cut):
        bad = self.begin(n, self.send, "bad", "false")
        step = self.note[n].get("step")
        if step in (None, "retry"):
            until("the rollout halts", lambda: self.get(f"/api/v1/rollouts/{bad}")["state"] == "halted", 60)
            assert len(self.audit("rollout.retry", bad)) <= 1
            self.send("POST", f"/api/v1/rollouts/{bad}/retry", None, 409)
            until("the rollout halts again", lambda: self.get(f"/api/v1/rollouts/{bad}")["state"] == "halted", 60)
        if step in (None, "retry", "retryed", "resume"):
            until("the rollout stands", lambda: self.get(f"/api/v1/rollouts/{bad}")["state"] != "running", 60)
            self.send("POST", f"/api/v1/rollouts/{bad}/resume", None, 409)
        ended = until("the rollout ends", lambda: (lambda one: one if one["state"] not in ("running", "halted") else None)(
            self.get(f"/api/v1/rollouts/{bad}")), 60)
        assert ended["nodes"]["open"] == 0 and ended["nodes"]["pending"] == 0, ended
        assert len(self.audit("rollout.start", bad)) == 1 and len(self.audit("rollout.resume", bad)) >= 1
        held = self.begin(n, self.send, "held", "true", self.queue)
        cancels = len(self.audit("rollout.cancel", held))
        asked = bool(self.get(f"/api/v1/rollouts/{held}")["cancelRequestedAt"])
        assert asked == bool(cancels) and (asked or step != "done"), f"cancelled: {asked}, in the audit: {cancels}"
        self.send("POST", f"/api/v1/rollouts/{held}/cancel", None, 409)
        until("the rollout is cancelled", lambda: self.get(f"/api/v1/rollouts/{held}")["state"] == "cancelled", 60)


class Apply(Operation):
    title = "apply a file with otask"
    expected = "cut: otask says so; the repetition makes everything as the file says"
    pause = 0.5

    def file(self, n):
        path = self.place.folder / f"{self.key(n)}.json"
        path.write_text(json.dumps({
            "queues": [{"name": f"{self.key(n)}-{i}", "maxRunning": i + 1} for i in range(8)],
            "schedules": [{"id": f"{self.key(n)}-{i}", "every": "365d", "task": {"cmd": "true"}} for i in range(8)],
            "webhooks": [{"url": f"http://{self.key(n)}-{i}.invalid/", "types": ["rollout"]} for i in range(3)]}))
        return str(path)

    def apply(self, n):
        return subprocess.run([self.place.otask, "--url", f"http://127.0.0.1:{self.place.http}", "apply", "-f", self.file(n)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def run_one(self, n):
        done = self.apply(n)
        if done.returncode:
            raise Cut(f"otask {done.returncode}: {done.stderr}")

    def check_one(self, n, was_cut):
        if was_cut:
            assert "Unhandled" not in str(self.cut), self.cut
            done = self.apply(n)
            assert done.returncode == 0, done.stderr
        for i in range(8):
            assert self.get(f"/api/v1/queues/{self.key(n)}-{i}")["maxRunning"] == i + 1
            assert self.get(f"/api/v1/schedules/{self.key(n)}-{i}")["every"]
        urls = [hook["url"] for hook in self.items("/api/v1/webhooks")]
        for i in range(3):
            assert urls.count(f"http://{self.key(n)}-{i}.invalid/") == 1, f"{urls.count(f'http://{self.key(n)}-{i}.invalid/')} webhooks"


class Trigger(Operation):
    title = "trigger and backfill a schedule"
    expected = "with its Idempotency-Key, a repetition starts nothing twice; each time is started once"
    pause = 0.1

    def run_one(self, n):
        self.note[n].update(trigger=str(uuid.uuid4()), backfill=str(uuid.uuid4()))
        self.api.ok("PUT", f"/api/v1/schedules/{self.key(n)}",
                    {"every": "1h", "startAt": "2026-01-01T00:00:00Z", "task": {"cmd": "true", "labels": {"op": self.key(n)}}})
        self.note[n]["began"] = True
        self.fire(n, self.api.ok)

    def fire(self, n, call):
        path = f"/api/v1/schedules/{self.key(n)}"
        call("POST", f"{path}/trigger", headers={"Idempotency-Key": self.note[n]["trigger"]})
        call("POST", f"{path}/backfill", {"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T10:00:00Z", "parallel": 4},
             headers={"Idempotency-Key": self.note[n]["backfill"]})

    def check_one(self, n, was_cut):
        if not self.note[n].get("began"):
            return
        if was_cut:
            self.fire(n, self.send)
        until("11 occurrences end", lambda: self.by_state(f"label=op={self.key(n)}").get("succeeded", 0) >= 11, 90)
        assert self.by_state(f"label=op={self.key(n)}") == {"succeeded": 11}
        times = [one["time"] for one in self.items(f"/api/v1/schedules/{self.key(n)}/occurrences?outcome=started&limit=100")]
        assert len(times) == len(set(times)) == 11, times
        self.send("DELETE", f"/api/v1/schedules/{self.key(n)}")


class Drain(Operation):
    title = "drain and resume a worker"
    expected = "the state is that of the last acknowledged call, or of the one that was cut"
    pause = 0.05

    def prepare(self):
        self.last, self.going = "resume", None

    def run_one(self, n):
        for what in ("drain", "resume"):
            self.going = what
            self.api.ok("POST", f"/api/v1/nodes/spare/{what}")
            self.last, self.going = what, None

    def check_one(self, n, was_cut):
        if n < self.count - 1:
            return
        until("the worker is back", lambda: (self.get("/api/v1/nodes/spare", 200, 404) or {}).get("state") not in (None, "lost", "gone"), 60)
        state = self.get("/api/v1/nodes/spare")["state"]
        allowed = {self.last, self.going or self.last}
        assert ("drain" if state.startswith("drain") else "resume") in allowed, (state, allowed)
        records = [record for action in ("node.drain", "node.resume") for record in self.audit(action, "spare")]
        if records:
            at = max(record["at"] for record in records)
            told = {record["action"].split(".")[1] for record in records if record["at"] == at}
            assert ("drain" if state.startswith("drain") else "resume") in told, f"the worker is {state}, the audit's latest is {told}"
        self.send("POST", "/api/v1/nodes/spare/resume")
        self.last, self.going = "resume", None


class Deliveries(Operation):
    """A receiver; it sees each event of the jobs that this thread submits at least once, and always with one content."""
    title = "deliver to a webhook"
    expected = "each event arrives, those after a cut again with the same body"

    def prepare(self):
        self.seen, self.odd = {}, []
        owner = self

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if owner.seen.setdefault(self.headers["webhook-id"], body) != body:
                    owner.odd.append((owner.seen[self.headers["webhook-id"]], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """The sender was killed."""

        self.server = Server(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.hook = self.api.ok("POST", "/api/v1/webhooks",
                                {"url": f"http://127.0.0.1:{self.server.server_port}/", "types": ["job"]})["id"]

    def run_one(self, n):
        self.note[n]["id"] = self.api.ok("POST", "/api/v1/jobs", {"source": {"items": [1]}, "process": {"builtin": "identity"}})["id"]

    def check_one(self, n, was_cut):
        if was_cut:
            return

        def arrived():
            return (self.note[n]["id"], "succeeded") in {(body["id"], body["state"]) for body in map(json.loads, list(self.seen.values()))}
        until("the events of a job arrive", arrived, 90)
        assert not self.odd, self.odd[:1]

    def check(self):
        try:
            return super().check()
        finally:
            if hasattr(self, "hook"):
                self.send("DELETE", f"/api/v1/webhooks/{self.hook}", None, 404)
                self.server.shutdown()


ALL = [Submit, Batch, BulkCancel, BulkRetry, UndoCancel, UndoRetry, Queue, Schedule, Webhook, Key, Toggle, Workflow, WorkflowCancel, FedJob,
       RangeJob, JobCancel, Rollout, Apply, Trigger, Drain, Deliveries]
