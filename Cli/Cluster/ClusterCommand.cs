using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Cluster;

/// <summary><c>otask cluster</c>: shows the silos with their queues, the store and the versions.</summary>
internal static class ClusterCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var command = new Command("cluster", "show the silos with their queues, the store and the versions");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var cluster = await gateway.Get("/api/v1/cluster", cancellation);
            common.PrinterOf(result, output).One(cluster, people => Write(cluster, people));
            return ExitCodes.Done;
        });
        command.Add(ClusterCertificateCommand.Make(common, output));
        return command;
    }

    private static void Write(JsonNode cluster, TextWriter output)
    {
        var silos = new Table("SILO", "STATE", "VERSION", "WIRE LEVEL", "QUEUES");
        foreach (var silo in (cluster["silos"] as JsonArray ?? []).OfType<JsonNode>())
        {
            silos.Add(
                silo.Field("name"), silo.Field("state"), silo.Field("version"), silo.Field("wireLevel"),
                QueuesOf(silo));
        }

        silos.Write(output);
        output.WriteLine();
        Show("store", $"{cluster["store"]?.Field("kind")}, {cluster["store"]?.Field("health")}");
        foreach (var (name, version) in cluster["versions"] as JsonObject ?? [])
            Show(name, JsonText.Text(version));

        void Show(string name, string text) => output.WriteLine($"{name,-18}{TerminalText.Line(text)}");
    }

    /// <summary>Returns the first names of a silo's queues, and how many more there are.</summary>
    private static string QueuesOf(JsonNode silo)
    {
        const int most = 8;
        if (silo["queues"] is not JsonArray queues)
            return "";
        var count = silo.Field("queueCount").Length == 0 ? queues.Count : silo.Whole("queueCount");
        var names = string.Join(", ", queues.Take(most).Select(static queue => JsonText.Text(queue)));
        return count > most ? $"{names} and {count - most} more" : names;
    }
}
