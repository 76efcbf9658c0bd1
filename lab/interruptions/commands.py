"""Programs that are killed in the middle: otask, a worker's first start, a service's first start, a change of the schema.

Each attack returns how often it ran and how often the program was killed before its end; it raises what was wrong."""
import json, os, re, shutil, signal, sqlite3, subprocess, tarfile, threading, time, uuid
from pathlib import Path

from installations import Api, Cut, Installation, Program, Refused, free_port, until

FILES = ["write,pwrite64", "fsync,fdatasync", "rename,renameat,renameat2", "openat", "mkdir,mkdirat", "unlink,unlinkat", "copy_file_range,sendfile",
         "ftruncate", "chmod,fchmod,fchmodat"]
SOCKETS = ["sendto,sendmsg", "recvfrom,recvmsg"]


class Strike:
    """Runs a command and kills it: at the N-th of a system call, or at a random moment of its usual time."""

    def __init__(self, rng, calls=FILES):
        self.rng, self.calls, self.usual, self.counts = rng, calls, 1.0, {}

    def measure(self, command, **more):
        """Runs it as it is, counts its system calls, and returns its result."""
        log = f"/tmp/otask-strace-{uuid.uuid4()}"
        began = time.monotonic()
        done = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "-o", log, "-e", "trace=" + ",".join(self.calls), *command],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
        self.usual = time.monotonic() - began
        lines = Path(log).read_text(errors="replace").splitlines()
        os.unlink(log)
        for group in self.calls:
            names = group.split(",")
            threads = {}
            for line in lines:
                found = re.match(r"(\d+) +(\w+)\(", line)
                if found and found[2] in names:
                    threads[found[1]] = threads.get(found[1], 0) + 1
            if threads:
                self.counts[group] = max(threads.values())
        return done

    def __call__(self, command, **more):
        """Whether it was killed, and its output."""
        if self.counts and self.rng.random() < 0.75:
            call = self.rng.choice(sorted(self.counts))
            # The late ones are those of the work; the early ones are those of .NET's start.
            when = max(1, self.counts[call] - int(self.rng.random() ** 2 * self.counts[call]))
            command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                       f"inject={call}:signal=KILL:when={when}", *command]
            limit, self.last = self.usual * 3 + 5, f"{call} {when}"
        else:
            limit = self.rng.uniform(0.3, 1) * self.usual
            self.last = f"{limit:.2f} s"
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   start_new_session=True, **more)
        try:
            out, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, errors = process.communicate()
        return process.returncode != 0, out, errors


def otask(place, *arguments, **more):
    return subprocess.run([place.otask, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


def fine(done):
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def count_tasks(place, store):
    """How many tasks a store has, after a check of its file."""
    if place.postgres:
        return int(place.postgres.sql("SELECT count(*) FROM ot.tasks", store))
    with sqlite3.connect(store / "tasks.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return connection.execute("SELECT count(*) FROM tasks").fetchone()[0]


class Writing(threading.Thread):
    """Submits tasks with output as fast as it can; <acknowledged> counts."""

    def __init__(self, api):
        super().__init__(daemon=True)
        self.api, self.acknowledged, self.over = api, 0, False

    def run(self):
        while not self.over:
            try:
                self.api.ok("POST", "/api/v1/tasks", {"cmd": "seq 20000"})
                self.acknowledged += 1
                time.sleep(0.02)
            except (Cut, Refused):
                time.sleep(0.1)


def new_store(place):
    """An empty place for a store, as options of otask and as what count_tasks takes."""
    if place.postgres:
        name = f"s{uuid.uuid4().hex}"
        place.postgres.sql(f"CREATE DATABASE {name} TEMPLATE template0")
        return ["--db", place.postgres.connection(name)], name
    folder = place.folder / f"store{uuid.uuid4().hex}"
    return ["--data", str(folder)], folder


def backup(place, rng, rounds):
    """kill -9 of otask db backup while the service writes"""
    writing = Writing(place.api)
    writing.start()
    until("tasks are there", lambda: writing.acknowledged > 30, 60)
    strike = Strike(rng)
    try:
        return backups(place, rng, rounds, writing, strike)
    finally:
        writing.over = True
        writing.join()


def backups(place, rng, rounds, writing, strike):
    killed = 0
    fine(strike.measure([place.otask, "db", "backup", str(place.folder / "backup0"), *place.store]))
    for number in range(1, rounds + 1):
        folder = place.folder / f"backup{number}"
        before = writing.acknowledged
        was_killed, _, errors = strike([place.otask, "db", "backup", str(folder), *place.store])
        killed += was_killed
        assert was_killed or folder.exists()
        if not folder.exists():
            fine(otask(place, "db", "backup", str(folder), *place.store))
        assert not Path(f"{folder}.partial").exists(), "FOLDER.partial is left by a backup that succeeded"
        options, store = new_store(place)
        fine(otask(place, "db", "restore", str(folder), "--pause", *options))
        found = count_tasks(place, store)
        assert found >= before, f"{before} tasks were acknowledged before the backup began, {found} are in it ({strike.last})"
        drop(place, store)
        shutil.rmtree(folder)
    return rounds, killed


def drop(place, store):
    if place.postgres:
        place.postgres.sql(f"DROP DATABASE {store} WITH (FORCE)")
    else:
        shutil.rmtree(store)


def restore(place, rng, rounds):
    """kill -9 of otask db restore"""
    place.api.ok("POST", "/api/v1/tasks/batch", {"tasks": [{"cmd": "seq 20000"}] * 40})
    until("all have ended", lambda: not place.api.ok("GET", "/api/v1/tasks/summary?state=queued")["total"], 200)
    folder = place.folder / "restored"
    fine(otask(place, "db", "backup", str(folder), *place.store))
    strike, killed = Strike(rng), 0
    options, store = new_store(place)
    fine(strike.measure([place.otask, "db", "restore", str(folder), *options]))
    expected = count_tasks(place, store)
    for _ in range(rounds):
        options, store = new_store(place)
        was_killed, *_ = strike([place.otask, "db", "restore", str(folder), *options])
        killed += was_killed
        again = otask(place, "db", "restore", str(folder), *options)
        # A kill after the last step leaves a store that is complete; restoring twice is refused.
        assert again.returncode == 0 or "already has a store" in again.stderr, f"{again.stderr} ({strike.last})"
        assert count_tasks(place, store) == expected, f"{count_tasks(place, store)} of {expected} tasks ({strike.last})"
        if not place.postgres:
            names = {path.name for path in store.iterdir()} - {"tasks.db", "tasks.db-wal", "tasks.db-shm", "output"}
            assert not {name for name in names if "restoring" in name}, names
        drop(place, store)
    return rounds, killed


def init(place, rng, rounds):
    """kill -9 of otask db init"""
    strike, killed = Strike(rng), 0
    options, store = new_store(place)
    fine(strike.measure([place.otask, "db", "init", *options]))
    for _ in range(rounds):
        options, store = new_store(place)
        killed += strike([place.otask, "db", "init", *options])[0]
        fine(otask(place, "db", "init", *options))
        assert count_tasks(place, store) == 0
        drop(place, store)
    return rounds, killed


def golden(place):
    """A store as version 0.1.0 left it, without the steps that came later."""
    archive = Path(__file__).parents[2] / "tests/System.Tests/Golden/0.1.0" / f"{'postgres' if place.postgres else 'sqlite'}.tar.gz"
    options, store = new_store(place)
    folder = place.folder / f"golden{uuid.uuid4().hex}"
    folder.mkdir()
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    if not place.postgres:
        store.mkdir(mode=0o700)
        shutil.copy(folder / "tasks.db", store / "tasks.db")
        os.chmod(store / "tasks.db", 0o600)
        if (folder / "output").exists():
            shutil.copytree(folder / "output", store / "output")
        with sqlite3.connect(store / "tasks.db") as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        return options, store
    place.postgres.sql(first_schema(), store)
    manifest = json.loads((folder / "backup.json").read_text())
    tables = manifest.get("Tables") or manifest.get("tables")
    psql = [f"{place.postgres.bin}/psql", "-h", "127.0.0.1", "-p", str(place.postgres.port), "-U", "otask", "-v", "ON_ERROR_STOP=1", store]
    place.postgres.sql("DELETE FROM ot.installation; DELETE FROM ot.event_trim; DELETE FROM ot.webhook_owner", store)
    for table, columns in tables.items():
        with open(folder / f"{table}.copy", "rb") as rows:
            subprocess.run([*psql, "-c", f"COPY ot.{table} ({','.join(columns)}) FROM STDIN (FORMAT BINARY)"], stdin=rows, check=True, capture_output=True)
    return options, store


def first_schema():
    """The tables on PostgreSQL as version 0.1.0 creates them, without the steps that came later."""
    source = (Path(__file__).parents[2] / "Storage/Postgres/Schema/SchemaText.cs").read_text()
    text = "{Text}"
    parts = dict(re.findall(r'string (\w+)\s*=>?\s*\$*"""\n(.*?)\n\s*"""', source, re.S))
    numbers = {"Version": "1", "QueueOwnership.RowNumbers": str(1 << 40), "{ServiceLimits.BodyBytes}": str(1 << 20),
               "{SpecRules.QueueName}": "[a-z0-9][a-z0-9._-]*"}
    for name, part in {"Text": parts.pop("Text"), **parts, **numbers}.items():
        text = text.replace("{" + name + "}", part)
    return text


def steps_of(place, store):
    if place.postgres:
        return place.postgres.sql("SELECT coalesce((to_jsonb(v) ->> 'steps')::integer, 0) FROM ot.schema_version v", store)
    with sqlite3.connect(store / "tasks.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return str(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(place, rng, rounds):
    """kill -9 while the schema of version 0.1.0 is brought up to date"""
    strike, killed = Strike(rng, FILES + (SOCKETS if place.postgres else [])), 0
    options, store = golden(place)
    assert steps_of(place, store) == "0"
    tasks = count_tasks(place, store)
    fine(strike.measure([place.otask, "db", "init", *options]))
    steps = steps_of(place, store)
    assert steps != "0"
    drop(place, store)
    for number in range(rounds):
        options, store = golden(place)
        was_killed, *_ = strike([place.otask, "db", "init", *options])
        killed += was_killed
        assert steps_of(place, store) in ("0", steps), f"{steps_of(place, store)} of {steps} steps ({strike.last})"
        if number % 4:
            fine(otask(place, "db", "init", *options))
        else:
            serve(place, options, strike.last)
        assert steps_of(place, store) == steps and count_tasks(place, store) == tasks, strike.last
        drop(place, store)
    return rounds, killed


def serve(place, options, note):
    """Starts a service on a store, which must be ready and answer."""
    port = free_port()
    data = options if "--data" in options else [*options, "--data", str(place.folder / f"data{uuid.uuid4().hex}")]
    service = Program([place.program("AllInOne"), "--slots", "1", "--http", f"127.0.0.1:{port}", "--grpc", f"127.0.0.1:{free_port()}", *data],
                      place.folder / "other.log", "^Try: ")
    try:
        service.await_ready()
        until("ready", Api(port).is_ready, 60)
        assert Api(port).ok("GET", "/api/v1/tasks?limit=1")["items"] is not None, note
        done = Api(port).ok("POST", "/api/v1/tasks", {"cmd": "true", "queue": "fresh"})["id"]
        assert until("a task runs", lambda: Api(port).ok("GET", f"/api/v1/tasks/{done}")["state"] == "succeeded", 60)
        place.api.ok("GET", "/api/v1/queues")
    finally:
        service.end()
    if place.postgres:
        place.postgres.sql("DELETE FROM ot.tasks WHERE id IN (SELECT id FROM ot.tasks WHERE queue IN (SELECT no FROM ot.queues WHERE name = 'fresh'))",
                           options[1].rsplit("=", 1)[1])
    else:
        with sqlite3.connect(Path(options[1]) / "tasks.db") as connection:
            connection.execute("DELETE FROM tasks WHERE queue IN (SELECT no FROM queues WHERE name = 'fresh')")


def first_start(place, rng, rounds):
    """kill -9 of a service in its first start, at a system call"""
    killed = 0
    counts = {"write,pwrite64": 30, "fsync,fdatasync": 8, "rename,renameat,renameat2": 3, "openat": 150, "mkdir,mkdirat": 3}
    for number in range(rounds):
        options, store = new_store(place)
        data = store if not place.postgres else place.folder / f"first{number}"
        call = rng.choice(sorted(counts))
        when = rng.randint(1, counts[call])
        port = free_port()
        command = [place.program("AllInOne"), "--slots", "1", "--data", str(data), "--http", f"127.0.0.1:{port}", "--grpc", "127.0.0.1:0",
                   *(options if place.postgres else [])]
        first = Program(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}", *command],
                        place.folder / "first.log", "^Try: ")
        began = time.monotonic()
        while first.process.poll() is None and time.monotonic() - began < 20 and not re.search("^Try: ", first.text(), re.M):
            time.sleep(0.1)
        killed += not re.search("^Try: ", first.text(), re.M)
        first.kill()
        try:
            serve(place, [*options, "--data", str(data)] if place.postgres else options, f"{call} {when}")
        except AssertionError as fault:
            raise AssertionError(f"killed at {call} {when}: {fault}") from fault
        finally:
            drop(place, store)
    return rounds, killed


def key(place, rng, rounds):
    """kill -9 of otask key create and key revoke in the store"""
    strike, killed = Strike(rng), 0
    fine(strike.measure([place.otask, "key", "create", "--scope", "read", "--name", "measured", *place.store]))
    for number in range(rounds):
        name = f"key{number}-{uuid.uuid4().hex[:6]}"
        was_killed, out, _ = strike([place.otask, "key", "create", "--scope", "read", "--name", name, *place.store])
        killed += was_killed
        printed = out.strip()
        listed = [one for one in place.api.ok("GET", "/api/v1/keys")["items"] if one["name"] == name]
        audited = [one for one in place.api.ok("GET", "/api/v1/audit?action=key.create&limit=1000")["items"] if listed and one["target"] == listed[0]["id"]]
        assert len(listed) == len(audited) <= 1, f"{listed} {audited}"
        if printed:
            assert listed, f"a key was printed that is not stored ({strike.last})"
            asked = {"Authorization": f"Bearer {printed}"}
            until("the key is known", lambda: place.api("GET", "/api/v1/tasks?limit=1", headers=asked)[0] == 200, 15)
        if listed:
            killed += strike([place.otask, "key", "revoke", listed[0]["id"], *place.store])[0]
            left = [one for one in place.api.ok("GET", "/api/v1/keys")["items"] if one["name"] == name]
            revoked = [one for one in place.api.ok("GET", "/api/v1/audit?action=key.revoke&limit=1000")["items"] if one["target"] == listed[0]["id"]]
            assert bool(left) != bool(revoked), f"there: {bool(left)}, revoked by the audit: {bool(revoked)} ({strike.last})"
            if left:
                fine(otask(place, "key", "revoke", listed[0]["id"], *place.store))
    return 2 * rounds, killed


def certificate(place, rng, rounds):
    """kill -9 of otask cluster certificate"""
    file = place.folder / "gateway.pem"
    strike, killed = Strike(rng), 0
    fine(strike.measure([place.otask, "cluster", "certificate", str(file), *place.store]))
    for _ in range(rounds):
        before = file.read_bytes()
        was_killed, *_ = strike([place.otask, "cluster", "certificate", str(file), *place.store])
        killed += was_killed
        text = file.read_text()
        assert text.count("-----BEGIN") == before.decode().count("-----BEGIN") and text.rstrip().endswith("-----"), f"half a certificate ({strike.last})"
        assert oct(file.stat().st_mode & 0o777) == "0o600", oct(file.stat().st_mode)
    fine(otask(place, "cluster", "certificate", str(file), *place.store))
    left = [path.name for path in place.folder.iterdir() if path.name.startswith("gateway.pem") and path != file]
    assert not left, f"left beside the certificate: {left}"
    return rounds, killed


def profile(place, rng, rounds):
    """kill -9 of otask config set"""
    home = place.folder / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    strike, killed = Strike(rng), 0
    fine(strike.measure([place.otask, "config", "set", "p0", "--url", "http://127.0.0.1:1"], env=environment))
    known = {"p0"}
    for number in range(1, rounds + 1):
        killed += strike([place.otask, "config", "set", f"p{number}", "--url", f"http://127.0.0.1:{number}"], env=environment)[0]
        listed = fine(otask(place, "config", "list", env=environment))
        assert all(name in listed for name in known), f"{listed} lacks one of {known} ({strike.last})"
        fine(otask(place, "config", "set", f"p{number}", "--url", f"http://127.0.0.1:{number}", env=environment))
        known.add(f"p{number}")
    return rounds, killed


def submit_batch(place, rng, rounds):
    """kill -9 of otask submit --batch"""
    file = place.folder / "batch.ndjson"
    strike, killed = Strike(rng, SOCKETS + FILES[:1]), 0
    url = ["--url", f"http://127.0.0.1:{place.http}"]
    file.write_text("\n".join(json.dumps({"cmd": "true", "labels": {"b": "m"}}) for _ in range(500)))
    fine(strike.measure([place.otask, *url, "submit", "--batch", str(file)]))
    for number in range(rounds):
        label = f"b{uuid.uuid4().hex[:8]}"
        file.write_text("\n".join(json.dumps({"cmd": "true", "labels": {"b": label}}) for _ in range(500)))
        command = [place.otask, *url, "submit", "--batch", str(file), "--idempotency-key", label]
        killed += strike(command)[0]
        count = lambda: place.api.ok("GET", f"/api/v1/tasks/summary?label=b={label}")["total"]
        assert count() in (0, 500), f"{count()} of 500 ({strike.last})"
        fine(subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL))
        assert count() == 500, f"{count()} of 500 ({strike.last})"
    return rounds, killed


def feed(place, rng, rounds):
    """kill -9 of otask job feed"""
    file = place.folder / "items.ndjson"
    file.write_text("".join(f"{i}\n" for i in range(60000)))
    strike, killed = Strike(rng, SOCKETS + FILES[:1]), 0
    url = ["--url", f"http://127.0.0.1:{place.http}"]
    spec = {"source": {"stream": {}}, "process": {"builtin": "identity"}, "aggregate": [{"as": "total", "op": "sum"}, {"as": "n", "op": "count"}]}

    def fed(run):
        job, upload = place.api.ok("POST", "/api/v1/jobs", spec)["id"], str(uuid.uuid4())
        command = [place.otask, *url, "job", "feed", job, "--from", str(file), "--upload", upload, "--close"]
        result = run(command)
        return job, command, result

    fine(fed(strike.measure)[2])
    for _ in range(rounds):
        job, command, result = fed(strike)
        killed += result[0]
        again = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        ended = until("the job ends", lambda: (lambda one: one if one["endedAt"] else None)(place.api.ok("GET", f"/api/v1/jobs/{job}")), 60)
        assert ended["aggregate"] == {"total": 60000 * 59999 // 2, "n": 60000}, f"{ended['aggregate']} ({strike.last}) {again.stderr}"
        assert again.returncode == 0, f"the second feed ends with {again.returncode}: {again.stderr} ({strike.last})"
    return rounds, killed


def join(place, rng, rounds):
    """kill -9 of a worker in its first start with a join token"""
    place = Installation(place.kind, place.programs, place.folder / "guarded", options=["--require-keys"])
    try:
        made = fine(otask(place, "key", "create", "--scope", "read,submit,operate,admin", *place.store))
        place.api.headers = {"Authorization": f"Bearer {made.strip()}"}
        place.start()
        return joins(place, rng, rounds)
    finally:
        place.discard()


def joins(place, rng, rounds):
    killed = 0
    calls = {"write,pwrite64": 40, "fsync,fdatasync": 10, "rename,renameat,renameat2": 5, "sendto,sendmsg": 25, "recvfrom,recvmsg": 40, "openat": 200}
    for number in range(rounds):
        name, data = f"j{number}-{uuid.uuid4().hex[:5]}", place.folder / f"join{number}"
        token = place.api.ok("POST", "/api/v1/nodes/tokens")["token"]
        command = [place.program("Worker"), "--master", f"127.0.0.1:{place.ports[0]}", "--name", name, "--slots", "1", "--data", str(data), "--token", token]
        call = rng.choice(sorted(calls))
        when = rng.randint(1, calls[call])
        first = Program(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}", *command],
                        place.folder / f"{name}.log", "worker node started")
        began = time.monotonic()
        while first.process.poll() is None and time.monotonic() - began < 15 and not re.search(first.ready, first.text()):
            time.sleep(0.05)
        killed += not re.search(first.ready, first.text())
        first.kill()
        second = Program(command, place.folder / f"{name}.log", "worker node started")
        try:
            second.await_ready()
            until("the node is there", lambda: place.api("GET", f"/api/v1/nodes/{name}")[0] == 200, 30)
        except AssertionError as fault:
            raise AssertionError(f"killed at {call} {when}: {fault}") from fault
        finally:
            second.discard()
        place.api("DELETE", f"/api/v1/nodes/{name}")
        shutil.rmtree(data, ignore_errors=True)
    return rounds, killed


def retention(place, rng, rounds):
    """kill -9 in the middle of retention"""
    old = Installation(place.kind, place.programs, place.folder / "retention", options=["--retention", "2s"])
    label = 0
    try:
        old.start()
        for number in range(rounds):
            ids = []
            for _ in range(3):
                label += 1
                old.api.ok("POST", "/api/v1/tasks/batch", {"tasks": [{"cmd": "seq 30000", "queue": f"r{label}", "labels": {"r": str(label)}}] * 120})
                old.api.ok("POST", "/api/v1/jobs", {"source": {"range": {"from": 0, "to": 2000}}, "process": {"builtin": "square"}, "chunkSize": 20})
                old.api.ok("POST", "/api/v1/workflows", {"name": f"w{label}", "nodes": [{"name": f"n{i}", "task": {"cmd": "true"}} for i in range(30)]})
            time.sleep(rng.uniform(1.5, 6))
            old.service.kill()
            old.start()
            for row in old.api.ok("GET", "/api/v1/tasks?limit=200")["items"]:
                status, _ = old.api("GET", f"/api/v1/tasks/{row['id']}")
                assert status in (200, 404), status
                if status == 200 and row["state"] == "succeeded":
                    output = old.api("GET", f"/api/v1/tasks/{row['id']}/output/stdout")
                    assert output[0] in (200, 404), output
        def gone():
            left = old.api.ok("GET", "/api/v1/tasks/summary")["total"]
            return not left and not old.api.ok("GET", "/api/v1/jobs")["items"] and not old.api.ok("GET", "/api/v1/workflows")["items"]
        until("retention has removed everything", gone, 90)
        old.service.kill()
        old.start()
        until("everything is gone", gone, 30)
        orphans(old)
    finally:
        old.discard()
    return rounds, rounds


def orphans(place):
    """Rows and files that belong to no task."""
    tables = ["tasks", "specs", "secrets", "results", "task_results", "attempts", "labels", "chunks", "jobs", "workflow_specs", "workflow_items",
              "workflow_lists", "workflow_jobs", "workflows", "failures", "undo"]
    left = {}
    if place.postgres:
        for table in [*tables, "output_streams", "output_chunks"]:
            left[table] = int(place.postgres.sql(f"SELECT count(*) FROM ot.{table}"))
    else:
        with sqlite3.connect(place.data / "tasks.db") as connection:
            for table in [*tables, "job_specs"]:
                left[table] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        files = lambda: [str(path) for path in (place.data / "output").rglob("*") if path.is_file()]
        until("no output file is left", lambda: not files(), 60)
    assert not any(left.values()), {table: count for table, count in left.items() if count}


ALL = [backup, restore, init, migrate, first_start, key, certificate, profile, submit_batch, feed, join, retention]
SQLITE_ONLY = {profile, submit_batch, feed, join, certificate}
