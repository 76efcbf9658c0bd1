# Short names for dotnet commands. ARGS= passes options on.
SHELL := /bin/sh
export SEEDS SEED MINUTES
ARGS ?=

programs = artifacts/bin
# Tests of these targets start what they were built with: make -o service silo flavour=debug.
flavour ?= release
start = . build/dotnet-root.sh && exec

.PHONY: help run test build bench simulate mutations deb deb-test campaign-kill campaign-jobs campaign-schedules campaign-workflows campaign-torture campaign-workers \
    campaign-streams campaign-first-start fuzz format clean console e2e journeys console-costs nuget-simulation worker silo gateway service cluster demo-failover cluster-kills cluster-restarts cluster-cuts

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | sort | expand -t 16

run: service ## Serve on http://127.0.0.1:9092: gateway, silo and one worker in this process (ARGS: options of Client --all-in-one)
	@$(start) $(programs)/Client/$(flavour)/OrleansTasks.Client --all-in-one $(ARGS)

worker: service ## One remote worker (ARGS: --master HOST:PORT --name NAME --slots N --label K=V --data DIR)
	@. build/dotnet-root.sh && exec $(programs)/Worker/$(flavour)/OrleansTasks.Worker $(ARGS)

silo: service ## One silo with its worker (ARGS: --data DIR --listen 127.0.0.1:30000 and other options)
	@$(start) $(programs)/Silo/$(flavour)/OrleansTasks.Silo $(ARGS)

gateway: service ## One gateway (ARGS: --silo HOST:PORT --http 127.0.0.1:9092 and other options)
	@$(start) $(programs)/Client/$(flavour)/OrleansTasks.Client $(ARGS)

cluster: service ## A whole cluster on this machine: PostgreSQL, 2 silos, 2 gateways, 2 workers (BASE=PORT: its ports)
	@. build/dotnet-root.sh && BASE=$(BASE) exec build/cluster.sh $(programs) $(flavour)

test: ## Build and test everything; ends with the line "N passed, N failed"
	@exec build/test.sh

build: ## Build everything in Release
	@dotnet build OrleansTasks.sln -c Release -nologo -v q -p:RunAnalyzersDuringBuild=true

bench: build ## Measure (ARGS: scenarios and options; --help lists them)
	@$(start) $(programs)/Bench/release/OrleansTasks.Bench $(ARGS)

campaign-kill: build ## Kill -9 during 50,000 submissions, five rounds: nothing acknowledged may be lost
	@. build/dotnet-root.sh && \
	    OTASK_KILL_SUBMISSIONS=50000 OTASK_KILL_ROUNDS=5 OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_KILL_EVIDENCE=$$PWD/docs/evidence/campaign-kill.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-class '*KillTests'

deb: ## Debian packages in artifacts/deb: otask, orleanstasks, orleanstasks-worker (VERSION= RID=)
	@exec build/deb.sh

nuget-simulation: ## The simulator as a NuGet package for grains of others, in artifacts/nuget (VERSION=)
	@dotnet pack tests/Simulation.Engine -c Release -nologo -v q -o artifacts/nuget $(if $(VERSION),-p:Version=$(VERSION))

deb-test: ## Install, use, upgrade under load and purge the packages in a Debian root under systemd (root; debootstrap, systemd-nspawn)
	@exec build/deb-test.sh

demo-failover: service ## A cluster under load whose silo is killed: what happens, second by second (BASE=PORT: its ports)
	@. build/dotnet-root.sh && BASE=$(BASE) exec python3 build/demo-failover.py build/cluster.sh $(programs) $(flavour)

cluster-kills: build ## Kill -9 the silo that owns the queue, N=50 times, under load: nothing may be lost or end twice
	@. build/dotnet-root.sh && \
	    OTASK_CLUSTER_KILLS=$(or $(N),50) OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_CLUSTER_EVIDENCE=$$PWD/docs/evidence/cluster-kills.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-method '*OwnerOfTheQueueKilled*'

cluster-restarts: build ## Have the silos of a cluster end and start again, N=10 times, under load: tasks may wait for 5 s at most
	@. build/dotnet-root.sh && \
	    OTASK_CLUSTER_KILLS=0 OTASK_CLUSTER_RESTARTS=$(or $(N),10) OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_CLUSTER_EVIDENCE=$$PWD/docs/evidence/cluster-restarts.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-method '*OwnerOfTheQueueKilled*'

cluster-cuts: build ## Cut the networks between two silos and PostgreSQL, as root: how long tasks are not taken (CUT=seconds)
	@. build/dotnet-root.sh && exec build/cluster-cuts.sh $(programs) $(flavour)

campaign-schedules: build ## Kill -9 while schedules start tasks, jobs and workflows, 200 rounds: each time must be started once
	@. build/dotnet-root.sh && \
	    OTASK_SCHEDULE_ROUNDS=$${OTASK_SCHEDULE_ROUNDS:-200} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_SCHEDULES_EVIDENCE=$$PWD/docs/evidence/campaign-schedules.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-method '*ScheduleKillTests.Kill_*'

campaign-workflows: build ## Kill -9 in the middle of workflows, 100 rounds: each node must end once, and in order
	@. build/dotnet-root.sh && \
	    OTASK_WORKFLOW_ROUNDS=$${OTASK_WORKFLOW_ROUNDS:-100} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_WORKFLOWS_EVIDENCE=$$PWD/docs/evidence/campaign-workflows.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-method '*Kill_InTheMiddleOfAWorkflow*'

campaign-jobs: build ## Kill -9 of workers and service while jobs run, 100 rounds: every aggregate must be exact
	@. build/dotnet-root.sh && \
	    OTASK_JOBS_ROUNDS=$${OTASK_JOBS_ROUNDS:-100} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_JOBS_EVIDENCE=$$PWD/docs/evidence/campaign-jobs.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-class '*JobKillTests'

campaign-torture: build ## 10,000 hostile process trees through one agent: no process, descriptor or folder may be left
	@. build/dotnet-root.sh && \
	    OTASK_TORTURE_TASKS=$${OTASK_TORTURE_TASKS:-10000} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_TORTURE_EVIDENCE=$$PWD/docs/evidence/campaign-torture.json \
	    exec $(programs)/Worker.Tests/release/Worker.Tests --no-progress --output Detailed \
	    --filter-class '*TortureLoadTests'

campaign-workers: build ## Lose workers 200 times and kill the service 50 times under load (OTASK_WORKERS_LOSSES=, _RESTARTS=, _SIDE=, _SEED=)
	@. build/dotnet-root.sh && \
	    OTASK_WORKERS_LOSSES=$${OTASK_WORKERS_LOSSES:-200} OTASK_WORKERS_RESTARTS=$${OTASK_WORKERS_RESTARTS:-50} OTASK_WORKERS_LEASE=10s \
	    OTASK_WORKERS_SIDE=$${OTASK_WORKERS_SIDE:-4} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_WORKERS_EVIDENCE=$$PWD/docs/evidence/campaign-workers.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --parallel none --filter-class '*Workers.LossTests' --filter-class '*Workers.RestartTests'

campaign-streams: build ## Kill workers with their supervisors, 50 rounds: the next tasks must run elsewhere at once
	@. build/dotnet-root.sh && \
	    OTASK_WORKERS_STREAMS=$${OTASK_WORKERS_STREAMS:-50} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_WORKERS_EVIDENCE=$$PWD/docs/evidence/campaign-streams.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-class '*Workers.LostStreamTests'

campaign-first-start: build ## Kill -9 during the very first start, 200 times: each folder must start again and run a task
	@. build/dotnet-root.sh && \
	    OTASK_STARTS_KILLS=$${OTASK_STARTS_KILLS:-200} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_STARTS_EVIDENCE=$$PWD/docs/evidence/campaign-first-start.json \
	    exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed \
	    --filter-class '*FirstStartTests'

fuzz: build ## Hostile bytes at every surface for MINUTES=10 in all (SEED=s repeats a run)
	@. build/dotnet-root.sh && mkdir -p artifacts && rm -f artifacts/fuzz.json && \
	    OTASK_FUZZ_SECONDS=$$(( $${MINUTES:-10} * 60 / 5 )) OTASK_FUZZ_SEED=$${SEED:-$$(od -An -N3 -tu4 /dev/urandom | tr -d " ")} \
	    OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_FUZZ_EVIDENCE=$$PWD/artifacts/fuzz.json \
	    $(programs)/Fuzz.Tests/release/Fuzz.Tests --no-progress --output Detailed; status=$$?; \
	    [ ! -f artifacts/fuzz.json ] || cp artifacts/fuzz.json docs/evidence/fuzz.json; exit $$status

simulate: ## Simulate whole installations in which everything goes wrong (SEEDS=n, or SEED=s to look at one; ARGS: --help)
	@exec build/simulate.sh $(ARGS)

mutations: ## Break the code, one way after another: each must be noticed by its own test (ARGS: numbers of some)
	@exec build/mutations.sh $(ARGS)

console: ## Build the web console alone, without a bound in time, and show what happens
	@rm -f artifacts/console/inputs.txt artifacts/console/missing.txt && mkdir -p artifacts/console && node Console/build/build.mjs artifacts/console && \
	    touch artifacts/console/stamp Console/build/build.sh

e2e: service ## Open every page of the console in Chromium (OTASK_CHROMIUM names another browser)
	@. build/dotnet-root.sh && exec Console/e2e/run.sh $(programs)/Client/$(flavour)/OrleansTasks.Client

journeys: service ## What people come for, in Chromium, by clicks and seconds, with MANY=100000 tasks stored; a slow or long way fails
	@. build/dotnet-root.sh && OTASK_MANY=$(or $(MANY),100000) OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_JOURNEYS_EVIDENCE=$$PWD/docs/evidence/console-journeys.json \
	    exec Console/e2e/run.sh $(programs)/Client/$(flavour)/OrleansTasks.Client walk.mjs

console-costs: service ## What an open console costs the gateway and the browser, with MANY=100000 tasks stored
	@. build/dotnet-root.sh && OTASK_MANY=$(or $(MANY),100000) OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_COSTS_EVIDENCE=$$PWD/docs/evidence/console-costs.json OTASK_PROGRAM=$$PWD/$(programs)/Client/$(flavour)/OrleansTasks.Client \
	    exec Console/e2e/run.sh $(programs)/Client/$(flavour)/OrleansTasks.Client costs.mjs

format: ## Format the sources
	@dotnet format OrleansTasks.sln

clean: ## Delete what was built; data stays
	@rm -rf artifacts

# A service that is newer than every file it is built from starts at once; otherwise MSBuild decides what to build. Every folder
# with a project counts, so that no list can forget one.
sources = $(shell find $(dir $(wildcard */*.csproj)) build/* $(wildcard Directory.* *.json *.sln .editorconfig) -name node_modules -prune -o -print)

service:
	@$(MAKE) --no-print-directory -s $(programs)/Client/release/OrleansTasks.Client

# As new as the moment before the build, whatever is saved meanwhile.
$(programs)/Client/release/OrleansTasks.Client: $(sources)
	@echo "building (dotnet build -c Release)"
	@mkdir -p artifacts && touch artifacts/began-$$PPID
	@flock -o artifacts dotnet build build/Run.slnf -c Release -nologo -v q -clp:ErrorsOnly
	@touch -r artifacts/began-$$PPID $@; rm -f artifacts/began-$$PPID
