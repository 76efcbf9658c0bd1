using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask wait</c>: waits until tasks have ended or have reached a state.</summary>
internal static class WaitCommand
{
    private const string Ended = "ended";
    private static readonly string[] States = [Ended, "queued", "running", "succeeded", "failed", "cancelled"];
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var ids = new Argument<string[]>("id") { Description = "the tasks' ids", Arity = ArgumentArity.OneOrMore };
        var state = new Option<string>("--for")
        {
            HelpName = "STATE",
            Description = "the state to wait for: ended, queued, running, succeeded, failed or cancelled",
            DefaultValueFactory = static _ => Ended,
        };
        var timeout = SpecFields.Text(
            "--timeout", "DURATION", "stop waiting after this time, such as 90s or 10m, with exit code 7");
        var command = new Command(
            "wait", "wait until tasks have ended; the exit code is 0 if all succeeded, 4 if one failed, 5 if one was cancelled. "
                + "With --for: 0 when all have reached the state, 4 or 5 if one never will") { ids, state, timeout };
        command.SetAction(async (result, cancellation) =>
        {
            var wanted = result.GetValue(state)!;
            if (!States.Contains(wanted))
                throw UsageException.OfValue("--for", wanted, $"one of {string.Join(", ", States)}");
            using var limit = new CancellationTokenSource(
                result.GetValue(timeout) is { } text ? DurationText.Read("--timeout", text) : Timeout.InfiniteTimeSpan,
                TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
            using var gateway = common.Open(result);
            try
            {
                // Wait for one task after the other: all are done once the last one is.
                var tasks = new List<JsonNode>();
                foreach (var id in result.GetValue(ids)!)
                    tasks.Add(await Wait(gateway, id, wanted, either.Token));
                var printer = common.PrinterOf(result, output);
                printer.List(new JsonArray([.. tasks]), tasks, items => TaskListing.Of(items, printer.IsWide));
                return CodeOf(tasks, wanted);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                errors.WriteLine(
                    $"otask: interrupted; the tasks are not changed. To go on: otask wait {string.Join(' ', result.GetValue(ids)!)}");
                throw;
            }
            catch (OperationCanceledException)
                when (limit.IsCancellationRequested)
            {
                errors.WriteLine($"otask: not all tasks are {wanted} after {result.GetValue(timeout)}; they continue.");
                return ExitCodes.WaitTimedOut;
            }
        });
        return command;
    }

    private static async Task<JsonNode> Wait(Gateway gateway, string id, string wanted, CancellationToken cancellation)
    {
        var path = $"/api/v1/tasks/{PathSegment.OfId(id)}";
        var patience = new Patience(TimeProvider.System);
        // The gateway can wait only for a task's end, so poll for other states.
        var isForEnd = wanted is not ("queued" or "running");
        while (true)
        {
            var task = await patience.Repeat(
                () => gateway.Get(isForEnd ? $"{path}?wait=60s" : path, cancellation), cancellation);
            if (TaskExit.IsFinal(task) || HasReached(task, wanted))
                return task;
            if (!isForEnd)
                await Task.Delay(Period, TimeProvider.System, cancellation);
        }
    }

    /// <summary>Returns whether a task is or has been in the wanted state.</summary>
    private static bool HasReached(JsonNode task, string wanted) => wanted switch
    {
        Ended => TaskExit.IsFinal(task),
        "queued" => task.Field("state") != "scheduled" && task.Field("queuedAt").Length > 0,
        "running" => task.Field("state") == "running" || task.Field("startedAt").Length > 0,
        _ => task.Field("state") == wanted,
    };

    private static int CodeOf(List<JsonNode> tasks, string wanted)
    {
        var others = tasks.Where(
            task => !HasReached(task, wanted) || (wanted == Ended && task.Field("state") != "succeeded")).ToList();
        return others.Count == 0 ? ExitCodes.Done
            : others.Exists(static task => task.Field("state") == "failed") ? ExitCodes.TaskFailed
            : others.Exists(static task => task.Field("state") == "cancelled") ? ExitCodes.TaskCancelled
            : ExitCodes.TaskFailed;
    }
}
