# Short names for dotnet commands. ARGS= passes options on.
SHELL := /bin/sh
export SEEDS SEED MINUTES
ARGS ?=

programs = artifacts/bin
# Tests of these targets start what they were built with: make -o service silo flavour=debug.
flavour ?= release
start = . build/dotnet-root.sh && exec

.PHONY: help run worker silo gateway cluster test build bench deb deb-test nuget nuget-test nuget-simulation nuget-simulation-test aot-test release-check archives archives-test tool tool-test clients-test images images-test compose-test demo-failover proxy-test console e2e screenshots format clean service

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed 's/:.*## /\t/' | sort | expand -t 16
	@echo && echo "The laboratory (lab/README.md):"
	@grep -hE '^[a-z0-9-]+:.*## ' lab/Makefile | sed 's/:.*## /\t/' | expand -t 22

run: service ## Serve on http://127.0.0.1:9092: gateway, silo and one worker in this process (ARGS: options of AllInOne)
	@$(start) $(programs)/AllInOne/$(flavour)/OrleansTasks.AllInOne $(ARGS)

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

deb: ## Debian packages in artifacts/deb: otask, orleanstasks, orleanstasks-worker (VERSION= RID=)
	@exec build/deb.sh

nuget: ## Packages for .NET programs in artifacts/nuget: client, handlers, template (VERSION=)
	@for package in ApiClient Handlers Templates; do \
	    dotnet pack sdk/dotnet/OrleansTasks.$$package -c Release -nologo -v q $(if $(VERSION),-p:Version=$(VERSION)) || exit; done

nuget-test: service ## Make a worker from the template in a scratch folder, and run a task on it (KEEP=1: packages as they are built)
	@exec build/nuget-test.sh $(flavour)

nuget-simulation: ## The simulator as a NuGet package for grains of others, in artifacts/nuget (VERSION=)
	@dotnet pack tests/Simulation.Engine -c Release -nologo -v q -o artifacts/nuget $(if $(VERSION),-p:Version=$(VERSION))

nuget-simulation-test: ## Use the simulator's package in a scratch project: a seed finds a mistake, its analyzer what leaves virtual time (KEEP=1: as it is built)
	@exec build/nuget-simulation-test.sh

aot-test: service ## Publish a program on OrleansTasks.ApiClient as machine code, or trimmed, and run it against a service (clang or gcc; KEEP=1: packages as they are built)
	@exec build/aot-test.sh $(flavour)

deb-test: ## Install, use, upgrade under load and purge the packages in a Debian root under systemd (root; debootstrap, systemd-nspawn)
	@exec build/deb-test.sh

proxy-test: build ## A gateway behind the real nginx with deploy/nginx/otask.conf (apt-get install nginx)
	@. build/dotnet-root.sh && exec $(programs)/System.Tests/release/System.Tests --no-progress --output Detailed --filter-class '*NginxTests'

archives: ## Archives that bring .NET along, in artifacts/archives: service, worker, otask (VERSION= RID=)
	@exec build/archives.sh

archives-test: ## Unpack the archives and run service, worker and otask without .NET on PATH (KEEP=1: as they are built)
	@exec build/archives-test.sh

tool: ## otask and otask-store as .NET tools, in artifacts/tool (VERSION=)
	@exec build/tool.sh

tool-test: ## Install the .NET tools into a scratch folder and run them (KEEP=1: as they are built)
	@exec build/tool-test.sh

clients-test: service ## Generate clients in TypeScript and Go from the OpenAPI document, compile and run them (npm; Java; golang-go, golang-golang-x-oauth2-dev)
	@exec build/clients-test.sh $(flavour)

images: ## Container images in artifacts/images, by the SDK alone: service, silo, worker, otask (VERSION= RID= BASE=)
	@exec build/images.sh

images-test: ## Run the service's image with podman on a base image made here (root; debootstrap, umoci, skopeo, docker-registry, podman, runc)
	@exec build/images-test.sh

compose-test: ## Run the cluster of deploy/compose with podman and kill a silo (as images-test, and python3-yaml)
	@exec build/compose-test.sh

demo-failover: service ## A cluster under load whose silo is killed: what happens, second by second (BASE=PORT: its ports)
	@. build/dotnet-root.sh && BASE=$(BASE) exec python3 build/demo-failover.py build/cluster.sh $(programs) $(flavour)

release-check: ## What CI does not run: packages, images, archives, clients, browser, upgrade, some mutations; into docs/evidence/release-check.json (ARGS: some of them)
	@exec build/release-check.py $(ARGS)

console: ## Build the web console alone, without a bound in time, and show what happens
	@rm -f artifacts/console/inputs.txt artifacts/console/missing.txt && mkdir -p artifacts/console && node Console/build/build.mjs artifacts/console && \
	    touch artifacts/console/stamp Console/build/build.sh

e2e: service ## Open every page of the console in Chromium (OTASK_CHROMIUM names another browser)
	@. build/dotnet-root.sh && exec Console/e2e/run.sh $(programs)/AllInOne/$(flavour)/OrleansTasks.AllInOne

screenshots: service ## Make the pictures in docs/screenshots anew, in Chromium
	@. build/dotnet-root.sh && exec Console/e2e/run.sh $(programs)/AllInOne/$(flavour)/OrleansTasks.AllInOne screenshots.mjs

format: ## Format the sources
	@dotnet format OrleansTasks.sln

clean: ## Delete what was built; data stays
	@rm -rf artifacts

# A service that is newer than every file it is built from starts at once; otherwise MSBuild decides what to build. Every folder
# with a project counts, so that no list can forget one.
sources = $(shell find $(dir $(wildcard */*.csproj)) build/* $(wildcard Directory.* *.json *.sln .editorconfig) -name node_modules -prune -o -print)

service:
	@$(MAKE) --no-print-directory -s $(programs)/AllInOne/release/OrleansTasks.AllInOne

# As new as the moment before the build, whatever is saved meanwhile.
$(programs)/AllInOne/release/OrleansTasks.AllInOne: $(sources)
	@echo "building (dotnet build -c Release)"
	@mkdir -p artifacts && touch artifacts/began-$$PPID
	@flock -o artifacts dotnet build build/Run.slnf -c Release -nologo -v q -clp:ErrorsOnly
	@touch -r artifacts/began-$$PPID $@; rm -f artifacts/began-$$PPID

include lab/Makefile
