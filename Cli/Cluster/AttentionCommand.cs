using System.CommandLine;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask attention</c>: lists problems that an operator should look at.</summary>
internal static class AttentionCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output) => ListingCommand.Make(
        "attention", "list what needs attention, most severe first", "/api/v1/attention", common, output, static items =>
        {
            var table = new Table("SEVERITY", "SINCE", "COUNT", "TARGET", "DETAIL");
            foreach (var item in items)
                table.Add(item.Field("severity"), item.Field("since"), item.Field("count"), item.Field("target"), item.Field("title"));
            return table;
        });
}
