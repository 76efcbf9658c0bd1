using System.CommandLine;
using System.Globalization;
using OrleansTasks.ApiClient;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask queue list</c>: lists the queues.</summary>
internal static class QueuesCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(string name, CommonOptions common, TextWriter output) =>
        ListingCommand.Make(name, "list the queues", "/api/v1/queues", common, output, queues =>
        {
            var table = new Table("NAME", "QUEUED", "RUNNING", "SCHEDULED", "OLDEST", "PAUSED", "LIMITS");
            foreach (var queue in queues.Select(Answer.Queue))
                table.Add(queue.Name, Text(queue.Depth), Text(queue.Running), Text(queue.Scheduled),
                    MomentText.Of(queue.OldestQueuedAt) ?? "", queue.Paused ? "true" : "false", LimitsOf(queue));
            return table;
        });

    private static string LimitsOf(QueueDetails queue)
    {
        (double? Limit, string Unit)[] limits =
            [(queue.MaxRunning, " running"), (queue.MaxDepth, " waiting"), (queue.RatePerSecond, "/s")];
        return string.Join(", ", limits.Where(static limit => limit.Limit is not null)
            .Select(static limit => Text(limit.Limit!.Value) + limit.Unit));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
