using System.CommandLine;
using System.Text.Json.Nodes;
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
            foreach (var queue in queues)
                table.Add(queue.Field("name"), queue.Field("depth"), queue.Field("running"), queue.Field("scheduled"),
                    queue.Field("oldestQueuedAt"), queue.Field("paused"), LimitsOf(queue));
            return table;
        });

    private static string LimitsOf(JsonNode queue)
    {
        (string Field, string Unit)[] limits = [("maxRunning", " running"), ("maxDepth", " waiting"), ("ratePerSecond", "/s")];
        return string.Join(", ", limits.Where(limit => queue[limit.Field] is not null)
            .Select(limit => queue.Field(limit.Field) + limit.Unit));
    }
}
