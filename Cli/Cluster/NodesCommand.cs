using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask node list</c>: lists the workers.</summary>
internal static class NodesCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(string name, CommonOptions common, TextWriter output) =>
        ListingCommand.Make(name, "list the workers", "/api/v1/nodes", common, output, nodes =>
        {
            var table = new Table("ID", "STATE", "RUNNING", "SLOTS", "LOAD", "MEMORY", "LAST REPORT", "LABELS");
            foreach (var node in nodes)
                table.Add(
                    node.Field("id"), StateOf(node), node.Field("running"), node.Field("slots"), node.Field("load"),
                    JsonText.Bytes(node.Field("memoryBytes")), node.Field("lastReportAt"), Labels(node["labels"]));
            return table;
        });

    /// <summary>Returns a worker's state for people: drained once a draining worker runs nothing.</summary>
    public static string StateOf(JsonNode node) =>
        (node.Field("state"), node.Field("running")) is ("draining", "0") ? "drained" : node.Field("state");

    private static string Labels(JsonNode? labels) =>
        string.Join(' ', (labels as JsonObject ?? []).Select(label => $"{label.Key}={label.Value}"));
}
