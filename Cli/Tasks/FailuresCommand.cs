using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask failures</c>: lists failed tasks in groups with equal fingerprints.</summary>
internal static class FailuresCommand
{
    private const int MostListed = 20;

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var queue = SpecFields.Text("--queue", "NAME", "only tasks of this queue");
        var name = SpecFields.Text("--name", "NAME", "only tasks with this name");
        var since = SpecFields.Text("--since", "TIME", "only tasks that failed at this time or later: 6h for six "
            + "hours ago, or 2030-01-02T03:04:05Z");
        var limit = NumberOption.Limit($"maximum number of groups to list; 0: all [default: {MostListed}]");
        var command = new Command("failures", "list failed tasks grouped by fingerprint, largest group first")
        {
            queue, name, since, limit,
        };
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            // Read a relative time once, so that all pages begin at the same time.
            var from = MomentText.Past(result.GetValue(since));
            var groups = await Pages.List(gateway, Address, result.GetValue(limit), errors, cancellation, MostListed);
            common.PrinterOf(result, output).List(groups, groups.Items(), Table);
            return ExitCodes.Done;

            RequestAddress Address() => new RequestAddress("/api/v1/failures")
                .Add("queue", result.GetValue(queue)).Add("name", result.GetValue(name)).Add("since", from);
        });
        return command;
    }

    private static Table Table(IEnumerable<JsonNode> groups)
    {
        var table = new Table("FINGERPRINT", "TASKS", "REASON", "LAST", "QUEUES", "NEWEST", "SAMPLE");
        foreach (var group in groups)
        {
            table.Add(group.Field("fingerprint"), group.Field("count"), TaskListing.Reason(group), group.Field("lastAt"),
                Joined(group, "queues"), group.List("tasks").Select(JsonText.Text).FirstOrDefault(""),
                LastLine(group.Field("sample")));
        }

        return table;
    }

    private static string Joined(JsonNode group, string field) =>
        string.Join(',', group.List(field).Select(JsonText.Text));

    private static string LastLine(string text) => text[(text.LastIndexOf('\n') + 1)..];
}
