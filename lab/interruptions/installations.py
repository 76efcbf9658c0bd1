"""Installations of OrleansTasks as real processes, which can be interrupted and started again in their place."""
import glob, http.client, json, os, random, re, shutil, signal, socket, subprocess, time
from pathlib import Path

START_LIMIT = 120


class Cut(Exception):
    """A call whose outcome nobody told: the connection broke, or the answer was 5xx."""


class Refused(Exception):
    """A call that was never sent, because nobody listens."""


def free_port():
    """A port below those that the system hands out, so that nobody gets it between a kill and the next start."""
    while True:
        port = random.randint(20000, 31999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def until(what, ask, limit=60.0):
    """Asks until the answer is true; a limit that passes is a finding."""
    began = time.monotonic()
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() - began > limit:
            raise AssertionError(f"not within {limit:.0f} s: {what}")
        time.sleep(0.05)


class Api:
    """The HTTP API at one port. Keeps no connection, so that an interruption meets the call and not an old connection."""

    def __init__(self, port):
        self.port, self.headers = port, {}

    def __call__(self, method, path, body=None, headers=None, raw=None, timeout=100):
        """The status and the parsed answer. Raises Cut or Refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        kind = {"Content-Type": "application/x-ndjson" if raw is not None else "application/json"} if raw or body is not None else {}
        try:
            connection.request(method, path, raw if raw is not None else None if body is None else json.dumps(body),
                               {**kind, **self.headers, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
        except ConnectionRefusedError as fault:
            raise Refused(str(fault)) from fault
        except (OSError, http.client.HTTPException) as fault:
            raise Cut(f"{type(fault).__name__} {fault}") from fault
        finally:
            connection.close()
        if answer.status >= 500:
            raise Cut(f"{answer.status} {text[:300]!r}")
        if "json" not in (answer.getheader("Content-Type") or ""):
            return answer.status, text
        return answer.status, json.loads(text)

    def ok(self, method, path, body=None, **more):
        """The answer of a call that must succeed."""
        status, answer = self(method, path, body, **more)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def patient(self, method, path, body=None, limit=90, **more):
        """The same while a service recovers: repeats a call whose outcome is unknown."""
        began = time.monotonic()
        while True:
            try:
                return self(method, path, body, **more)
            except (Cut, Refused) as fault:
                if time.monotonic() - began > limit:
                    raise AssertionError(f"{method} {path}: no answer within {limit} s: {fault}") from fault
                time.sleep(0.2)

    def is_ready(self):
        try:
            return self("GET", "/readyz", timeout=10)[0] == 200
        except (Cut, Refused):
            return False


class Program:
    """One of the programs with its supervisor, in a session of its own."""

    def __init__(self, command, log, ready, environment=None, wrap=()):
        self.log = Path(log)
        with open(log, "ab") as out:
            self.before = out.tell()
            self.process = subprocess.Popen([*wrap, *command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                            env={**os.environ, **(environment or {})})
        self.ready = ready

    def text(self):
        with open(self.log, "rb") as file:
            file.seek(self.before)
            return file.read().decode(errors="replace")

    def await_ready(self):
        def asked():
            if re.search(self.ready, self.text(), re.M):
                return True
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.text()[-3000:]}"
            return False
        until(f"ready ({self.log})", asked, START_LIMIT)

    def tree(self):
        """Its processes, children before parents."""
        parents = {}
        for status in glob.glob("/proc/[0-9]*/stat"):
            try:
                fields = Path(status).read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(status.split("/")[2]))
        found, open_ = [], [self.process.pid]
        while open_:
            found.append(open_.pop())
            open_ += parents.get(found[-1], [])
        return found[::-1]

    def agent(self):
        """The process that does the work: the child of the supervisor."""
        own = [process for process in self.tree() if process != self.process.pid]
        return next((process for process in reversed(own) if "OrleansTasks" in name_of(process)), self.process.pid)

    def signal(self, number, everything=True):
        for process in self.tree() if everything else [self.process.pid]:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """As a power cut: agent and supervisor at once, before the supervisor could clean up."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def end(self, limit=90):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {limit} s after SIGTERM: {self.text()[-2000:]}") from None

    def discard(self):
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()


def name_of(process):
    try:
        return os.readlink(f"/proc/{process}/exe")
    except OSError:
        return ""


class Postgres:
    """A PostgreSQL server of its own. As root it runs as the user postgres, because PostgreSQL refuses root."""

    def __init__(self, folder):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.folder, self.port, self.process = Path(folder), free_port(), None
        self.folder.mkdir(parents=True)
        self.wrap = []
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
            self.wrap = ["setpriv", "--reuid=postgres", "--clear-groups", "--"]
        subprocess.run([*self.wrap, f"{self.bin}/initdb", "-D", f"{self.folder}/data", "-U", "otask", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync"], check=True, capture_output=True, cwd="/")
        self.start()

    def start(self):
        def begin():
            self.process = Program([f"{self.bin}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-c",
                                    "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"],
                                   f"{self.folder}.log", "ready to accept connections", wrap=self.wrap)
            try:
                self.process.await_ready()
                return True
            except AssertionError:
                return False  # Children of the killed one are still there.
        until("PostgreSQL starts", begin, 60)

    def kill(self):
        self.process.kill()

    def connection(self, database="postgres"):
        return f"Host=127.0.0.1;Port={self.port};Username=otask;Database={database}"

    def sql(self, text, database="postgres"):
        done = subprocess.run([f"{self.bin}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "otask", "-At", "-c", text, database],
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()


class Installation:
    """What the attacks talk to. <kind> is sqlite, postgres or cluster."""

    def __init__(self, kind, programs, folder, options=(), data=None):
        self.kind, self.programs, self.folder, self.options = kind, Path(programs), Path(folder), list(options)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = Path(data) if data else self.folder / "data"
        self.http, self.ports = free_port(), [free_port() for _ in range(4)]
        self.api = Api(self.http)
        self.postgres = None if kind == "sqlite" else Postgres(self.folder / "postgres")
        self.silos, self.gateway, self.workers, self.service = [None, None], None, [], None

    def program(self, name):
        return str(self.programs / name / "release" / f"OrleansTasks.{name}")

    @property
    def otask(self):
        return str(self.programs / "Cli.Store" / "release" / "otask")

    @property
    def store(self):
        """The options by which otask finds the store."""
        return ["--db", self.postgres.connection()] if self.postgres else ["--data", str(self.data)]

    def start(self, wrap=()):
        if self.kind == "cluster":
            for number in (0, 1):
                self.start_silo(number)
            self.gateway = Program([self.program("Client"), "--db", self.postgres.connection(), "--http", f"127.0.0.1:{self.http}"],
                                   self.folder / "gateway.log", "gateway is ready")
            self.gateway.await_ready()
        else:
            place = ["--db", self.postgres.connection()] if self.postgres else []
            self.service = Program([self.program("AllInOne"), "--data", str(self.data), "--slots", "4", "--lease", "8s",
                                    "--drain", "2s", "--http", f"127.0.0.1:{self.http}", "--grpc", f"127.0.0.1:{self.ports[0]}",
                                    *place, *self.options], self.folder / "service.log", "^Try: ", wrap=wrap)
            self.service.await_ready()
        until("the gateway is ready", self.api.is_ready, START_LIMIT)

    def start_silo(self, number):
        self.silos[number] = Program([self.program("Silo"), "--db", self.postgres.connection(), "--data", str(self.folder / f"silo{number}"),
                                      "--listen", f"127.0.0.1:{self.ports[2 * number]}", "--grpc", f"127.0.0.1:{self.ports[2 * number + 1]}",
                                      "--drain", "2s", "--webhook-allow", "127.0.0.0/8", *self.options], self.folder / f"silo{number}.log", "^Start a gateway")
        self.silos[number].await_ready()

    def start_worker(self, name, slots=2, *more):
        masters = [self.ports[1], self.ports[3]] if self.kind == "cluster" else [self.ports[0]]
        worker = Program([self.program("Worker"), *[part for port in masters for part in ("--master", f"127.0.0.1:{port}")],
                          "--name", name, "--slots", str(slots), "--data", str(self.folder / name), *more],
                         self.folder / f"{name}.log", "worker node started")
        worker.await_ready()
        self.workers.append(worker)

    def discard(self):
        for program in [*self.workers, self.gateway, self.service, *self.silos, self.postgres.process if self.postgres else None]:
            if program:
                program.discard()
        shutil.rmtree(self.folder, ignore_errors=True)
