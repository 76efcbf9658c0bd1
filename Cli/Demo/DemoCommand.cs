using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Demo;

/// <summary>
/// <c>otask demo</c>: runs a few small tasks, a data job and a workflow, and names the command that does each.
/// </summary>
internal static class DemoCommand
{
    private const string Queue = "demo";
    private const int Tasks = 6;

    /// <summary>How often an end is awaited for 30 seconds before the demonstration gives up.</summary>
    private const int MostWaits = 4;

    private static readonly string[] FailingLines = ["echo 'reading /data/in' >&2", "echo 'no such table: orders' >&2", "exit 3"];

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var command = new Command(
            "demo", $"run small tasks, a data job and a workflow in the queue '{Queue}', and show the command that does each");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            await new Demonstration(gateway, output).Run(cancellation);
            return ExitCodes.Done;
        });
        return command;
    }

    private sealed class Demonstration(Gateway gateway, TextWriter output)
    {
        public async Task Run(CancellationToken cancellation)
        {
            await RunTasks(cancellation);
            await FailTask(cancellation);
            await RunJob(cancellation);
            await RunWorkflow(cancellation);
            output.WriteLine($"\nWatch all of it:  otask list --queue {Queue}");
            output.WriteLine($"In a browser:     {gateway.PageOf($"/ui/tasks?queue={Queue}")}");
        }

        private async Task RunTasks(CancellationToken cancellation)
        {
            Title($"{Tasks} tasks", $"otask submit --queue {Queue} 'sleep 0.2; hostname'");
            var submitted = new List<JsonNode>();
            for (var n = 0; n < Tasks; n++)
                submitted.Add(await Submit("sleep 0.2; hostname", cancellation));
            foreach (var task in submitted)
            {
                var ended = await End($"/api/v1/tasks/{task.Field("id")}", cancellation);
                output.WriteLine($"  {ended.Field("id")}  {ended.Field("state")}  on {TerminalText.Line(ended.Field("node"))}");
            }
        }

        private async Task FailTask(CancellationToken cancellation)
        {
            var line = string.Join("; ", FailingLines);
            Title("A task that fails", $"otask submit --queue {Queue} \"{line}\"");
            var failed = await End($"/api/v1/tasks/{(await Submit(line, cancellation)).Field("id")}", cancellation);
            output.WriteLine($"  {failed.Field("id")}  {failed.Field("state")}, exit code {failed.Field("exitCode")}");
            output.WriteLine($"  What it wrote:     otask logs {failed.Field("id")}");
            output.WriteLine($"  Once more:         otask retry {failed.Field("id")}");
            output.WriteLine("  Failures by cause: otask failures");
        }

        private async Task RunJob(CancellationToken cancellation)
        {
            Title("A data job: the squares of a million numbers, in chunks on all workers",
                $"otask job run --queue {Queue} --range 0:1000000 --builtin square --aggregate total=sum");
            var job = await gateway.Post(
                "/api/v1/jobs",
                new JsonObject
                {
                    ["queue"] = Queue,
                    ["source"] = new JsonObject { ["range"] = new JsonObject { ["from"] = 0, ["to"] = 1_000_000 } },
                    ["process"] = new JsonObject { ["builtin"] = "square" },
                    ["aggregate"] = new JsonArray(new JsonObject { ["as"] = "total", ["op"] = "sum" }),
                },
                null,
                cancellation);
            var ended = await End($"/api/v1/jobs/{job.Field("id")}", cancellation);
            output.WriteLine($"  {ended.Field("id")}  {ended.Field("state")}, total {ended["aggregate"]?.Field("total")}");
        }

        private async Task RunWorkflow(CancellationToken cancellation)
        {
            Title("A workflow: two tasks that wait for one, and one that waits for both", "otask workflow submit FILE");
            var workflow = await gateway.Post(
                "/api/v1/workflows",
                new JsonObject
                {
                    ["name"] = "demo", ["queue"] = Queue,
                    ["nodes"] = new JsonArray(
                        Node("fetch"), Node("count", "fetch"), Node("sort", "fetch"), Node("report", "count", "sort")),
                },
                null,
                cancellation);
            var path = $"/api/v1/workflows/{workflow.Field("id")}";
            var ended = await End(path, cancellation);
            output.WriteLine($"  {ended.Field("id")}  {ended.Field("state")}");
            output.WriteLine($"  Its nodes:         otask workflow nodes {ended.Field("id")}");
        }

        private static JsonObject Node(string name, params string[] after) => new()
        {
            ["name"] = name,
            ["task"] = new JsonObject { ["cmd"] = $"sleep 0.2; echo {name} is done" },
            ["after"] = new JsonArray([.. after.Select(static node => JsonValue.Create(node))]),
        };

        private void Title(string what, string command)
        {
            output.WriteLine($"\n{what}:");
            output.WriteLine($"  $ {command}");
        }

        private Task<JsonNode> Submit(string line, CancellationToken cancellation) => gateway.Post(
            "/api/v1/tasks", new JsonObject { ["cmd"] = line, ["queue"] = Queue }, null, cancellation);

        private async Task<JsonNode> End(string path, CancellationToken cancellation)
        {
            for (var wait = 0; wait < MostWaits; wait++)
            {
                var shown = await gateway.Get($"{path}?wait=30s", cancellation);
                if (shown.Field("endedAt").Length > 0)
                    return shown;
                output.WriteLine("  still waiting; otask doctor shows whether a worker is connected");
            }

            throw new RefusedException("The demonstration gave up; nothing ran for two minutes. See: otask doctor");
        }
    }
}
