#!/bin/sh
# Proves that OrleansTasks.ApiClient is what it says, IsAotCompatible: a program on its package is published as machine code without a JIT
# compiler, or trimmed if this machine has neither clang nor gcc, without a warning, and calls a service. KEEP=1 takes the package that is
# built. PORT and the port after it are the service's.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
. build/dotnet-root.sh
flavour=${1:-release}
port=${PORT:-35101}
work=$(mktemp -d /var/tmp/otask-aot-XXXXXX)
running=
trap 'status=$?; [ -z "$running" ] || { kill $running 2> /dev/null || true; }; wait; [ $status = 0 ] || tail -n 20 "$work"/*.log >&2; rm -rf "$work"; exit $status' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e "artifacts/nuget/OrleansTasks.ApiClient.$version.nupkg" ] || make -s nuget > "$work/pack.log"
kind=PublishTrimmed
if command -v clang > /dev/null || command -v gcc > /dev/null; then kind=PublishAot; fi
mkdir -p "$work/Calls"
# The package under test has a cache of its own, so that no older one of the same version is taken.
export NUGET_PACKAGES="$work/cache"
(cd "$work" && dotnet new nugetconfig > nugetconfig.log && dotnet nuget add source "$OLDPWD/artifacts/nuget" --name orleanstasks --configfile nuget.config > source.log)
cat > "$work/Calls/Calls.csproj" <<END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <InvariantGlobalization>true</InvariantGlobalization>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <TrimmerSingleWarn>false</TrimmerSingleWarn>
    <SelfContained>true</SelfContained>
    <$kind>true</$kind>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OrleansTasks.ApiClient" Version="$version" />
  </ItemGroup>
</Project>
END
cat > "$work/Calls/Program.cs" <<'END'
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.ApiClient;

using var client = new OrleansTasksClient(new Uri(args[0]));

var task = await client.Tasks.RunAsync(TaskSpec.Shell("""echo hello; echo '{"count":3}' > "$TASK_RESULT" """) with
{
    Name = "aot", Timeout = TimeSpan.FromMinutes(1), Retry = new RetryPolicy { MaxAttempts = 2 }, Result = true,
});
Must("a task runs", task is { State: TaskState.Succeeded, ExitCode: 0 } && await client.Tasks.OutputAsync(task.Id) == "hello\n");
Must("a result is read", (await client.Tasks.ResultAsync(task.Id, Mine.Default.Answer))!.Count == 3);
var listed = 0;
await foreach (var row in client.Tasks.ListAsync(new TaskFilter { State = TaskState.Succeeded }))
    listed += row.Id == task.Id ? 1 : 0;
Must("a list has the task", listed == 1);
var logged = "";
await foreach (var piece in client.Tasks.LogsAsync(task.Id, follow: true))
    logged += piece.Text;
Must("a log is followed", logged == "hello\n");

var job = await client.Jobs.SubmitAsync(new JobSpec
{
    Source = JobSource.OfItems([JsonSerializer.SerializeToElement(3, Mine.Default.Int32)]),
    Process = JobProcess.OfBuiltin("square"),
    Aggregate = [new JobAggregate("sum")],
});
job = await client.Jobs.WaitAsync(job.Id);
Must("a job counts", job.State == TaskState.Succeeded && job.Aggregate["sum"].GetInt64() == 9);

var flow = await client.Workflows.SubmitAsync(new WorkflowSpec
{
    Nodes = [new WorkflowNode("one") { Task = TaskSpec.Shell("true") }, new WorkflowNode("two") { Task = TaskSpec.Shell("true"), After = ["one"] }],
});
Must("a workflow runs", (await client.Workflows.WaitAsync(flow.Id)).State == TaskState.Succeeded);

await client.Schedules.PutAsync("aot", new ScheduleSpec { Cron = "0 3 * * *", Task = TaskSpec.Shell("true") });
await client.Schedules.DeleteAsync("aot");
try
{
    await client.Tasks.SubmitAsync(new TaskSpec { Cmd = "true", Priority = 11 });
    Must("a bad task is refused", false);
}
catch (OrleansTasksException refusal)
{
    Must("a refusal has its code", refusal is { Status: HttpStatusCode.UnprocessableEntity, Code: "invalid-task" });
}

Console.WriteLine($"dynamic code: {System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported}");

static void Must(string what, bool holds)
{
    if (!holds) throw new InvalidOperationException($"Not so: {what}.");
}

sealed record Answer([property: JsonPropertyName("count")] int Count);

[JsonSerializable(typeof(Answer)), JsonSerializable(typeof(int))]
sealed partial class Mine : JsonSerializerContext;
END
dotnet publish "$work/Calls" -c Release -r "$rid" -nologo -v q -o "$work/published" > "$work/publish.log" 2>&1 || fail "the program cannot be published ($kind)"

artifacts/bin/AllInOne/$flavour/OrleansTasks.AllInOne --slots 2 --http "127.0.0.1:$port" --grpc "127.0.0.1:$((port + 1))" \
    --data "$work/data" > "$work/service.log" 2>&1 &
running=$!
for _ in $(seq 600); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
    kill -0 "$running" || fail "the service has ended"
    sleep 0.1
done
"$work/published/Calls" "http://127.0.0.1:$port" > "$work/calls.log" 2>&1 || fail "the published program does not work"
[ $kind = PublishTrimmed ] || grep -q 'dynamic code: False' "$work/calls.log" || fail "the program was not compiled ahead of time"
kill "$running"
wait "$running" || fail "the service ended with $? after SIGTERM"
running=
echo "$kind: a program of $(du -sh "$work/published/Calls" | cut -f1) on OrleansTasks.ApiClient $version works"
