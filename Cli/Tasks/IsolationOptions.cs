using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>The options of a task's <c>isolation</c>.</summary>
internal sealed class IsolationOptions
{
    private readonly Option<string?> kind = Text("--isolation", "KIND",
        "what stands between the command and its machine: none, sandbox or container");
    private readonly Option<string?> network = Text("--network", "NETWORK",
        "the network: none, host, or in a sandbox allow [default: none]");
    private readonly Option<string[]> allow = Many("--allow", "HOST:PORT",
        "a host that a command in a sandbox may reach; implies --network allow");
    private readonly Option<string[]> read = Many("--sandbox-read", "PATH",
        "a path that a command in a sandbox may read");
    private readonly Option<string[]> write = Many("--sandbox-write", "PATH",
        "a path that a command in a sandbox may read and write");
    private readonly Option<string?> image = Text("--image", "IMAGE",
        "run the command in a container of this image");
    private readonly Option<string?> pull = Text("--pull", "WHEN",
        "when to pull the image: missing, always or never [default: missing]");
    private readonly Option<string?> user = Text("--container-user", "USER",
        "the user in a container [default: the image's]");
    private readonly Option<string[]> mounts = Many("--mount", "FROM[:TO][:ro]",
        "a path of the machine that the container gets");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[kind, network, allow, read, write, image, pull, user, mounts])
            command.Add(option);
    }

    /// <summary>
    /// Returns the value of the field; null if no option was given, and only the kind's name if no other was. Without a
    /// kind, an option of containers implies a container, and any other option implies a sandbox.
    /// </summary>
    public JsonNode? Read(ParseResult result)
    {
        var fields = new JsonObject();
        Set(fields, "image", result.GetValue(image));
        Set(fields, "pull", result.GetValue(pull));
        Set(fields, "user", result.GetValue(user));
        Set(fields, "mounts", List(result.GetValue(mounts), Mount));
        var implied = fields.Count > 0 ? "container" : "sandbox";
        var hosts = List(result.GetValue(allow), static host => host);
        Set(fields, "network", result.GetValue(network) ?? (hosts is null ? null : "allow"));
        Set(fields, "allow", hosts);
        Set(fields, "read", List(result.GetValue(read), static path => path));
        Set(fields, "write", List(result.GetValue(write), static path => path));
        var given = result.GetValue(kind);
        if (fields.Count == 0)
            return given;
        fields["kind"] = given ?? implied;
        return fields;
    }

    private static JsonObject Mount(string text)
    {
        var parts = text.Split(':').ToList();
        var isReadOnly = parts.Count > 1 && parts[^1] == "ro";
        if (isReadOnly)
            parts.RemoveAt(parts.Count - 1);
        var mount = new JsonObject { ["from"] = parts[0] };
        // The service reports a path that still has a colon.
        if (parts.Count > 1)
            mount["to"] = string.Join(':', parts.Skip(1));
        if (isReadOnly)
            mount["readOnly"] = true;
        return mount;
    }

    private static JsonArray? List(string[]? values, Func<string, JsonNode> read) =>
        values is { Length: > 0 } ? new JsonArray([.. values.Select(read)]) : null;
}
