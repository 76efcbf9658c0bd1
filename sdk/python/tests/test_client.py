"""The client, against the service and against a gateway that answers what a test says."""

import hashlib
import hmac
import http.server
import json
import os
import signal
import socket
import threading
import unittest
import unittest.mock
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlsplit

import orleanstasks
from orleanstasks import Client, ServiceError, task, task_spec
from orleanstasks import words
from orleanstasks._http import MOST_IDLE
from orleanstasks.files import Artifact, save_artifact
from orleanstasks.tasks import registry

from .running import LIMIT, Service, ServiceTest


class ServiceClientTests(ServiceTest):
    """Calls that need no worker, or the service's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.busy = Service(os.path.join(cls.folder, "busy"), "--slots", "2", "--webhook-allow", "127.0.0.0/8")
        cls.addClassCleanup(cls.busy.close)
        cls.running = cls.enterClassContext(Client(cls.busy.url))

    def test_run_command(self):
        done = self.running.run("echo $COLOUR; echo oops >&2; exit 3", env={"COLOUR": "blue"}, labels={"who": "me"}, priority=7)
        self.assertEqual(("failed", "exit", 3, {"who": "me"}), (done.state, done.reason, done.exit_code, dict(done.labels)))
        self.assertEqual((b"blue\n", b"oops\n"), (self.running.output(done.id), self.running.output(done.id, "stderr")))
        self.assertEqual([("stdout", "blue\n"), ("stderr", "oops\n")], sorted(((p.stream, p.text) for p in self.running.logs(done.id)), reverse=True))
        self.assertEqual([done.id], [found.id for found in self.running.list(label=["who=me"], state="failed")])
        self.assertEqual(("exit", 3), (self.running.attempts(done.id)[0]["reason"], self.running.attempts(done.id)[0]["exitCode"]))
        self.assertEqual(done.id, self.running.retry(done.id).id)
        self.assertEqual(2, self.running.wait(done.id, LIMIT).attempt)

    def test_list_reads_page_by_page(self):
        ids = self.client.submit_batch([task_spec("true", None, {"queue": "pages", "name": f"n{number}"}) for number in range(25)])
        found = [found.id for found in self.client.list(page_size=7, queue="pages")]
        self.assertEqual(sorted(ids), sorted(found))

    def test_refusal_has_code_detail_and_errors(self):
        with self.assertRaises(ServiceError) as refused:
            self.client.submit("true", timeout="soon", priority=11)
        refusal = refused.exception
        self.assertEqual((422, "invalid-task"), (refusal.status, refusal.code))
        self.assertEqual({"timeout", "priority"}, set(refusal.errors))
        self.assertRegex(str(refusal), "(?s)invalid-task: .*priority: ")
        with self.assertRaises(ServiceError) as refused:
            self.client.get("nothing")
        self.assertEqual((404, "not-found"), (refused.exception.status, refused.exception.code))

    def test_cancel_waiting_task(self):
        waiting = self.client.submit("true")
        self.assertIn("no-", self.client.why(waiting.id)["reasons"][0]["code"])
        self.assertEqual("cancelled", self.client.cancel(waiting.id).state)
        with self.assertRaises(ServiceError) as refused:
            self.client.cancel(waiting.id)
        self.assertEqual("task-finished", refused.exception.code)

    def test_queues(self):
        self.assertEqual(3, self.client.queues.put("narrow", max_running=3)["maxRunning"])
        self.assertTrue(self.client.queues.pause("narrow")["paused"])
        self.assertFalse(self.client.queues.resume("narrow")["paused"])
        self.assertIn("narrow", [queue["name"] for queue in self.client.queues.list()])
        self.client.queues.delete("narrow")
        with self.assertRaises(ServiceError):
            self.client.queues.get("narrow")

    def test_jobs(self):
        job = self.running.jobs.submit({"source": {"stream": {}}, "process": {"builtin": "square"}, "aggregate": [
            {"as": "sum", "op": "sum"}, {"as": "all", "op": "collect"}]})
        self.assertEqual(100, self.running.jobs.append(job["id"], range(100)))
        self.running.jobs.finish(job["id"])
        done = self.running.jobs.wait(job["id"], LIMIT)
        self.assertEqual(("succeeded", sum(n * n for n in range(100))), (done["state"], done["aggregate"]["sum"]))
        self.assertEqual(sorted(n * n for n in range(100)), sorted(self.running.jobs.results(job["id"])))
        self.assertEqual([], self.running.jobs.failures(job["id"]))

    def test_append_outlives_a_kill_of_the_service(self):
        folder = os.path.join(self.own, "data")
        service = Service(folder, "--slots", "2")
        place = ("--http", service.url.split("/")[2], "--grpc", service.master)
        with Client(service.url) as client:
            job = client.jobs.submit({"source": {"stream": {}}, "process": {"builtin": "identity"},
                                      "pace": {"itemsPerSecond": 2000}, "aggregate": [{"as": "sum", "op": "sum"}, {"as": "n", "op": "count"}]})
            appended = []
            feeder = threading.Thread(target=lambda: appended.append(client.jobs.append(job["id"], range(6000))))
            feeder.start()
            self.until("some items are taken", lambda: client.jobs.get(job["id"])["itemsRead"] >= 1000)
            # Supervisor and service at once, as by a power cut.
            with open(os.path.join(folder, "lock")) as lock:
                os.kill(int(lock.read()), signal.SIGKILL)
            service.end(signal.SIGKILL)
            self.addCleanup(Service(folder, "--slots", "2", *place).close)
            feeder.join(LIMIT)
            self.assertEqual([6000], appended)
            client.jobs.finish(job["id"])
            done = client.jobs.wait(job["id"], LIMIT)
        self.assertEqual({"sum": sum(range(6000)), "n": 6000}, done["aggregate"])

    def test_append_continues_the_upload_of_another_program(self):
        def items():
            yield from range(4)
            raise KeyError("the program fails")

        job = self.client.jobs.submit({"source": {"stream": {}}, "process": {"builtin": "identity"}, "aggregate": [{"op": "count"}]})
        upload = "0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1"
        with self.assertRaises(KeyError):
            self.client.jobs.append(job["id"], items(), upload=upload)
        self.assertEqual(4, self.client.jobs.get(job["id"])["itemsRead"])
        self.assertEqual(6, self.client.jobs.append(job["id"], range(6), upload=upload))
        self.assertEqual(6, self.client.jobs.get(job["id"])["itemsRead"])

    def test_files(self):
        os.makedirs(self.path("lib/deep"))
        for name, text in (("in.csv", "b\na\n"), ("lib/deep/run.sh", "#!/bin/sh\nmkdir -p out/x; sort \"$1\" > out/x/sorted.csv; cp note.txt out; chmod +x out/note.txt")):
            with open(self.path(name), "w") as file:
                file.write(text)
        os.chmod(self.path("lib/deep/run.sh"), 0o755)
        done = self.running.run(
            "lib/deep/run.sh in.csv", files={"in.csv": self.path("in.csv"), "lib/": self.path("lib"), "note.txt": b"hello"}, artifacts=["out/**"])
        self.assertEqual("succeeded", done.state, done.tail)
        self.assertEqual([("out/note.txt", 5, True), ("out/x/sorted.csv", 4, False)], [(a.path, a.bytes, a.executable) for a in self.running.artifacts(done.id)])
        self.assertEqual(b"a\nb\n", self.running.artifact(done.id, "out/x/sorted.csv"))
        paths = self.running.save_artifacts(done.id, self.path("got"))
        self.assertEqual([self.path("got/out/note.txt"), self.path("got/out/x/sorted.csv")], paths)
        self.assertEqual([0o777, 0o666], [os.stat(path).st_mode & 0o777 | self.umask() for path in paths])
        with open(paths[1]) as file:
            self.assertEqual("a\nb\n", file.read())
        again = self.running.run("true", files=done.json["spec"]["files"])
        self.assertEqual("succeeded", again.state)

    def test_artifacts_of_workflows_and_jobs(self):
        flow = self.running.workflows.submit({"nodes": [
            {"name": "split", "task": {"cmd": "echo a > a; echo b > b", "artifacts": ["*"]}},
            {"name": "each", "after": ["split"], "forEach": {"node": "split", "from": "artifacts"},
             "task": {"cmd": "cat $TASK_ITEM > out", "artifacts": ["out"]}}]})
        self.running.workflows.wait(flow["id"], LIMIT)
        left = list(self.running.workflows.artifacts(flow["id"]))
        self.assertEqual(
            [("split", None, "a"), ("split", None, "b"), ("each", 0, "out"), ("each", 1, "out")],
            [(a.node, a.item, a.path) for a in left])
        self.assertEqual(b"b\n", self.running.files.get(left[3].file))
        job = self.running.jobs.submit({
            "source": {"items": [1, 2]}, "process": {"builtin": "identity"}, "aggregate": [{"op": "collect"}],
            "results": {"artifact": "ndjson"}})
        self.running.jobs.wait(job["id"], LIMIT)
        kept = list(self.running.jobs.artifacts(job["id"]))
        self.assertEqual([("results.ndjson", 4)], [(a.path, a.bytes) for a in kept])
        with self.assertRaises(ServiceError) as refused:
            list(self.running.workflows.artifacts(job["id"]))
        self.assertEqual("not-found", refused.exception.code)

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_stored_files(self):
        data = os.urandom(700_000)
        with open(self.path("data"), "wb") as file:
            file.write(data)
        name = self.client.files.put(data)
        self.assertEqual((name, []), (self.client.files.put(self.path("data")), self.client.files.missing([name])))
        self.assertEqual(data, self.client.files.get(name))
        self.client.files.save(name, self.path("copy"))
        with open(self.path("copy"), "rb") as file:
            self.assertEqual(data, file.read())
        self.assertEqual(len(data), next(one["bytes"] for one in self.client.files.list(sort="size") if one["file"] == name))
        unknown = "sha256:" + "0" * 64
        self.assertEqual([unknown], self.client.files.missing([unknown, name]))
        with self.assertRaises(ServiceError):
            self.client.files.save(unknown, self.path("none"))
        self.assertEqual(["copy", "data"], sorted(os.listdir(self.own)))
        self.assertEqual(self.client.files.put(b""), self.client.files.entries({"a": b"", "b": b""})[1]["file"])

    def test_definitions(self):
        definition = {"parameters": [{"name": "x", "required": True}], "task": {"argv": ["printf", "%s", "${param.x}"]}}
        self.assertEqual(1, self.running.definitions.put("py/say", definition)["version"])
        started = self.running.definitions.run("py/say", {"x": "a 'b' $(c)"}, idempotency_key="once")
        self.assertEqual(started, self.running.definitions.run("py/say", {"x": "a 'b' $(c)"}, idempotency_key="once"))
        self.assertEqual(b"a 'b' $(c)", self.running.output(self.running.wait(started["id"], LIMIT).id))
        self.assertEqual([started["id"]], [run["id"] for run in self.running.definitions.runs("py/say")])
        self.assertEqual(["py/say"], [found["name"] for found in self.running.definitions.list(prefix="py/")])
        self.assertEqual([], self.running.definitions.choices("py/say"))
        self.running.definitions.put("py/pick", {"parameters": [{"name": "x", "type": "choice", "choicesFrom": "py/say"}], "task": {"cmd": "true"}})
        self.assertEqual([["a 'b' $(c)"]], [printed["values"] for printed in self.running.definitions.choices("py/pick")])
        self.running.definitions.delete("py/pick")
        self.running.definitions.delete("py/say")

    def test_schedules(self):
        schedule = self.running.schedules.put("hourly", {"cron": "0 * * * *", "task": task_spec("echo tick", None, {})})
        self.assertEqual("hourly", schedule["id"])
        self.assertTrue(self.running.schedules.pause("hourly")["paused"])
        self.assertFalse(self.running.schedules.resume("hourly")["paused"])
        self.assertEqual(b"tick\n", self.running.output(self.running.wait(self.running.schedules.trigger("hourly")["id"], LIMIT).id))
        self.assertEqual(["hourly"], [found["id"] for found in self.running.schedules.list()])
        self.running.schedules.delete("hourly")

    def test_calendars(self):
        put = self.running.calendars.put("days-off", {"days": ["2031-12-24"], "zone": "Europe/Berlin"})
        self.assertEqual(("days-off", 1, ["2031-12-24"]), (put["name"], put["version"], put["days"]))
        hourly = {"cron": "0 * * * *", "except": ["days-off"], "task": task_spec("true", None, {})}
        self.running.schedules.put("but-days-off", hourly)
        self.assertEqual("2031-12-23T23:00:00.000Z", self.running.calendars.get("days-off")["next"][0]["from"])
        with self.assertRaises(ServiceError) as refused:
            self.running.calendars.delete("days-off")
        self.assertEqual("calendar-in-use", refused.exception.code)
        self.running.schedules.delete("but-days-off")
        self.assertEqual(["days-off"], [found["name"] for found in self.running.calendars.list()])
        self.running.calendars.delete("days-off")
        self.assertEqual([], list(self.running.calendars.list()))

    def test_triggers(self):
        definition = {"parameters": [{"name": "ref"}], "task": {"argv": ["printf", "%s", "${param.ref}"]}}
        self.running.definitions.put("py/deploy", definition)
        trigger = {"definition": "py/deploy", "parameters": {"ref": {"pointer": "/ref"}}, "signature": {"kind": "github"}}
        made = self.running.triggers.put("py-deploy", trigger)
        self.assertEqual("/triggers/py-deploy", made["path"])
        rotated = self.running.triggers.rotate("py-deploy")["secret"]
        self.assertNotIn(rotated, (None, made["secret"]))
        self.assertIsNone(self.running.triggers.put("py-deploy", trigger)["secret"])

        def deliver(secret):
            body = b'{"ref":"a \'b\'"}'
            signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
            headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
            sent = urllib.request.Request(self.busy.url + made["path"], body, headers, method="POST")
            with urllib.request.urlopen(sent, timeout=LIMIT) as answer:
                return json.load(answer)["id"]

        with self.assertRaises(urllib.error.HTTPError) as refused:
            deliver(made["secret"])
        self.addCleanup(refused.exception.close)
        self.assertEqual(401, refused.exception.code)
        started = self.running.wait(deliver(rotated), LIMIT)
        self.assertEqual(b"a 'b'", self.running.output(started.id))
        self.assertEqual(["py-deploy"], [found["name"] for found in self.running.triggers.list()])
        self.running.triggers.delete("py-deploy")
        self.running.definitions.delete("py/deploy")

    def test_notifications(self):
        posted = http.server.HTTPServer(("127.0.0.1", 0), Scripted)
        posted.asked, posted.script = [], [(200, {}, b"ok"), (404, {}, b"no_service")]
        self.addCleanup(posted.server_close)
        address = f"http://127.0.0.1:{posted.server_port}/hook"
        put = self.running.notifications.put("py-ops", {"on": ["failed"], "to": {"slack": address}, "digest": "5m"})
        self.assertEqual(("py-ops", {"slack": address}, "5m"), (put["name"], put["to"], put["digest"]))
        reader = threading.Thread(target=posted.serve_forever, daemon=True)
        reader.start()
        self.addCleanup(posted.shutdown)
        self.assertEqual({"sent": True, "failure": None}, self.running.notifications.test("py-ops"))
        self.assertIn("py-ops", json.loads(posted.asked[0][3])["text"])
        refused = self.running.notifications.test("py-ops")
        self.assertEqual((False, True), (refused["sent"], "404" in refused["failure"]))
        self.assertEqual("py-ops", self.running.notifications.get("py-ops")["name"])
        self.assertEqual(["py-ops"], [found["name"] for found in self.running.notifications.list()])
        self.running.notifications.delete("py-ops")
        self.assertEqual([], list(self.running.notifications.list()))

    def test_events_follow_changes(self):
        followed = self.client.events()
        found = threading.Event()

        def follow():
            for event in followed:
                if event.json().get("id") in ids:
                    found.set()
                    return

        ids = set()
        reader = threading.Thread(target=follow, daemon=True)
        reader.start()

        def submit():
            ids.add(self.client.submit("true", queue="events").id)
            return found.is_set()

        self.until("an event of a task", submit)
        reader.join(LIMIT)


class Scripted(http.server.BaseHTTPRequestHandler):
    """Answers one request after another as the script says, and notes what was asked."""

    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.server.script.pop(0)
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do

    def log_message(self, *_):
        pass


class Kept(http.server.ThreadingHTTPServer):
    """Remembers its connections, so that a test can end them."""

    def process_request(self, request, client_address):
        self.kept.append(request)
        super().process_request(request, client_address)


class RepeatTests(unittest.TestCase):
    """What the client repeats, and what it does not."""

    TASK = json.dumps({"id": "t1", "name": "true", "queue": "default", "state": "queued"}).encode()

    def setUp(self):
        self.server = Kept(("127.0.0.1", 0), Scripted)
        self.server.asked, self.server.script, self.server.kept = [], [], []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.client = self.enterContext(Client(f"http://127.0.0.1:{self.server.server_port}", "otk_1", max_retries=2, longest_retry_after=1))

    def asks(self, *script):
        self.server.script += script

    def problem(self, status, code, **headers):
        return (status, headers, json.dumps({"code": code, "detail": code}).encode())

    def test_submission_is_repeated_under_one_key(self):
        self.asks(self.problem(503, "not-ready", **{"Retry-After": "0"}), (0, {}, b""), (202, {}, self.TASK))
        self.assertEqual("t1", self.client.submit("true").id)
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in self.server.asked}
        self.assertEqual((3, 1), (len(self.server.asked), len(keys)))
        self.assertEqual({"Bearer otk_1"}, {headers["Authorization"] for _, _, headers, _ in self.server.asked})

    def test_submission_is_repeated_while_an_earlier_try_is_answered(self):
        self.asks((0, {}, b""), self.problem(409, "in-flight", **{"Retry-After": "0"}), (202, {}, self.TASK))
        self.assertEqual("t1", self.client.submit("true").id)
        self.assertEqual(1, len({headers["Idempotency-Key"] for _, _, headers, _ in self.server.asked}))

    def test_submission_gives_up(self):
        self.asks(*[self.problem(503, "not-ready", **{"Retry-After": "0"})] * 3)
        with self.assertRaises(ServiceError) as refused:
            self.client.submit("true")
        self.assertEqual((503, "not-ready", 0.0, 3), (refused.exception.status, refused.exception.code, refused.exception.retry_after, len(self.server.asked)))

    def test_long_pause_is_left_to_the_caller(self):
        self.asks(self.problem(429, "queue-full", **{"Retry-After": "60"}))
        with self.assertRaises(ServiceError) as refused:
            self.client.submit("true")
        self.assertEqual((60.0, 1), (refused.exception.retry_after, len(self.server.asked)))

    def test_cancel_is_repeated_only_after_a_refusal(self):
        self.asks(self.problem(429, "rate-limited", **{"Retry-After": "0"}), (202, {}, self.TASK))
        self.assertEqual("t1", self.client.cancel("t1").id)
        self.asks((0, {}, b""))
        with self.assertRaises(OSError):
            self.client.cancel("t1")
        self.assertEqual(3, len(self.server.asked))

    def test_other_refusals_are_not_repeated(self):
        for status, code in ((422, "invalid-task"), (409, "task-finished")):
            self.asks(self.problem(status, code))
            with self.assertRaises(ServiceError):
                self.client.submit("true")
        self.assertEqual(2, len(self.server.asked))

    def test_append_is_repeated_under_one_upload_and_offset(self):
        def accepted(count):
            return 202, {}, json.dumps({"accepted": count}).encode()

        # An answer is lost; the service is away for a moment, and then has nothing of the item.
        self.asks((0, {}, b""), self.problem(503, "not-ready", **{"Retry-After": "0"}), accepted(0), accepted(1))
        self.assertEqual(1, self.client.jobs.append("j1", [{"a": 2}]))
        paths = [urlsplit(path) for _, path, _, _ in self.server.asked]
        uploads = {parse_qs(path.query)["upload"][0] for path in paths}
        self.assertEqual(1, len(uploads))
        self.assertEqual({"/api/v1/jobs/j1/items"}, {path.path for path in paths})
        self.assertEqual("7", uploads.pop()[14])
        self.assertEqual([b'{"a": 2}\n', b"", b"", b'{"a": 2}\n'], [body for _, _, _, body in self.server.asked])

    def test_append_gives_up_on_a_bad_item_at_once(self):
        self.asks(self.problem(422, "invalid-item"))
        with self.assertRaises(ServiceError):
            self.client.jobs.append("j1", [1])
        self.assertEqual(1, len(self.server.asked))

    def test_append_gives_up_after_its_patience(self):
        self.asks(self.problem(503, "not-ready", **{"Retry-After": "0"}), self.problem(503, "not-ready", **{"Retry-After": "0"}))
        with self.assertRaises(ServiceError):
            self.client.jobs.append("j1", [1], patience=0)
        self.assertEqual(1, len(self.server.asked))

    def test_logs_continue_after_a_break(self):
        def event(number, text):
            return f"id: {number}\ndata: {json.dumps({'stream': 'stdout', 'offset': number, 'text': text, 'attempt': 1})}\n\n".encode()

        stream = {"Content-Type": "text/event-stream"}
        self.asks((200, stream, event(1, "a") + b"id: 2\ndata: {\"str"), (200, stream, event(2, "b") + b"event: end\ndata: {}\n\n"))
        self.assertEqual("ab", "".join(piece.text for piece in self.client.logs("t1", follow=True)))
        self.assertEqual([None, "1"], [headers.get("Last-Event-ID") for _, _, headers, _ in self.server.asked])

    def test_events_continue_from_the_position_before_the_first(self):
        stream = {"Content-Type": "text/event-stream"}
        self.asks((200, stream, b"id: p0\n\nid: p1\n"), (200, stream, b'id: p1\ndata: {"id": "t1"}\n\n'))
        events = self.client.events()
        event = next(events)
        events.close()
        self.assertEqual(("p1", {"id": "t1"}), (event.id, event.json()))
        self.assertEqual([None, "p0"], [headers.get("Last-Event-ID") for _, _, headers, _ in self.server.asked])

    def test_events_go_on_however_often_streams_without_any_end_after_a_while(self):
        stream = {"Content-Type": "text/event-stream"}
        self.asks(*[(200, stream, b": still here\n\n")] * 5, (200, stream, b'id: p1\ndata: {"id": "t1"}\n\n'))
        # With this limit, every stream counts as open for a while.
        with unittest.mock.patch("orleanstasks._http.LONGEST_PAUSE", 0.0):
            events = self.client.events()
            self.assertEqual({"id": "t1"}, next(events).json())
            events.close()

    def test_events_give_up_when_streams_end_at_once(self):
        self.asks(*[(200, {"Content-Type": "text/event-stream"}, b": still here\n\n")] * 3)
        with unittest.mock.patch("orleanstasks._http.FIRST_PAUSE", 0.01), self.assertRaises(OSError):
            next(self.client.events())
        self.assertEqual(3, len(self.server.asked))

    def test_failures_are_read_to_their_end(self):
        self.asks(
            (200, {}, b'{"items": [{"item": 1}], "nextCursor": "c"}'),
            (200, {}, b'{"items": [{"item": 2}], "nextCursor": null}'))
        self.assertEqual([{"item": 1}, {"item": 2}], self.client.jobs.failures("j1"))
        self.assertEqual(["c"], parse_qs(urlsplit(self.server.asked[1][1]).query)["cursor"])

    def test_few_idle_connections_are_kept(self):
        self.asks(*[(202, {}, self.TASK)] * (MOST_IDLE + 5))
        for _ in range(MOST_IDLE + 5):
            self.client.cancel("t1")
        self.assertEqual(MOST_IDLE, len(self.client._gateway._idle))

    def test_connections_that_a_restart_has_ended_cost_no_try(self):
        self.asks(*[(200, {}, self.TASK)] * 7)
        answers = [self.client._gateway.open("GET", "/") for _ in range(6)]
        for answer in answers:
            answer.read()
            answer.close()
        self.assertEqual(6, len(self.client._gateway._idle))
        for connection in self.server.kept:
            connection.shutdown(socket.SHUT_RDWR)
        self.assertEqual("t1", self.client.get("t1").id)
        self.assertEqual(7, len(self.server.asked))

    def test_connection_that_ends_while_it_is_reused_costs_no_try(self):
        client = self.enterContext(Client(f"http://127.0.0.1:{self.server.server_port}", max_retries=0))
        self.asks((200, {}, self.TASK), (0, {}, b""), (200, {}, self.TASK))
        client.get("t1")
        self.assertEqual("t1", client.get("t1").id)
        self.assertEqual(3, len(self.server.asked))

    def test_connection_is_kept(self):
        self.asks((200, {}, self.TASK), (200, {}, self.TASK))
        self.client.get("t1")
        connection = self.client._gateway._idle[0].sock
        self.client.get("t1")
        self.assertIs(connection, self.client._gateway._idle[0].sock)


class SpecTests(unittest.TestCase):
    def test_members_and_durations(self):
        from datetime import datetime, timedelta, timezone
        spec = task_spec(None, ["a"], {
            "timeout": timedelta(minutes=1), "kill_grace": 0.5, "run_at": datetime(2026, 1, 2, tzinfo=timezone.utc), "env": {"A_B": "c_d"},
            "retry": {"max_attempts": 3, "backoff": 1, "on": {"out-of-memory": {"max_attempts": 2, "memory_factor": 2}}},
            "limits": {"cpu_time": timedelta(seconds=2), "memory_bytes": 5}})
        self.assertEqual({
            "argv": ["a"], "timeout": "60000ms", "killGrace": "500ms", "runAt": spec["runAt"], "env": {"A_B": "c_d"},
            "retry": {"maxAttempts": 3, "backoff": "1000ms", "on": {"out-of-memory": {"maxAttempts": 2, "memoryFactor": 2}}},
            "limits": {"cpuTime": "2000ms", "memoryBytes": 5}}, spec)
        self.assertEqual(datetime(2026, 1, 2, tzinfo=timezone.utc), datetime.fromisoformat(spec["runAt"]))
        with self.assertRaises(TypeError):
            task_spec(None, None, {})

    def test_task_merges_its_options(self):
        @task(retries=2, queue="q", requires={"gpu": "yes"}, retry={"max_backoff": "1m"})
        def merged(a: str, b: int = 2) -> None: ...

        self.assertEqual({
            "argv": ["merged", "x", "3"], "name": "merged", "result": True, "queue": "q", "requires": {"gpu": "yes", "handler/merged": "true"},
            "retry": {"fatalExitCodes": [2, 3], "maxAttempts": 3, "maxBackoff": "1m"}, "priority": 9},
            merged.options(priority=9).spec("x", 3))
        with self.assertRaisesRegex(ValueError, "cannot be the name of a task"):
            task(lambda: None)
        self.assertRaises(RuntimeError, orleanstasks.current)

    def test_fatal_exit_codes_are_added_to_those_of_functions(self):
        @task(retry={"fatal_exit_codes": ["64-78", 3]})
        def strict(a: int) -> int:
            return a

        self.assertEqual([2, 3, "64-78"], strict.spec(1)["retry"]["fatalExitCodes"])

    def declare(self, file, body, module="module"):
        """Declares a function `declared` as a module does."""
        names = {"task": task, "__name__": module}
        exec(compile(f"@task(handler='declared')\ndef declared(a: str) -> object:\n    {body}\n", file, "exec"), names)
        return names["declared"]

    def test_function_without_a_body_is_only_declared(self):
        with unittest.mock.patch.dict(registry, clear=True):
            for body in ("...", "pass", "'''What it does.'''", "'''What\n    it does.'''\n    ..."):
                self.assertEqual(["declared", "x"], self.declare("/a.py", body).spec("x")["argv"])
                self.assertEqual({}, registry, body)
            served = self.declare("/b.py", "return None if a else 1")
            self.declare("/a.py", "...")
            self.assertEqual({"declared": served}, registry)

            @task
            async def declared_async() -> None: ...

            self.assertEqual({"declared": served}, registry)

    def test_two_functions_of_one_name_are_refused(self):
        with unittest.mock.patch.dict(registry, clear=True):
            self.declare("/a.py", "return 1")
            expected = "Two functions have the name 'declared': declared of /a.py and declared of /b.py"
            with self.assertRaisesRegex(ValueError, expected):
                self.declare("/b.py", "return 2")
            # A module is reloaded, or was started as a program.
            for module in ("module", "__main__"):
                again = self.declare("/a.py", "return 3", module)
                self.assertIs(again, registry["declared"])
            # Cells of a notebook are in files of their own.
            self.assertIs(self.declare("/cell-2", "return 4", "__main__"), registry["declared"])

    def test_files_that_cannot_be_sent(self):
        with Client("http://127.0.0.1:1", max_retries=0) as client:
            with self.assertRaises(FileNotFoundError):
                client.files.entries({"a": "/nothing/here"})
            with self.assertRaisesRegex(ValueError, "is a folder: its path must end with '/'"):
                client.files.entries({"a": "/usr"})
            self.assertEqual([{"path": "a", "file": "f"}], client.files.entries([{"path": "a", "file": "f"}]))
        with self.assertRaisesRegex(TypeError, "stored first"):
            task_spec("true", None, {"files": {"a": b""}})
        for path in ("../a", "/a", "a//b", "a/./b", ""):
            with self.assertRaisesRegex(ValueError, "is not a path below a folder"):
                save_artifact(None, Artifact(path, "", 0, False), "/nothing")

    def test_arguments_come_back(self):
        def function(path: str, width: int, *rest: float, mode: str | None = None, any=None, **more: int): ...

        for args, kwargs in (
                (("a b.png", 200), {}), (("--x", 200, 1.5), {"mode": "a b", "z": 3}), (("", -5), {"mode": None}), (("5", 5), {"any": {"ü": [1, None]}}),
                (("a", 1), {"any": "5"}), (("a", 1), {"mode": "null"})):
            encoded = words.encode(function, args, kwargs)
            decoded = words.decode(function, encoded)
            self.assertEqual((list(args), kwargs), (decoded[0], decoded[1]), encoded)

    def test_arguments_that_could_not_come_back(self):
        def function(path: str = "", *rest: str, **more: int): ...

        for value in (None, 5, b"a", True):
            for args, kwargs in (((value,), {}), (("", value), {}), ((), {"path": value})):
                expected = "must be a str, as its annotation says, not " + type(value).__name__
                with self.assertRaisesRegex(TypeError, expected):
                    words.encode(function, args, kwargs)
        for name in ("dry-run", "a=b"):
            with self.assertRaisesRegex(TypeError, f"'{name}' cannot be given by its name"):
                words.encode(function, (), {name: 1})
        self.assertEqual(["--dry_run=1"], words.encode(function, (), {"dry_run": 1}))

    def test_command_lines(self):
        for line, expected in (
                ('resize --width 10 "my photo.jpg"', ["resize", "--width", "10", "my photo.jpg"]), ("a '' \\'", ["a", "", "'"]),
                ('a "b\\"c\\d"', ["a", 'b"c\\d']), ("a 'x|y' #", None), ("a | b", None), ("a 'b", None), ("", None), ("a $X", None)):
            if expected is None:
                with self.assertRaises(ValueError):
                    words.split(["/bin/sh", "-c", line])
            else:
                self.assertEqual(expected, words.split(["/bin/sh", "-c", line]))


if __name__ == "__main__":
    unittest.main()
