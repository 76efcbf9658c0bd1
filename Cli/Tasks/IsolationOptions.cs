using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>The options of a task's <c>isolation</c>.</summary>
internal sealed class IsolationOptions
{
    private readonly Option<string?> kind = Text("--isolation", "KIND", "what stands between the command and its machine: none or sandbox");
    private readonly Option<string?> network = Text("--network", "NETWORK", "the network of a sandbox: none or host [default: none]");
    private readonly Option<string[]> read = Many("--sandbox-read", "PATH", "a path that a command in a sandbox may read");
    private readonly Option<string[]> write = Many("--sandbox-write", "PATH", "a path that a command in a sandbox may read and write");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[kind, network, read, write])
            command.Add(option);
    }

    /// <summary>
    /// Returns the field; null if no option was given. An option other than the kind implies a sandbox.
    /// </summary>
    public JsonNode? Read(ParseResult result)
    {
        var (reads, writes) = (result.GetValue(read) ?? [], result.GetValue(write) ?? []);
        var given = result.GetValue(kind);
        if (result.GetValue(network) is null && reads.Length == 0 && writes.Length == 0)
            return given;
        var isolation = new JsonObject { ["kind"] = given ?? "sandbox" };
        if (result.GetValue(network) is { } named)
            isolation["network"] = named;
        if (reads.Length > 0)
            isolation["read"] = new JsonArray([.. reads]);
        if (writes.Length > 0)
            isolation["write"] = new JsonArray([.. writes]);
        return isolation;
    }
}
