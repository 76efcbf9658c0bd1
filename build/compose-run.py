#!/usr/bin/python3
"""compose-run.py PROJECT FILE up|healthy SERVICE…|down: starts a file for Compose with podman, in the order of its
conditions and by its own health checks. For the test of the project's own file: a key that this does not know is an
error. Variables come from the environment."""
import os, re, subprocess, sys, time, yaml

project, file = sys.argv[1:3]


def substituted(match):
    name, standard = match.group(1), match.group(2)
    value = os.environ.get(name) or (standard[2:] if standard and standard[1] == "-" else None)
    return value if value is not None else sys.exit(f"the variable {name} is not set")


text = re.sub(r"(?<!\$)\$\{(\w+)(:[-?][^}]*)?\}", substituted, open(file).read()).replace("$$", "$")
compose = yaml.safe_load(text)
services = compose["services"]


def podman(*arguments, check=True):
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True)
    if check and done.returncode:
        sys.exit(f"podman {' '.join(arguments)}: {done.stderr}")
    return done


def healthy(name):
    kind, *check = services[name]["healthcheck"]["test"]
    assert kind == "CMD", kind
    until = time.monotonic() + 180
    while podman("exec", f"{project}-{name}", *check, check=False).returncode:
        if time.monotonic() > until:
            sys.exit(f"{name} is not healthy after 180 s")
        time.sleep(0.2)
    restarts = podman("container", "inspect", "-f", "{{.RestartCount}}", f"{project}-{name}").stdout.strip()
    if restarts != "0":
        print(f"{name} was started again {restarts} times")


def options(name, service):
    for key, value in service.items():
        match key:
            case "image" | "command" | "healthcheck" | "depends_on":
                pass
            case "restart":
                yield from ("--restart", value)
            case "entrypoint":
                yield from ("--entrypoint", str(value).replace("'", '"'))
            case "user" | "hostname":
                yield from (f"--{key}", value)
            case "read_only":
                yield from ["--read-only"] if value else []
            case "stop_grace_period":
                yield from ("--stop-timeout", value.removesuffix("s"))
            case "pids_limit":
                yield from ("--pids-limit", str(value))
            case "environment":
                yield from (part for item in value.items() for part in ("-e", "=".join(item)))
            case "tmpfs" | "cap_drop" | "security_opt" | "dns_opt":
                option = "--" + key.replace("_", "-")
                yield from (part for item in value for part in (option, item.replace("no-new-privileges:true", "no-new-privileges")))
            case "ports":
                yield from (part for item in value for part in ("-p", item))
            case "volumes":
                for item in value:
                    source = item if not item.startswith(".") else os.path.join(os.path.dirname(os.path.abspath(file)), item)
                    yield from ("-v", source if item.startswith(".") else f"{project}_{source}")
            case "networks":
                settings = value if isinstance(value, dict) else {network: {} for network in value}
                for network, setting in settings.items():
                    address = f",ip={setting['ipv4_address']}" if setting else ""
                    yield from ("--network", f"{project}_{network}:alias={name}{address}")
            case _:
                sys.exit(f"{name}: {key} is not known here")


def start(name):
    if podman("container", "exists", f"{project}-{name}", check=False).returncode == 0:
        return
    service = services[name]
    for other, condition in service.get("depends_on", {}).items():
        start(other)
        match condition["condition"]:
            case "service_healthy":
                healthy(other)
            case "service_completed_successfully":
                code = podman("wait", f"{project}-{other}").stdout.strip()
                if code != "0":
                    sys.exit(f"{other} ended with {code}")
    podman("run", "-d", "--name", f"{project}-{name}", *options(name, service), service["image"], *service.get("command", []))


match sys.argv[3]:
    case "up":
        for network, setting in compose["networks"].items():
            subnets = [part for item in setting.get("ipam", {}).get("config", []) for part in ("--subnet", item["subnet"])]
            podman("network", "create", *(["--internal"] if setting.get("internal") else []), *subnets, f"{project}_{network}")
        for name in services:
            start(name)
        for name in (name for name in services if "healthcheck" in services[name]):
            healthy(name)
    case "healthy":
        for name in sys.argv[4:]:
            healthy(name)
    case "down":
        for name in reversed(services):
            podman("rm", "-f", "-v", "-t", "5", f"{project}-{name}", check=False)
        for volume in compose["volumes"]:
            podman("volume", "rm", "-f", f"{project}_{volume}", check=False)
        for network in compose["networks"]:
            podman("network", "rm", f"{project}_{network}", check=False)
