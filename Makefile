# What people type. ENGINE=Orleans|Embedded forces an engine, ORLEANS_VERSION= another version of the Orleans packages,
# ARGS= passes options on. Details are in build/*.sh.
SHELL := /bin/sh
export ENGINE ORLEANS_VERSION SEEDS SEED
ARGS ?=

.PHONY: help run test build bench simulate mutations campaign-kill campaign-jobs campaign-torture campaign-workers format clean engine worker silo gateway

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | sort | expand -t 16

run: ## Serve on http://127.0.0.1:9092: gateway, silo and one worker in this process (ARGS: options of Client --all-in-one)
	@exec build/run.sh $(ARGS)

test: ## Build and test everything; ends with the line "N passed, N failed"
	@exec build/test.sh

build: ## Build everything in Release
	@build/engine.sh why && build/build.sh all

bench: ## Measure (ARGS: scenarios and options; --help lists them)
	@build/engine.sh why && build/build.sh all && . build/dotnet-root.sh && \
	    exec "artifacts/$$(build/engine.sh)/bin/Bench/release/OrleansTasks.Bench" $(ARGS)

campaign-kill: ## Kill -9 during 50,000 submissions, five rounds: nothing acknowledged may be lost
	@build/engine.sh why && build/build.sh all && . build/dotnet-root.sh && \
	    OTASK_KILL_SUBMISSIONS=50000 OTASK_KILL_ROUNDS=5 OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_KILL_EVIDENCE=$$PWD/docs/evidence/campaign-kill.json \
	    exec "artifacts/$$(build/engine.sh)/bin/System.Tests/release/System.Tests" --no-progress --output Detailed \
	    --filter-class '*KillTests'

campaign-jobs: ## Kill -9 of workers and service while jobs run, 100 rounds: every aggregate must be exact
	@build/engine.sh why && build/build.sh all && . build/dotnet-root.sh && \
	    OTASK_JOBS_ROUNDS=$${OTASK_JOBS_ROUNDS:-100} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_JOBS_EVIDENCE=$$PWD/docs/evidence/campaign-jobs.json \
	    exec "artifacts/$$(build/engine.sh)/bin/System.Tests/release/System.Tests" --no-progress --output Detailed \
	    --filter-class '*JobKillTests'

campaign-torture: ## 10,000 hostile process trees through one agent: no process, descriptor or folder may be left
	@build/engine.sh why && build/build.sh all && . build/dotnet-root.sh && \
	    OTASK_TORTURE_TASKS=$${OTASK_TORTURE_TASKS:-10000} OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) \
	    OTASK_TORTURE_EVIDENCE=$$PWD/docs/evidence/campaign-torture.json \
	    exec "artifacts/$$(build/engine.sh)/bin/Worker.Tests/release/Worker.Tests" --no-progress --output Detailed \
	    --filter-class '*TortureLoadTests'

campaign-workers: ## Lose workers 200 times and kill the service 50 times under load (OTASK_WORKERS_LOSSES=, _RESTARTS=, _SIDE=, _SEED=)
	@build/engine.sh why && build/build.sh all && . build/dotnet-root.sh && \
	    OTASK_WORKERS_LOSSES=$${OTASK_WORKERS_LOSSES:-200} OTASK_WORKERS_RESTARTS=$${OTASK_WORKERS_RESTARTS:-50} OTASK_WORKERS_LEASE=10s \
	    OTASK_WORKERS_SIDE=$${OTASK_WORKERS_SIDE:-4} \
	    OTASK_COMMIT=$$(git rev-parse --short=12 HEAD) OTASK_WORKERS_EVIDENCE=$$PWD/docs/evidence/campaign-workers.json \
	    exec "artifacts/$$(build/engine.sh)/bin/System.Tests/release/System.Tests" --no-progress --output Detailed \
	    --parallel none --filter-class '*Workers.LossTests' --filter-class '*Workers.RestartTests'

simulate: ## Simulate whole installations in which everything goes wrong (SEEDS=n, or SEED=s to look at one; ARGS: --help)
	@ENGINE=Embedded exec build/simulate.sh $(ARGS)

mutations: ## Break the code in over thirty ways, each of which its own test must notice (ARGS: numbers of some)
	@exec build/mutations.sh $(ARGS)

format: ## Format the sources
	@dotnet format OrleansTasks.sln

clean: ## Delete what was built, the record of the engine included; data stays
	@rm -rf artifacts

engine: ## Ask again whether the Orleans packages can be restored
	@build/engine.sh again

worker: ## One remote worker (ARGS: --master HOST:PORT --name NAME --slots N --label K=V --data DIR)
	@exec build/worker.sh $(ARGS)

silo: ## One silo with its worker, engine Orleans (ARGS: --data DIR --listen 127.0.0.1:30000 and other options)
	@exec build/apart.sh silo $(ARGS)

gateway: ## One gateway, engine Orleans (ARGS: --silo HOST:PORT --http 127.0.0.1:9092 and other options)
	@exec build/apart.sh gateway $(ARGS)
