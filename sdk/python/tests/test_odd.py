"""Functions that do what functions rarely do: each harms its own attempt at most."""

import os
import signal
import tempfile
import threading
import unittest

from orleanstasks.worker._process import FunctionProcess, ModuleBroken

from . import odd
from .running import LIMIT, PYTHON, ServiceTest, Worker, is_alive


class OddFunctionTests(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker = cls.start("one", module="tests.odd")
        cls.addClassCleanup(cls.worker.close)

    def on(self, function, **options):
        return function.options(client=self.client, **{"retry": {"max_attempts": 1}, **options})

    def test_raising_what_is_no_exception_can_be_fatal(self):
        task = odd.raise_no_exception.options(client=self.client).submit().wait(LIMIT)
        self.assertEqual(("failed", 3, 1), (task.state, task.exit_code, task.attempt))
        self.assertIn("Fatal: no Exception", task.tail)

    def test_exit_code_that_does_not_fit_is_a_failure(self):
        for code, seen in ((256, 1), (2**70, 1), (-1, 255), (259, 3), (0, 0)):
            task = self.on(odd.exit_with).submit(code).wait(LIMIT)
            self.assertEqual((code, seen), (code, task.exit_code))

    def test_signal_without_a_name_of_pythons(self):
        for number, name in ((34, "SIGRTMIN"), (40, "SIGRTMIN+6"), (9, "SIGKILL")):
            task = self.on(odd.kill_itself).submit(number).wait(LIMIT)
            self.assertEqual(("failed", "signal", name), (task.state, task.reason, self.client.attempts(task.id)[0]["signal"]))

    def test_process_that_a_function_leaves_dies_before_the_attempt_ends(self):
        for kind in ("started", "silent", "loud"):
            left = self.on(odd.leave_process).submit(self.path(kind), kind).result(LIMIT)
            self.assertFalse(is_alive(left), kind)

    def test_result_that_is_no_file_or_no_json(self):
        for kind in ("pipe", "folder", "link", "deep", "nan", "empty"):
            task = self.on(odd.put_result).submit(kind).wait(LIMIT)
            self.assertEqual((kind, "failed", "bad-result"), (kind, task.state, task.reason))

    def test_failure_remains_one_whatever_takes_its_output(self):
        self.assertEqual(("failed", 1), (lambda task: (task.state, task.exit_code))(self.on(odd.replace_output).submit().wait(LIMIT)))

    def test_parent_that_is_stopped_goes_on(self):
        self.assertGreater(self.on(odd.signal_parent).submit(signal.SIGSTOP, 0).result(LIMIT), 1)


class OddWorkerTests(ServiceTest):
    def test_folder_without_rights_is_removed(self):
        worker = self.start("rights", module="tests.odd")
        self.addCleanup(worker.close)
        folder = odd.take_rights.options(client=self.client).submit().result(LIMIT)
        self.until("the folder is gone", lambda: not os.path.lexists(os.path.dirname(folder)))

    def test_parent_that_is_killed_takes_no_task_with_it(self):
        worker = self.start("killed", "--drain", "1", module="tests.odd")
        self.addCleanup(worker.close)
        other = odd.wait_until_killed.options(client=self.client).submit(self.path("began"))
        self.until("it runs", lambda: os.path.exists(self.path("began")))
        killer = odd.signal_parent.options(client=self.client, retry={"max_attempts": 1, "on_node_lost": False}).submit(signal.SIGKILL, 1000)
        behind = [odd.exit_with.options(client=self.client, retry={"max_attempts": 1}).submit(0) for _ in range(20)]
        self.assertEqual(1, worker.wait())
        self.assertEqual("node-lost", killer.wait(LIMIT).reason)
        self.assertEqual("node-lost", self.client.attempts(other.id)[0]["reason"])
        again = self.start("killed", module="tests.odd")
        self.addCleanup(again.close)
        # One failure would have been the end of each.
        ended = [handle.wait(LIMIT) for handle in behind]
        self.assertEqual([], [self.client.attempts(task.id) for task in ended if task.state != "succeeded"])
        other.cancel()
        other.wait(LIMIT)

    def test_module_with_a_long_message_of_any_characters(self):
        with open(self.path("long.py"), "w") as file:
            file.write("raise Exception('é\\U0001F600\\x01' * 40_000 + ' the end')\n")
        worker = Worker(self.service.master, "long", self.folder, module=self.path("long.py"))
        self.assertEqual(1, worker.wait())
        self.assertIn(" the end", worker.log)
        self.assertNotIn("JSONDecodeError", worker.log)


class FunctionProcessTests(unittest.TestCase):
    def test_function_that_is_only_declared_is_not_served(self):
        with open(os.devnull, "r+b") as null:
            functions = FunctionProcess([os.path.join(PYTHON, "tests", "functions.py")], null.fileno(), lambda: None)
            self.addCleanup(functions.close)
            self.assertIn("word-count", functions.names)
            self.assertNotIn("of-another-program", functions.names)

    def test_two_modules_with_a_function_of_one_name_are_refused(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for name in ("one", "two"):
            with open(os.path.join(folder, name + ".py"), "w") as file:
                file.write("from orleanstasks import task\n@task\ndef same() -> int:\n    return 1\n")
        modules = [os.path.join(folder, "one.py"), os.path.join(folder, "two.py")]
        expected = "Two functions have the name 'same': same of .*one.py and same of .*two.py"
        with open(os.devnull, "r+b") as null, self.assertRaisesRegex(ModuleBroken, expected):
            FunctionProcess(modules, null.fileno(), lambda: None)

    def test_attempt_that_starts_while_the_process_ends_is_lost_and_has_not_failed(self):
        has_ended = threading.Event()
        with open(os.devnull, "r+b") as null:
            functions = FunctionProcess([os.path.join(PYTHON, "tests", "functions.py")], null.fileno(), has_ended.set)
            self.addCleanup(functions.close)
            wait, may_be_waited_for = functions._process.wait, threading.Event()
            functions._process.wait = lambda *limit: may_be_waited_for.wait(LIMIT) and wait(*limit)
            functions._process.kill()
            # Once the process is a zombie, its end of the socket is closed.
            os.waitid(os.P_PID, functions._process.pid, os.WEXITED | os.WNOWAIT)
            running = functions.start("one", {}, *3 * [null.fileno()])
            self.assertFalse(running.ended.is_set(), running.fault)
            may_be_waited_for.set()
            self.assertTrue(running.ended.wait(LIMIT))
            self.assertTrue(running.is_lost)
            self.assertTrue(has_ended.wait(LIMIT))
