#!/usr/bin/env python3
"""make demo-failover: a cluster on this machine, a load, and kill -9 of a silo in its middle; prints what happens, second by second.

Tasks go to eight queues, so the silo that dies owns about half of them. Each command writes its id into a file: at the end the file
shows whether any task was lost or run twice."""
import collections, http.client, json, os, re, signal, subprocess, sys, tempfile, threading, time, uuid

RATE, SECONDS, KILL_AT, QUEUES = 40, 15, 4, 8


def ask(port, method, path, body=None, headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def start_cluster(script):
    cluster = subprocess.Popen(script, stdout=subprocess.PIPE, text=True)
    text = ""
    for line in cluster.stdout:
        text += line
        if line.startswith("Kill a silo"):
            break
    else:
        sys.exit(cluster.wait())
    ports = [int(port) for port in re.findall(r"http://127\.0\.0\.1:(\d+)(?=\s)", text.split("silos")[0])]
    return cluster, ports, re.search(r"cat (\S+)/silo1/lock", text)[1]


class Load:
    def __init__(self, ports, journal):
        self.ports, self.journal = ports, journal
        self.began = time.monotonic()
        self.lock = threading.Lock()
        self.accepted, self.refused = collections.Counter(), collections.Counter()
        self.tasks, self.waits = {}, []

    def second(self):
        return int(time.monotonic() - self.began)

    def submit(self, number):
        """Sends one task until it is accepted, always under the same key: a repeated submission makes no second task."""
        key, sent, gateway = str(uuid.uuid4()), time.monotonic(), number
        task = {"cmd": f"echo {key} >> {self.journal}", "queue": f"demo{number % QUEUES}"}
        while True:
            try:
                status, answer = ask(self.ports[gateway % 2], "POST", "/tasks", task, {"Idempotency-Key": key})
            except OSError:
                status = 0
            with self.lock:
                if status == 202:
                    self.accepted[self.second()] += 1
                    self.tasks[answer["id"]] = key
                    self.waits.append(time.monotonic() - sent)
                    return
                self.refused[self.second()] += 1
            gateway += 1
            time.sleep(0.2)

    def run(self):
        threads = []
        for number in range(RATE * SECONDS):
            time.sleep(max(0, self.began + number / RATE - time.monotonic()))
            threads.append(threading.Thread(target=self.submit, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()


def lines(path):
    with open(path) as file:
        return file.read().split()


def main():
    cluster, ports, folder = start_cluster(sys.argv[1:])
    try:
        with tempfile.NamedTemporaryFile() as journal:
            os.chmod(journal.name, 0o666)
            load = Load(ports, journal.name)
            sending = threading.Thread(target=load.run)
            sending.start()
            print(f"\n{RATE} tasks a second into {QUEUES} queues; silo 1 dies in second {KILL_AT}.\n")
            print(f"{'second':>6} {'accepted':>9} {'refused':>8} {'run':>6}")
            second, ran = 0, 0
            while True:
                time.sleep(max(0, load.began + second + 1 - time.monotonic()))
                now = len(lines(journal.name))
                with load.lock:
                    print(f"{second:>6} {load.accepted[second]:>9} {load.refused[second]:>8} {now - ran:>6}", flush=True)
                second, ran = second + 1, now
                if second == KILL_AT:
                    with open(f"{folder}/silo1/lock") as lock:
                        os.kill(int(lock.read()), signal.SIGKILL)
                    print("       kill -9 silo 1")
                if not sending.is_alive() and now >= len(load.tasks) or second > 120:
                    break
            written = collections.Counter(lines(journal.name))
            lost = sum(key not in written for key in load.tasks.values())
            twice = sum(count > 1 for count in written.values())
            print(f"\n{len(load.tasks)} tasks acknowledged, {lost} lost, {twice} run twice."
                  f"\nThe slowest submission was acknowledged after {max(load.waits):.1f} s.")
            return 1 if lost or twice else 0
    finally:
        cluster.send_signal(signal.SIGINT)
        cluster.wait()


if __name__ == "__main__":
    sys.exit(main())
