using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>The options of a task's <c>isolation</c>.</summary>
internal sealed class IsolationOptions
{
    private readonly Option<string?> kind = Text("--isolation", "KIND", "what stands between the command and its machine: none, sandbox or container");
    private readonly Option<string?> network = Text("--network", "NETWORK", "the network of a sandbox or container: none or host [default: none]");
    private readonly Option<string[]> read = Many("--sandbox-read", "PATH", "a path that a command in a sandbox may read");
    private readonly Option<string[]> write = Many("--sandbox-write", "PATH", "a path that a command in a sandbox may read and write");
    private readonly Option<string?> image = Text("--image", "IMAGE", "run the command in a container of this image");
    private readonly Option<string?> pull = Text("--pull", "WHEN", "when to pull the image: missing, always or never [default: missing]");
    private readonly Option<string?> user = Text("--container-user", "USER", "the user in a container [default: the image's]");
    private readonly Option<string[]> mounts = Many("--mount", "FROM[:TO][:ro]", "a path of the machine that a container has");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[kind, network, read, write, image, pull, user, mounts])
            command.Add(option);
    }

    /// <summary>
    /// Returns the field; null if no option was given. An image, or another option of containers, implies a container, and
    /// an option other than the kind implies a sandbox.
    /// </summary>
    public JsonNode? Read(ParseResult result)
    {
        var fields = new JsonObject();
        Add(fields, "image", result.GetValue(image));
        Add(fields, "pull", result.GetValue(pull));
        Add(fields, "user", result.GetValue(user));
        Add(fields, "mounts", [.. (result.GetValue(mounts) ?? []).Select(static text => (JsonNode)Mount(text))]);
        var implied = fields.Count > 0 ? "container" : "sandbox";
        Add(fields, "network", result.GetValue(network));
        Add(fields, "read", [.. (result.GetValue(read) ?? []).Select(static path => (JsonNode)path)]);
        Add(fields, "write", [.. (result.GetValue(write) ?? []).Select(static path => (JsonNode)path)]);
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
        // The service says what is wrong with a path that still has a colon.
        if (parts.Count > 1)
            mount["to"] = string.Join(':', parts.Skip(1));
        if (isReadOnly)
            mount["readOnly"] = true;
        return mount;
    }

    private static void Add(JsonObject fields, string name, string? value)
    {
        if (value is not null)
            fields[name] = value;
    }

    private static void Add(JsonObject fields, string name, JsonNode[] values)
    {
        if (values.Length > 0)
            fields[name] = new JsonArray(values);
    }
}
