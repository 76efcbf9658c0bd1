"""A small worker for OrleansTasks, written against Python's own gRPC library.

It registers, sends heartbeats, runs the tasks that it is sent, streams their output, and repeats their results until they are
settled. It shows the protocol and no more: it enforces no limits, spools nothing to disk, and kills a task's process group
only.
"""

import argparse
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time

import grpc

import node_service_pb2 as pb
from joining import Identity

SERVICE = "/orleanstasks.v1.NodeService/"


class Stub:
    """The four methods; nothing has to be generated for them."""

    def __init__(self, channel):
        def method(kind, name, request, answer):
            return kind(SERVICE + name, request_serializer=request.SerializeToString, response_deserializer=answer.FromString)

        self.report_status = method(channel.unary_unary, "ReportStatus", pb.StatusReport, pb.StatusAnswer)
        self.assign_task = method(channel.unary_stream, "AssignTask", pb.AssignRequest, pb.Commands)
        self.report = method(channel.stream_stream, "Report", pb.Progress, pb.ProgressAnswer)
        self.write_output = method(channel.stream_stream, "WriteOutput", pb.OutputChunks, pb.OutputAnswer)


class Exchange:
    """A stream on which every message is answered by one; opened again when it breaks."""

    def __init__(self, open_stream):
        self.open_stream = open_stream
        self.lock = threading.Lock()
        self.messages = None
        self.answers = None

    def ask(self, message):
        with self.lock:
            try:
                if self.answers is None:
                    self.messages = queue.Queue()
                    self.answers = self.open_stream(iter(self.messages.get, None))
                self.messages.put(message)
                return next(self.answers)
            except (grpc.RpcError, StopIteration):
                self.messages.put(None)
                self.answers = None
                return None


class Worker:
    def __init__(self, stub, name, instance, slots):
        self.stub, self.name, self.instance, self.slots = stub, name, instance, slots
        self.lock = threading.Lock()
        self.session = 0
        self.held = {}  # lease token -> [start, process or None]
        self.deadline = 0.0
        self.reports = Exchange(stub.report)
        self.output = Exchange(stub.write_output)

    def serve(self):
        """One session: until the service says that it is over, or the connection breaks."""
        sent = time.monotonic()
        # It does not say `chunks`: it is sent commands only.
        registration = pb.Registration(instance=self.instance, slots=self.slots, version="sample")
        answer = self.stub.report_status(
            pb.StatusReport(node_id=self.name, registration=registration, held=self.leases()), timeout=5)
        if answer.outcome != pb.StatusAnswer.OK:
            raise RuntimeError(f"registration: outcome {answer.outcome}")
        lease, heartbeat = answer.lease_ms / 1000, answer.heartbeat_ms / 1000
        self.session = answer.session
        if not self.held:
            self.deadline = sent + lease - 2
        commands = self.stub.assign_task(pb.AssignRequest(node_id=self.name, session=answer.session))
        print("worker node started", flush=True)
        broken = threading.Event()
        threading.Thread(target=self.receive, args=(commands, broken), daemon=True).start()
        try:
            while not broken.is_set():
                sent = time.monotonic()
                answer = self.stub.report_status(
                    pb.StatusReport(node_id=self.name, session=self.session, held=self.leases()), timeout=lease / 4)
                if answer.outcome != pb.StatusAnswer.OK:
                    return
                self.deadline = sent + lease - 2
                for revoked in answer.kill:
                    self.kill(revoked)
                broken.wait(heartbeat)
        finally:
            commands.cancel()

    def receive(self, commands, broken):
        try:
            for message in commands:
                for start in message.start:
                    self.start(start)
                for lease in list(message.cancel) + list(message.kill):
                    self.kill(lease)
        except grpc.RpcError:
            pass
        broken.set()

    def start(self, start):
        with self.lock:
            if start.lease.token in self.held:
                return  # The same command may come again; it is the same attempt.
            if len(self.held) >= self.slots:
                threading.Thread(target=self.tell, args=(pb.Progress(refused=[start.lease]),), daemon=True).start()
                return
            self.held[start.lease.token] = [start, None]
        print(f"received task {start.lease.task_id}: {start.name}", flush=True)
        threading.Thread(target=self.run, args=(start,), daemon=True).start()

    def run(self, start):
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), **start.env,
                       "TASK_ID": start.lease.task_id, "TASK_ATTEMPT": str(start.lease.attempt), "TASK_QUEUE": start.lease.queue,
                       "NODE_ID": self.name}
        result = pb.Result(lease=start.lease, reason=pb.Result.EXIT)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            try:
                process = subprocess.Popen(
                    list(start.argv), cwd=start.cwd or folder, env=environment, start_new_session=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            except OSError as failure:
                result.reason, result.tail, result.inline = pb.Result.SPAWN_FAILED, str(failure).encode(), True
                self.end(start, result)
                return
            with self.lock:
                self.held[start.lease.token][1] = process
            self.tell(pb.Progress(started=[start.lease]))
            streams = [threading.Thread(target=self.stream, args=(start, result, number, pipe))
                       for number, pipe in ((1, process.stdout), (2, process.stderr))]
            for stream in streams:
                stream.start()
            try:
                process.stdin.write(start.stdin)
                process.stdin.close()
            except BrokenPipeError:
                pass
            try:
                process.wait(start.timeout_ms / 1000)
            except subprocess.TimeoutExpired:
                result.reason = pb.Result.TIMEOUT
            self.kill(start.lease)
            code = process.wait()
            for stream in streams:
                stream.join()
        if code >= 0:
            result.exit_code = code
        else:
            result.signal = signal.Signals(-code).name
            if result.reason == pb.Result.EXIT:
                result.reason = pb.Result.SIGNAL
        result.run_time_ms = int((time.monotonic() - began) * 1000)
        self.end(start, result)

    def stream(self, start, result, number, pipe):
        """Sends what a command writes while it runs, and notes how much of it was stored."""
        offset = 0
        while data := pipe.read1(65536):
            if offset + len(data) > start.max_output_bytes:
                continue
            chunk = pb.OutputChunk(lease=start.lease, stream=number, offset=offset, data=data)
            while True:
                answer = self.output.ask(pb.OutputChunks(node_id=self.name, session=self.session, chunks=[chunk]))
                if answer is not None and answer.stored:
                    break
                time.sleep(0.2)
            offset += len(data)
        if number == 1:
            result.stdout_bytes = offset
        else:
            result.stderr_bytes = offset

    def end(self, start, result):
        self.tell(pb.Progress(results=[result]))
        with self.lock:
            del self.held[start.lease.token]

    def tell(self, progress):
        """Tells what happened until it is settled, in whatever session there is then."""
        while True:
            progress.node_id, progress.session = self.name, self.session
            answer = self.reports.ask(progress)
            if answer is not None and answer.settled:
                return
            time.sleep(0.2)

    def kill(self, lease):
        with self.lock:
            _, process = self.held.get(lease.token, (None, None))
            if process is not None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

    def watch_lease(self):
        """What runs must be dead before the service gives it to somebody else."""
        while True:
            time.sleep(0.2)
            if time.monotonic() > self.deadline:
                for lease in self.leases():
                    self.kill(lease)

    def leases(self):
        with self.lock:
            return [start.lease for start, _ in self.held.values()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--master", default="127.0.0.1:50051")
    parser.add_argument("--name", default="python-worker")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument(
        "--identity", metavar="FILE",
        help="the worker's certificate, for a service that asks for one; made with the join token in OTASK_JOIN_TOKEN")
    options = parser.parse_args()
    if options.identity:
        # By the environment: arguments show in ps.
        identity = Identity(options.identity)
        identity.join(options.master, options.name, os.environ.get("OTASK_JOIN_TOKEN", ""))
        channel, instance = identity.channel(options.master), identity.instance
    else:
        channel, instance = grpc.insecure_channel(options.master), f"python-{os.getpid()}"
    stub = Stub(channel)
    worker = Worker(stub, options.name, instance, options.slots)

    def leave(*_):
        for lease in worker.leases():
            worker.kill(lease)
        try:
            stub.report_status(pb.StatusReport(node_id=worker.name, session=worker.session, goodbye=True), timeout=3)
        finally:
            os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=worker.watch_lease, daemon=True).start()
    while True:
        try:
            worker.serve()
        except (grpc.RpcError, RuntimeError) as failure:
            print(failure, flush=True)
        time.sleep(1)


if __name__ == "__main__":
    main()
