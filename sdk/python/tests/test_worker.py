"""Functions on workers, against the service."""

import base64
import datetime
import errno
import hashlib
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
import types
import unittest
import unittest.mock

import grpc

from orleanstasks import Client, Handle, ServiceError, TaskFailed

from orleanstasks.worker import IdentityRefused, NameTaken, _agent, _files, _identity
from orleanstasks.worker import node_service_pb2 as pb
from orleanstasks.worker._files import Cache, FileFault, Plane, Stopped
from orleanstasks.worker._output import Output

from . import functions
from .running import LIMIT, REPOSITORY, Program, Service, ServiceTest, Worker, has_text, is_alive


class FunctionTests(ServiceTest):
    """What becomes of one function on one worker."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls.start("one", environment={"OTASK_JOIN_TOKEN": ""})
        cls.addClassCleanup(cls.worker.close)

    def on(self, function, **options):
        return function.options(client=self.client, **options)

    def test_submit_returns_the_result(self):
        handle = self.on(functions.resize).submit("a b.png", 200)
        self.assertEqual({"path": "a b.png", "width": 200, "größe": [200, None]}, handle.result(timeout=LIMIT))
        task = handle.task()
        self.assertEqual(("succeeded", 0, "images", "resize", "one", 1),
                         (task.state, task.exit_code, task.queue, task.name, task.node, task.attempt))
        self.assertEqual(["resize", "a b.png", "200"], task.json["spec"]["argv"])
        self.assertEqual("resizing a b.png to 200\n", handle.output())
        self.assertGreater(self.client.attempts(handle.id)[0]["maxRssBytes"], 1_000_000)

    def test_arguments_by_name_and_default(self):
        self.assertEqual(42, self.on(functions.add).submit(b=2, a=40).result(LIMIT))
        self.assertEqual(8, self.on(functions.add).submit(7).result(LIMIT))
        self.assertEqual("--x", self.on(functions.later).submit("--x").result(LIMIT))

    def test_a_command_line_calls_the_function(self):
        task = self.client.run("add 40 --b 2", requires={"handler/add": "true"}, result=True)
        self.assertEqual(("succeeded", 42), (task.state, self.client.result(task.id)))

    def test_exception_fails_with_its_traceback(self):
        handle = self.on(functions.flaky, retry={"max_attempts": 1}).submit(self.own, 1)
        with self.assertRaisesRegex(TaskFailed, "RuntimeError: run 1 fails") as raised:
            handle.result(timeout=LIMIT)
        task = raised.exception.task
        self.assertEqual(("failed", "exit", 1), (task.state, task.reason, task.exit_code))
        errors = handle.output("stderr")
        self.assertRegex(errors, r'^Traceback \(most recent call last\):\n  File ".*functions.py", line \d+, in flaky\n')
        self.assertIsNone(self.client.result(handle.id))

    def test_retries_until_it_succeeds(self):
        handle = self.on(functions.flaky).submit(self.own, 2)
        self.assertEqual(3, handle.result(LIMIT))
        self.assertEqual(["exit", "exit", "exit"], [attempt["reason"] for attempt in self.client.attempts(handle.id)])

    def test_retry_by_cause(self):
        fatal = self.on(functions.flaky).submit(self.own, 3, kind="fatal").wait(LIMIT)
        self.assertEqual(("failed", 3, 1), (fatal.state, fatal.exit_code, fatal.attempt))
        with tempfile.TemporaryDirectory() as folder:
            budget = self.on(functions.flaky, retry={"max_attempts": 1, "backoff": "10ms", "on": {"exit": {"max_attempts": 3, "codes": [75]}}})
            task = budget.submit(folder, 9, kind="exit").wait(LIMIT)
            self.assertEqual(("failed", 75, 3), (task.state, task.exit_code, task.attempt))

    def test_wrong_arguments(self):
        with self.assertRaisesRegex(TypeError, "missing a required argument: 'width'"):
            self.on(functions.resize).submit("a.png")
        with self.assertRaisesRegex(TypeError, "argument a is not JSON"):
            self.on(functions.add).submit(object())
        for words, message in ((["flaky", "x"], "missing a required argument: 'failures'"), (["flaky", "x", "many"], "failures is 'many', which is not JSON"),
                               (["flaky", "x", "1.5"], "failures is 1.5, but it must be int"), (["flaky", "x", "1", "--colour=red"], "unexpected keyword")):
            task = self.client.run(argv=words, requires={"handler/flaky": "true"}, retry={"max_attempts": 3, "fatal_exit_codes": [2]})
            self.assertEqual(("failed", 2, 1), (task.state, task.exit_code, task.attempt), task.tail)
            self.assertIn(message, task.tail)

    def test_unknown_function_is_not_started(self):
        task = self.client.run(argv=["no-such-function"], requires={"handler/add": "true"})
        self.assertEqual(("failed", "spawn-failed"), (task.state, task.reason))
        self.assertIn("This worker has no function 'no-such-function'. It has: add, ", task.tail)
        task = self.client.run("add 1 | cat", requires={"handler/add": "true"})
        self.assertEqual(("failed", "spawn-failed"), (task.state, task.reason))
        self.assertIn("this worker has no shell", task.tail)

    def test_cancel_cleans_up(self):
        handle = self.on(functions.wait_for).submit(self.path("never"), self.path("began"), self.path("cleaned"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        handle.cancel()
        task = handle.wait(LIMIT)
        self.assertEqual(("cancelled", "cancelled"), (task.state, task.reason))
        with open(self.path("cleaned")) as file:
            self.assertEqual("True", file.read())

    def test_cancel_kills_what_goes_on_and_its_processes(self):
        handle = self.on(functions.stubborn).submit(self.path("began"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        with open(self.path("began")) as file:
            own, child = file.read().split()
        self.assertTrue(is_alive(own) and is_alive(child))
        handle.cancel()
        self.assertEqual("cancelled", handle.wait(LIMIT).state)
        self.until("its processes are dead", lambda: not is_alive(own) and not is_alive(child))

    def test_timeout_ends_the_function(self):
        task = self.on(functions.stubborn, timeout="500ms").submit(self.path("began")).wait(LIMIT)
        self.assertEqual(("failed", "timeout"), (task.state, task.reason))

    def test_output_while_it_runs_and_in_its_order(self):
        handle = self.on(functions.chatter).submit(20_000)
        pieces = list(handle.logs(follow=True))
        lines = {"stdout": "", "stderr": ""}
        for piece in pieces:
            lines[piece.stream] += piece.text
        for stream, word in (("stdout", "out"), ("stderr", "err")):
            expected = "".join(f"{word} {line}\n" for line in range(20_000))
            self.assertEqual(expected, lines[stream])
            self.assertEqual(expected, handle.output(stream))
        # The streams take turns, so both arrive in more than one piece.
        self.assertGreater(len(pieces), 3)
        self.assertEqual("succeeded", handle.task().state)

    def test_streams_that_take_turns_keep_their_order(self):
        handle = self.on(functions.take_turns).submit(self.own)
        # Each line is written once the one before has been read.
        for number, piece in enumerate(handle.logs(follow=True)):
            self.assertEqual(f"line {number}\n", piece.text)
            open(self.path(str(number)), "x").close()
        handle.wait(LIMIT)
        self.assertEqual([("stdout", "line 0\n"), ("stderr", "line 1\n"), ("stdout", "line 2\n"), ("stderr", "line 3\n")],
                         [(piece.stream, piece.text) for piece in handle.logs(follow=False)])

    def test_progress_of_a_function_is_that_of_its_task(self):
        task = self.on(functions.report).submit(3_000).wait(LIMIT)
        deadline = time.monotonic() + LIMIT
        while (shown := self.client.get(task.id).json["progress"]) is None or shown["percent"] < 100:
            self.assertLess(time.monotonic(), deadline, f"{shown}")
        self.assertEqual("step 3000", shown["message"])

    def test_output_beyond_its_bound_is_dropped(self):
        task = self.on(functions.chatter, max_output_bytes=1000).submit(1000).wait(LIMIT)
        self.assertEqual((1000, 1000, True), (task.json["output"]["stdoutBytes"], task.json["output"]["stderrBytes"], task.json["output"]["truncated"]))
        self.assertTrue(task.tail.endswith("err 999\n"), task.tail[-20:])
        self.assertEqual(1000, len(self.client.output(task.id)))

    def test_environment_and_context(self):
        handle = self.on(functions.environment, env={"COLOUR": "blue"}, stdin="größe\n").submit()
        self.assertEqual({"id": handle.id, "attempt": 1, "queue": "default", "colour": "blue", "stdin": "größe\n", "inputs": {}, "files": [],
                          "token": None}, handle.result(LIMIT))

    def test_commands_that_need_several_messages(self):
        ids = self.client.submit_batch([self.on(functions.count_input, stdin="x" * 250_000).spec()] * 40)
        self.assertEqual([250_000] * 40, [Handle(id, self.client).result(LIMIT) for id in ids])

    def test_inputs_of_a_workflow(self):
        workflow = self.client.workflows.submit({"nodes": [
            {"name": "first", "task": functions.add.spec(1, 2)},
            {"name": "second", "task": functions.environment.spec(), "after": ["first"]}]})
        self.assertEqual("succeeded", self.client.workflows.wait(workflow["id"], LIMIT)["state"])
        second = next(self.client.list(workflow=workflow["id"], name="environment"))
        self.assertEqual({"first": 3}, self.client.result(second.id)["inputs"])

    def test_result_too_large_or_no_json(self):
        self.assertEqual(65_000, len(self.on(functions.large).submit(65_000).result(LIMIT)))
        task = self.on(functions.large).submit(65_536).wait(LIMIT)
        self.assertEqual(("failed", "bad-result"), (task.state, task.reason))
        self.assertIn("more than 65,536 bytes", task.tail)
        task = self.on(functions.no_json).submit().wait(LIMIT)
        self.assertEqual(("failed", 1), (task.state, task.exit_code))
        self.assertIn("no_json returned what is not JSON: Object of type object", task.tail)

    def test_idempotency_key_submits_once(self):
        once = self.on(functions.add, idempotency_key="python-once")
        self.assertEqual(once.submit(1).id, once.submit(1).id)

    def test_result_times_out_and_the_task_goes_on(self):
        handle = self.on(functions.wait_for).submit(self.path("go-on"), self.path("began"))
        with self.assertRaises(TimeoutError):
            handle.result(timeout=0.2)
        open(self.path("go-on"), "x").close()
        self.assertEqual("one", Handle(handle.id, self.client).result(LIMIT))

    def test_hundreds_under_load_lose_nothing(self):
        results = dict[int, list[int]]()

        def submit(part):
            handles = self.on(functions.add).map([(part, item) for item in range(100)])
            results[part] = [handle.result(LIMIT) for handle in handles]

        threads = [threading.Thread(target=submit, args=(part,)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({part: [part + item for item in range(100)] for part in range(4)}, results)
        self.assertEqual({1}, {task.attempt for task in self.client.list(name="add")})


class FileTests(ServiceTest):
    """Files travel with a function's task, and what it leaves comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls.start("one")
        cls.addClassCleanup(cls.worker.close)

    def on(self, function, **options):
        return function.options(client=self.client, **options)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def test_inputs_are_there_and_artifacts_come_back(self):
        large = os.urandom(3_000_001)
        files = self.client.files.entries({"in/large": self.write("large", large), "small": self.write("small", b"small"),
                                           "empty": self.write("empty", b"")})
        handle = self.on(functions.convert, files=files, artifacts=["out/**"]).submit(2)
        self.assertEqual(["empty", "in/large", "small"], handle.result(timeout=LIMIT))
        self.assertEqual(3, handle.task().json["artifactCount"])
        self.client.save_artifacts(handle.id, self.path("got"))
        for name, content in (("large", large * 2), ("small", b"smallsmall"), ("empty", b"")):
            with open(os.path.join(self.path("got"), "out", "deep", name), "rb") as file:
                self.assertEqual(content, file.read())
        # Another task finds the file in the worker's cache, and the artifacts of this one.
        again = self.on(functions.convert, files=[*files, {"path": "of/", "task": handle.id, "artifacts": "**/small"}]).submit(1)
        self.assertEqual(["empty", "in/large", "of/out/deep/small", "small"], again.result(timeout=LIMIT))
        self.assertIsNone(again.task().json["artifactCount"])

    def test_missing_artifact_fails_unless_it_is_optional(self):
        missing = self.on(functions.leave, artifacts=["left", "other"]).submit("x")
        with self.assertRaises(TaskFailed) as raised:
            missing.result(timeout=LIMIT)
        self.assertEqual("artifact-missing", raised.exception.task.reason)
        self.assertIn("The artifact other is missing", missing.task().json["output"]["tail"])
        optional = self.on(functions.leave, artifacts=["left", {"path": "other", "optional": True}]).submit("x")
        optional.result(timeout=LIMIT)
        self.assertEqual([("left", 1, True)], [(one.path, one.bytes, one.executable) for one in self.client.artifacts(optional.id)])

    def test_artifacts_of_a_function_that_failed(self):
        handle = self.on(functions.leave, artifacts=[{"path": "left", "on": "ended"}, "other"]).submit("x", 3)
        with self.assertRaises(TaskFailed):
            handle.result(timeout=LIMIT)
        task = handle.task()
        self.assertEqual(("exit", 3, 1), (task.reason, task.exit_code, task.json["artifactCount"]))

    def test_artifacts_that_are_too_large(self):
        handle = self.on(functions.leave, artifacts=["left"], maxArtifactBytes=10).submit("x" * 11)
        with self.assertRaises(TaskFailed) as raised:
            handle.result(timeout=LIMIT)
        self.assertEqual("artifact-too-large", raised.exception.task.reason)

    def test_cache_keeps_within_its_bound_and_fetches_once(self):
        fetched = []

        def fetch(path):
            fetched.append(path)
            with open(path, "wb") as file:
                file.write(b"x" * 40)

        cache = Cache(self.own, capacity=100)
        names = [bytes([number]) * 32 for number in range(4)]
        for name in names[:2] + names[:1] + names[2:3]:
            self.assertTrue(os.path.exists(cache.take(name, 40, fetch, lambda: None)))
            cache.leave(name)
        self.assertEqual((3, 80), (len(fetched), cache.used))
        # The one that was used least recently went. Those in use stay, whatever their size.
        self.assertEqual(sorted(name.hex() for name in (names[0], names[2])), sorted(os.listdir(self.own)))
        held = [cache.take(name, 40, fetch, lambda: None) for name in names]
        self.assertEqual((4, 160), (len(os.listdir(self.own)), cache.used))
        for name in names:
            cache.leave(name)
        self.assertEqual((2, 80), (len(os.listdir(self.own)), cache.used))
        self.assertEqual(4, len(held))


class LossTests(ServiceTest):
    """What becomes of functions when their worker or their service ends."""

    lease = "8s"

    def test_killed_worker_lets_its_task_run_elsewhere(self):
        one = self.start("doomed")
        self.addCleanup(one.close)
        handle = functions.wait_for.options(client=self.client).submit(self.path("go-on"), self.path("began"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        one.end(signal.SIGKILL)
        two = self.start("heir")
        self.addCleanup(two.close)
        self.until("the function runs elsewhere", lambda: _lines(self.path("began")) == ["doomed", "heir"])
        open(self.path("go-on"), "x").close()
        self.assertEqual("heir", handle.result(LIMIT))
        self.assertEqual(["node-lost", "exit"], [attempt["reason"] for attempt in self.client.attempts(handle.id)])
        self.assertEqual(0, two.end())

    def test_sigterm_lets_functions_end(self):
        worker = self.start("graceful", "--drain", "60")
        self.addCleanup(worker.close)
        handle = functions.wait_for.options(client=self.client).submit(self.path("go-on"), self.path("began"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        worker.process.terminate()
        self.until("the worker drains", lambda: _node(self.client, "graceful")["state"] == "draining")
        waiting = functions.add.options(client=self.client).submit(1)
        open(self.path("go-on"), "x").close()
        self.assertEqual(0, worker.wait())
        self.assertEqual(("graceful", 1), (handle.result(LIMIT), handle.task().attempt))
        self.until("the worker has said goodbye", lambda: _node(self.client, "graceful")["state"] == "gone")
        self.assertEqual("queued", waiting.task().state)
        waiting.cancel()

    def test_sigterm_that_another_thread_takes_ends_the_worker(self):
        program = (
            "import runpy, signal, threading, time\n"
            "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
            "runpy.run_module('orleanstasks.worker', run_name='__main__')")
        worker = self.start("elsewhere", program=("-c", program))
        self.addCleanup(worker.close)
        self.assertEqual(0, worker.end())

    def test_sigterm_puts_back_what_does_not_end(self):
        worker = self.start("leaving", "--drain", "0")
        self.addCleanup(worker.close)
        # A loss of the node would fail it.
        handle = functions.wait_for.options(client=self.client, retry={"max_attempts": 1, "on_node_lost": False}).submit(
            self.path("go-on"), self.path("began"), self.path("cleaned"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        self.assertEqual(0, worker.end())
        self.assertTrue(os.path.exists(self.path("cleaned")))
        self.assertEqual("queued", handle.task().state)
        heir = self.start("next")
        self.addCleanup(heir.close)
        open(self.path("go-on"), "x").close()
        self.assertEqual("next", handle.result(LIMIT))
        self.assertEqual(0, heir.end())

    def test_outlives_a_restart_of_the_service(self):
        with tempfile.TemporaryDirectory() as data:
            service = Service(data, "--lease", "2m")
            self.addCleanup(service.close)
            worker = Worker(service.master, "steady", self.own, "--slots", "2")
            self.addCleanup(worker.close)
            worker.line("worker node started")
            client = self.enterContext(Client(service.url))
            handle = functions.wait_for.options(client=client).submit(self.path("go-on"), self.path("began"))
            self.until("the function runs", lambda: has_text(self.path("began")))
            self.until("it is known to run", lambda: handle.task().state == "running")
            with open(os.path.join(data, "lock")) as file:
                os.kill(int(file.read()), signal.SIGKILL)
            service.end(signal.SIGKILL)
            again = Service(data, "--lease", "2m", "--http", service.url.removeprefix("http://"), "--grpc", service.master)
            self.addCleanup(again.close)
            open(self.path("go-on"), "x").close()
            self.assertEqual(("steady", 1), (handle.result(LIMIT), handle.task().attempt))
            self.assertEqual(0, worker.end())

    def test_second_worker_of_a_folder_is_refused(self):
        worker = self.start("only")
        self.addCleanup(worker.close)
        second = Worker(self.service.master, "only", self.folder)
        self.assertEqual(1, second.wait())
        self.assertIn(f"belongs to process {worker.process.pid}", second.log)
        other = Worker(self.service.master, "only", self.own)
        self.assertEqual(1, other.wait())
        self.assertIn("Another worker has the name 'only'", other.log)
        self.assertEqual(0, worker.end())

    def test_module_that_cannot_be_imported(self):
        with open(self.path("broken.py"), "w") as file:
            file.write("import nothing_of_that_name\n")
        worker = Worker(self.service.master, "broken", self.own, module=self.path("broken.py"))
        self.assertEqual(1, worker.wait())
        self.assertIn("No module named 'nothing_of_that_name'", worker.log)


class RestartTests(ServiceTest):
    """With a lease that is longer than the test's patience."""

    def test_killed_worker_leaves_no_process(self):
        worker = self.start("brief")
        self.addCleanup(worker.close)
        handle = functions.stubborn.options(client=self.client, retry={"max_attempts": 1, "on_node_lost": False}).submit(self.path("began"))
        self.until("the function runs", lambda: has_text(self.path("began")))
        with open(self.path("began")) as file:
            processes = file.read().split()
        worker.end(signal.SIGKILL)
        self.until("its processes are dead", lambda: not any(map(is_alive, processes)))
        # The same data folder: the new run vouches for the death of the old one, so nothing waits for the lease.
        again = self.start("brief")
        self.addCleanup(again.close)
        self.assertEqual("node-lost", handle.wait(LIMIT).reason)
        self.assertEqual(0, again.end())


class JoinTests(unittest.TestCase):
    """A service beyond loopback asks for certificates."""

    def test_joins_by_token_once(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        key = _otask("key", "create", "--data", os.path.join(folder, "data"), "--scope", "read,submit,operate,admin")
        service = Service(os.path.join(folder, "data"), "--require-keys")
        self.addCleanup(service.close)
        with self.assertRaises(ServiceError) as refused, Client(service.url) as stranger:
            stranger.get("x")
        self.assertEqual((401, "unauthenticated"), (refused.exception.status, refused.exception.code))
        client = self.enterContext(Client(service.url, key))
        token = client._gateway.call("POST", "/api/v1/nodes/tokens")["token"]
        wrong = token.split(".")[0] + "." + "A" * 43
        stranger = Worker(service.master, "stranger", folder, environment={"OTASK_JOIN_TOKEN": wrong})
        self.assertEqual(1, stranger.wait())
        self.assertIn("is not of the service that the join token is for", stranger.log)
        # The second time it needs no token.
        for given in (token, ""):
            worker = Worker(service.master, "joined", folder, environment={"OTASK_JOIN_TOKEN": given})
            self.addCleanup(worker.close)
            worker.line("worker node started")
            self.assertEqual(3, functions.add.options(client=client).submit(1, 2).result(LIMIT))
            self.assertEqual(0, worker.end())
        identity = os.path.join(folder, "joined", "identity.pem")
        self.assertEqual(0o600, os.stat(identity).st_mode & 0o777)
        with open(identity) as file:
            first = file.read()
        # With another token it joins again, though its certificate is valid.
        other = client._gateway.call("POST", "/api/v1/nodes/tokens")["token"]
        worker = Worker(service.master, "joined", folder, environment={"OTASK_JOIN_TOKEN": other})
        self.addCleanup(worker.close)
        worker.line("worker node started")
        self.assertEqual(0, worker.end())
        with open(identity) as file:
            self.assertNotEqual(first, file.read())
        client._gateway.call("DELETE", "/api/v1/nodes/joined")
        forgotten = Worker(service.master, "joined", folder, environment={"OTASK_JOIN_TOKEN": other})
        self.addCleanup(forgotten.close)
        self.assertEqual(1, forgotten.wait())
        self.assertIn("the node was forgotten", forgotten.log)


class InterchangeTests(ServiceTest):
    """The .NET sample's handlers and Python functions serve the same tasks."""

    def test_a_dotnet_handler_and_a_function_of_one_name(self):
        program = os.environ.get("ORLEANSTASKS_HANDLERS") or os.path.join(
            REPOSITORY, "artifacts", "bin", "SampleHandlers", "release", "SampleHandlers")
        text = self.path("text")
        with open(text, "w") as file:
            file.write("one fish two fish")
        dotnet = Program(program, "--Worker:Name", "dotnet", "--Worker:Masters:0", self.service.master, "--Worker:DataFolder", self.path("dotnet"))
        self.addCleanup(dotnet.close)
        self.assertEqual({"words": 4, "distinct": 3}, functions.word_count.options(client=self.client).submit(text).result(LIMIT))
        dotnet.end()
        worker = self.start("python")
        self.addCleanup(worker.close)
        handle = functions.word_count.options(client=self.client).submit(text)
        self.assertEqual({"words": 4, "distinct": 3}, handle.result(LIMIT))
        self.assertEqual("python", handle.task().node)
        self.assertEqual(0, worker.end())


class Refusal(grpc.RpcError, grpc.Call):
    """A call that the service has refused."""

    def __init__(self, code, details):
        super().__init__(details)
        self._code, self._details = code, details

    def code(self):
        return self._code

    def details(self):
        return self._details


class ScriptedLink:
    """A connection with the answers of a test. Repeats the last answer."""

    def __init__(self, *answers):
        self.answers, self.reports = list(answers), []
        self.session, self.broken, self.over = 0, threading.Event(), threading.Event()

    def report_status(self, report, **_):
        self.reports.append(report)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def assign_task(self, request, **_):
        return self

    def __iter__(self):
        self.over.wait(LIMIT)
        return iter(())

    def cancel(self):
        self.over.set()


class AgentTests(unittest.TestCase):
    """The agent without a service."""

    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.worker = _agent.Worker("module", name="one", slots=1, data=folder, join_token="")
        self.worker._instance, self.worker._trees_dead = "0" * 32, True
        self.worker._functions = types.SimpleNamespace(ended=threading.Event(), names=["add"])
        self.worker._identity = types.SimpleNamespace(renewal=lambda: b"")
        self.enterContext(unittest.mock.patch.object(_agent, "_say"))

    def test_worker_that_leaves_says_goodbye_once_all_is_settled(self):
        link = ScriptedLink(pb.StatusAnswer(session=1, lease_ms=60_000, heartbeat_ms=20))
        self.worker._held[b"token"] = _agent.Attempt(pb.Start(lease=pb.Lease(token=b"token")))
        self.worker._progress.append(("refused", pb.Lease()))
        left = [self.worker._held, self.worker._progress]
        # While it waits, first the attempt ends, and then its last report is settled.
        with unittest.mock.patch.object(self.worker._changed, "wait", lambda _: left.pop(0).clear()):
            self.worker.stop()
            self.worker._session(link)
        self.assertEqual([], left)
        self.assertEqual([True], [report.goodbye for report in link.reports if report.goodbye])
        self.assertTrue(link.reports[-1].goodbye)
        self.assertTrue(self.worker._has_left())

    def test_worker_that_leaves_does_not_wait_for_ever(self):
        link = ScriptedLink(pb.StatusAnswer(session=1, lease_ms=60_000, heartbeat_ms=20))
        self.worker._held[b"token"] = _agent.Attempt(pb.Start(lease=pb.Lease(token=b"token")))
        with unittest.mock.patch.multiple(_agent, PUT_BACK_GRACE=0.0, LAST_REPORTS=0.1):
            self.worker.stop()
            self.worker.stop()
            self.worker._session(link)
        self.assertFalse(any(report.goodbye for report in link.reports))
        self.assertTrue(self.worker._held[b"token"].is_put_back)

    def test_identity_that_the_service_refuses_ends_the_worker(self):
        for code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
            with self.assertRaisesRegex(IdentityRefused, "the node was forgotten"):
                self.worker._session(ScriptedLink(Refusal(code, "the node was forgotten")))
        with self.assertRaises(Refusal):
            self.worker._session(ScriptedLink(Refusal(grpc.StatusCode.UNAVAILABLE, "it restarts")))

    def test_name_that_may_be_taken_is_tried_again(self):
        taken = pb.StatusAnswer.NAME_TAKEN
        with self.assertRaises(NameTaken):
            self.worker._session(ScriptedLink(pb.StatusAnswer(outcome=taken)))
        with self.assertRaisesRegex(grpc.RpcError, "does not know yet whether another worker has the name 'one'"):
            self.worker._session(ScriptedLink(pb.StatusAnswer(outcome=taken, lease_ms=30_000)))

    def test_attempt_without_descriptors_leaves_none_open(self):
        pipe, made = os.pipe, []

        def make():
            if made:
                raise OSError(errno.EMFILE, "Too many open files")
            made.append(True)
            return pipe()

        before = os.listdir("/proc/self/fd")
        with unittest.mock.patch("os.pipe", make), self.assertRaises(OSError):
            self.worker._start(_agent.Attempt(pb.Start()), {}, None)
        self.assertEqual(len(before), len(os.listdir("/proc/self/fd")))

    def test_limit_of_descriptors_is_raised_for_the_worker_alone(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, limits[1]))
        seen = []

        def note(*_, **__):
            seen.append(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
            return types.SimpleNamespace(names=["add"], close=lambda: None)

        with unittest.mock.patch.object(_agent, "FunctionProcess", note), \
                unittest.mock.patch.object(self.worker, "_serve_apart", note):
            self.worker.run()
        self.assertEqual([512, limits[1]], seen)


class ManualTime:
    """A clock that a test sets forward, for parts that call `time`."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class TransferTests(unittest.TestCase):
    """Transfers of files without a service."""

    def setUp(self):
        self.plane = self.plane_of(lambda: None)

    def plane_of(self, check):
        def link():
            return types.SimpleNamespace(session=1, store_file=self.store_file, fetch_file=self.fetch_file)

        return Plane("one", pb.Lease(), link, check)

    def store(self, plane=None, blocks=5):
        (plane or self.plane).store(b"n" * 32, 10 * blocks, lambda: iter([b"x" * 10] * blocks))

    def takes(self, *taken):
        """Lets each try of an upload take this many blocks. Each block takes 90 seconds."""
        self.left, self.tries = list(taken), 0

        def store_file(blocks):
            def result():
                most = self.left.pop(0) if len(self.left) > 1 else self.left[0]
                self.tries += 1
                next(blocks)
                for number, _ in enumerate(blocks):
                    if number == most:
                        raise grpc.RpcError("the connection broke")
                    self.time.now += 90
                return pb.StoreAnswer()

            return types.SimpleNamespace(result=result, cancel=lambda: None)

        self.store_file = store_file
        self.fetch_file = None
        self.time = ManualTime()
        self.enterContext(unittest.mock.patch.object(_files, "time", self.time))

    def hangs(self):
        """Lets calls neither take nor send anything until they are cancelled."""

        class Call:
            def __init__(self, _):
                self.over = threading.Event()
                self.cancel = self.over.set

            def result(self):
                self.over.wait(LIMIT)
                raise grpc.FutureCancelledError

            def __iter__(self):
                self.over.wait(LIMIT)
                raise grpc.RpcError("cancelled")

        self.store_file = self.fetch_file = Call

    def test_long_upload_that_breaks_is_repeated(self):
        self.takes(4, 3, 5)
        self.store()
        self.assertEqual(3, self.tries)

    def test_upload_that_always_breaks_at_the_same_byte_fails(self):
        self.takes(3)
        with self.assertRaisesRegex(FileFault, "the connection broke"):
            self.store()
        self.assertEqual(_files.MOST_IN_VAIN + 1, self.tries)

    def test_upload_that_takes_nothing_fails_after_a_silence(self):
        self.takes(0)
        began = self.time.now
        with self.assertRaisesRegex(FileFault, "the connection broke"):
            self.store()
        self.assertAlmostEqual(_files.SILENCE, self.time.now - began, delta=2)

    def test_transfer_that_stands_still_fails(self):
        self.hangs()
        with unittest.mock.patch.multiple(_files, SILENCE=0.05, LOOK=0.01), tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(FileFault, "neither takes nor sends anything"):
                self.store()
            with self.assertRaisesRegex(FileFault, "neither takes nor sends anything"):
                self.plane.fetch(b"n" * 32, 10, os.path.join(folder, "file"))

    def test_transfer_that_stands_still_ends_with_its_attempt(self):
        self.hangs()
        checks = []

        def check():
            checks.append(True)
            if len(checks) > 1:
                raise Stopped

        with unittest.mock.patch.object(_files, "LOOK", 0.01), self.assertRaises(Stopped):
            self.store(self.plane_of(check))

    def test_streams_of_bytes_have_no_deadline(self):
        channel = unittest.mock.MagicMock()
        link = _agent.Link(channel)
        link.store_file("blocks")
        channel.stream_unary.return_value.future.assert_called_once_with("blocks", metadata=_agent.METADATA)
        link.fetch_file("request")
        channel.unary_stream.return_value.assert_called_once_with("request", metadata=_agent.METADATA)


class IdentityTests(unittest.TestCase):
    """A worker's certificate, from a service that issues one for any token."""

    def setUp(self):
        self.issuer = _identity._new_key()
        self.certificate = self.issue(self.issuer.public_key())
        self.folder, self.secrets = self.enterContext(tempfile.TemporaryDirectory()), []
        self.enterContext(unittest.mock.patch.object(_identity, "_secure", unittest.mock.MagicMock()))
        self.enterContext(unittest.mock.patch.object(_identity, "_call", self.call))
        self.enterContext(unittest.mock.patch("ssl.get_server_certificate", lambda *_, **__: "shown"))

    def issue(self, public):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority")]), datetime.datetime.now(datetime.timezone.utc)
        certificate = x509.CertificateBuilder(name, name, public, 1, now, now + datetime.timedelta(days=30)).sign(self.issuer, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.DER)

    def call(self, channel, name, *_):
        def authority(request, **_):
            return pb.AuthorityAnswer(certificate=self.certificate)

        def join(request, **_):
            self.secrets.append(request.secret)
            return pb.JoinAnswer(certificate=self.certificate)

        return authority if name == "Authority" else join

    def join(self, secret):
        identity = _identity.Identity(self.folder, "0" * 32)
        hash_of_authority = base64.urlsafe_b64encode(hashlib.sha256(self.certificate).digest()).decode().rstrip("=")
        identity.join("127.0.0.1:1", "one", f"otj_{secret}.{hash_of_authority}")
        return identity

    def test_another_token_joins_again_and_the_same_does_not(self):
        for secret in ("first", "first", "second", "second"):
            self.join(secret)
        self.assertEqual(["first", "second"], self.secrets)
        # The next certificate comes from the same token.
        self.join("second").renew(self.certificate)
        self.join("second").check(["elsewhere:1"])
        self.assertEqual(["first", "second"], self.secrets)
        # The file does not reveal the token's secret.
        with open(os.path.join(self.folder, "identity.pem")) as file:
            self.assertNotIn("second", file.read())

    def test_the_next_certificate_has_its_own_key(self):
        from cryptography import x509
        identity = self.join("first")
        self.assertEqual(b"", identity.renewal())
        with unittest.mock.patch.object(identity, "_remaining", lambda: datetime.timedelta(days=9)):
            asked = [x509.load_der_x509_csr(identity.renewal()).public_key() for _ in range(2)]
        keys = [_identity._public(key) for key in (identity._key.public_key(), *asked)]
        self.assertEqual(3, len(set(keys)))
        identity.renew(self.issue(asked[1]))
        # Nobody asked for it.
        identity.renew(self.issue(asked[0]))
        stored = _identity.Identity(self.folder, "0" * 32)
        self.assertEqual(keys[2], _identity._public(stored._key.public_key()))
        self.assertEqual(keys[2], _identity._public(x509.load_pem_x509_certificate(stored._certificates[0]).public_key()))

    def test_a_certificate_for_another_key_is_not_taken(self):
        identity = self.join("first")
        with unittest.mock.patch.object(identity, "_remaining", lambda: datetime.timedelta(days=9)):
            identity.renewal()
        before = identity._key_text()
        identity.renew(self.certificate)
        self.assertEqual(before, identity._key_text())


class ProtocolTests(unittest.TestCase):
    def test_small_output_goes_with_its_marks_into_the_result(self):
        output = Output(pb.Lease(), 10, self.fail)
        for stream, data in ((1, b"a\nb"), (2, b"c"), (1, b"d\n"), (1, b"e" * 20)):
            output.add(stream, data)
        result = pb.Result()
        output.complete(result, "the end")
        self.assertEqual((True, b"a\nbd\n" + b"e" * 5, b"c", 10, 1, True), (
            result.inline, result.stdout, result.stderr, result.stdout_bytes, result.stderr_bytes, result.truncated))
        self.assertEqual([(1, 0, 0), (2, 0, 0), (1, 3, 1)],
                         [(mark.stream, mark.offset, mark.line) for mark in pb.ArrivalMarks.FromString(result.marks).marks])
        self.assertEqual(b"a\nbd\n" + b"e" * 20 + b"c\nthe end", result.tail)

    def test_large_output_goes_ahead_of_the_result_marks_first(self):
        sent = []
        output = Output(pb.Lease(), 100_000, sent.append)
        output.add(1, b"x" * 40_000)
        output.add(2, b"y")
        result = pb.Result()
        output.complete(result)
        self.assertEqual(([(3, 0), (1, 0), (2, 0)], False, 40_000), (
            [(chunk.stream, chunk.offset) for chunk in sent[0]], result.inline, result.stdout_bytes))

    def test_progress_is_found_however_its_lines_arrive(self):
        reported = []
        output = Output(pb.Lease(), 10, self.fail, reported.append)
        for data in (b"::progress 1% a\n::pro", b"gress 2.567", b" b\nx::progress 3\n", b"::progress 101\n::progress 4% c"):
            output.add(1, data)
        output.add(2, b"::progress 5\xc3")
        output.complete(pb.Result())
        self.assertEqual([(100, "a"), (256, "b")], [(one.hundredths, one.message) for one in reported])

    def test_hidden_progress_is_found_and_is_no_output(self):
        text = (b"a\n::progress 1% a\n::prog\n\nx::progress 2\n::progress 200\n::progress 3%\n"
                + b"::progress 4% " + b"z" * 2000 + b"\n::progress 5%")
        expected = text.replace(b"::progress 1% a\n", b"").replace(b"::progress 3%\n", b"")
        for size in (1, 2, 7, 100, len(text)):
            reported = []
            output = Output(pb.Lease(), 10_000, self.fail, reported.append, hides_progress=True)
            for at in range(0, len(text), size):
                output.add(1, text[at:at + size])
            result = pb.Result()
            output.complete(result)
            self.assertEqual((expected, len(expected)), (result.stdout, result.stdout_bytes), size)
            self.assertEqual(300, reported[-1].hundredths)

    def test_messages_are_those_of_the_protocol(self):
        """The committed messages are what protoc makes of node_service.proto."""
        from google.protobuf import descriptor_pb2
        with tempfile.TemporaryDirectory() as folder:
            made = os.path.join(folder, "made")
            subprocess.run(["protoc", "-I" + os.path.join(REPOSITORY, "Worker.Protocol"), "--descriptor_set_out=" + made, "node_service.proto"], check=True)
            with open(made, "rb") as file:
                expected = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file[0]
        for message in expected.message_type:
            _forget_json_names(message)
        committed = descriptor_pb2.FileDescriptorProto.FromString(pb.DESCRIPTOR.serialized_pb)
        self.assertEqual(expected, committed, "Make it again: protoc -IWorker.Protocol --python_out=sdk/python/src/orleanstasks/worker node_service.proto")


def _forget_json_names(message):
    for field in message.field:
        field.ClearField("json_name")
    for nested in message.nested_type:
        _forget_json_names(nested)


def _otask(*arguments):
    program = os.environ.get("ORLEANSTASKS_OTASK") or os.path.join(REPOSITORY, "artifacts", "bin", "Cli.Store", "release", "otask")
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def _node(client, name):
    return client._gateway.get(f"/api/v1/nodes/{name}")


def _lines(path):
    with open(path) as file:
        return file.read().split()


if __name__ == "__main__":
    unittest.main()
