using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Watching;

/// <summary><c>otask top</c>: shows queues, workers, running tasks and failures on one screen.</summary>
internal static class TopCommand
{
    private const int MostRows = 10;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var command = new Command(
            "top", "show queues, workers, running tasks and failures; refresh every second until q. In a pipe, print once");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            using var screen = Screen.Open(output);
            if (screen is null)
            {
                foreach (var line in (await Read(gateway, cancellation))(null))
                    output.WriteLine(line);
                return ExitCodes.Done;
            }

            var patience = new Patience(TimeProvider.System);
            var quit = WaitForQuit();
            do
            {
                var lines = await patience.Repeat(() => Read(gateway, cancellation), cancellation);
                screen.Draw(width => lines(width));
            }
            while (!await IsQuit(quit, cancellation));
            return ExitCodes.Done;
        });
        return command;
    }

    // Returns the lines for a width; a file or pipe has no width (null).
    private static async Task<Func<int?, IReadOnlyList<string>>> Read(Gateway gateway, CancellationToken cancellation)
    {
        var summary = gateway.Get("/api/v1/tasks/summary", cancellation);
        var queues = gateway.Get("/api/v1/queues", cancellation);
        var nodes = gateway.Get("/api/v1/nodes", cancellation);
        var running = gateway.Get($"/api/v1/tasks?state=running&view=row&limit={MostRows}", cancellation);
        var failures = gateway.Get($"/api/v1/failures?limit={MostRows}", cancellation);
        await Task.WhenAll(summary, queues, nodes, running, failures);
        var (counts, busiest, workers, tasks, groups) =
            (await summary, await queues, await nodes, await running, await failures);
        return width => Compose(counts, busiest.Items(), workers.Items(), tasks.Items(), groups.Items(), width);
    }

    /// <summary>Returns the screen's lines.</summary>
    internal static List<string> Compose(
        JsonNode summary, IEnumerable<JsonNode> queues, IEnumerable<JsonNode> nodes, IEnumerable<JsonNode> running,
        IEnumerable<JsonNode> failures, int? width = null)
    {
        var counts = (summary["byState"] as JsonObject ?? []).Select(static state => $"{state.Key} {state.Value}");
        List<string> lines = [$"tasks   {summary.Field("total")}   {string.Join("   ", counts)}"];
        var queueTable = new Table("QUEUE", "QUEUED", "RUNNING", "SCHEDULED", "PAUSED");
        foreach (var queue in queues.Select(Answer.Queue).OrderByDescending(static queue => queue.Depth + queue.Running).Take(MostRows))
            queueTable.Add(
                queue.Name, $"{queue.Depth}", $"{queue.Running}", $"{queue.Scheduled}", queue.Paused ? "paused" : "");
        var nodeTable = new Table("WORKER", "STATE", "RUNNING", "SLOTS", "LOAD");
        foreach (var node in nodes.OrderByDescending(static node => Number(node, "running")).Take(MostRows))
            nodeTable.Add(
                node.Field("id"), node.Field("state"), node.Field("running"), node.Field("slots"), node.Field("load"));
        var runningTable = new Table("RUNNING TASK", "QUEUE", "WORKER", "SINCE", "NAME");
        foreach (var task in running)
            runningTable.Add(
                task.Field("id"), task.Field("queue"), task.Field("node"), task.Field("startedAt"), task.Field("name"));
        var failureTable = new Table("FAILED", "REASON", "LAST", "NEWEST TASK", "SAMPLE");
        foreach (var group in failures)
            failureTable.Add(group.Field("count"), TaskListing.Reason(group), group.Field("lastAt"),
                group.List("tasks").Select(JsonText.Text).FirstOrDefault(""),
                group.Field("sample"));
        foreach (var table in (Table[])[queueTable, nodeTable, runningTable, failureTable])
        {
            if (table.Rows.Count == 1)
                continue;
            lines.Add("");
            lines.AddRange(table.Lines(width));
        }

        return lines;
    }

    private static double Number(JsonNode node, string field) =>
        double.TryParse(node.Field(field), out var number) ? number : 0;

    /// <summary>
    /// Returns a task that completes when q is pressed. A thread reads all the time: while nobody reads, the terminal
    /// shows what is typed, in the middle of the screen.
    /// </summary>
    private static Task WaitForQuit()
    {
        var quit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Console.IsInputRedirected)
            new Thread(ReadKeys) { IsBackground = true }.Start();
        return quit.Task;

        void ReadKeys()
        {
            try
            {
                char key;
                do
                    key = Console.ReadKey(intercept: true).KeyChar;
                while (key is not ('q' or 'Q'));
                quit.SetResult();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The terminal is gone: the program ends by SIGHUP.
            }
        }
    }

    /// <summary>Waits until the next redraw is due; returns true as soon as q is pressed.</summary>
    private static async Task<bool> IsQuit(Task quit, CancellationToken cancellation)
    {
        var due = Task.Delay(Period, TimeProvider.System, cancellation);
        if (await Task.WhenAny(quit, due) == quit)
            return true;
        await due;
        return false;
    }
}
