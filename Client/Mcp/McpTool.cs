using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>A tool for MCP clients.</summary>
/// <param name="call">The call of the HTTP API that the tool makes.</param>
internal abstract class McpTool(ApiCall call)
{
    private Tool? entry;

    /// <summary>The tool's name.</summary>
    public required string Name { get; init; }

    /// <summary>The tool's human-readable name.</summary>
    public required string Title { get; init; }

    /// <summary>What the tool does, for a language model.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whether the tool can end or overwrite something.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>Whether repeating a call has no further effect.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether the tool has effects outside the service.</summary>
    public bool IsOpenWorld { get; init; }

    /// <summary>The scopes that a key needs for the tool.</summary>
    public Scopes Scope => call.Scope;

    /// <summary>The tool's entry in tools/list.</summary>
    public Tool Entry => entry ??= new Tool
    {
        Name = Name,
        Title = Title,
        Description = Purpose,
        InputSchema = JsonSerializer.SerializeToElement(Schema()),
        Annotations = new ToolAnnotations
        {
            ReadOnlyHint = call.Method == "GET",
            DestructiveHint = IsDestructive,
            IdempotentHint = IsIdempotent || call.Method == "GET",
            OpenWorldHint = IsOpenWorld,
        },
    };

    /// <summary>The call of the HTTP API that the tool makes.</summary>
    protected ApiCall ApiCall => call;

    /// <summary>Runs the tool. Throws <see cref="ProblemException"/> for invalid arguments.</summary>
    public abstract Task<McpOutcome> Call(McpRequest request);

    /// <summary>Returns the schemas of the arguments, by name.</summary>
    protected abstract JsonObject Properties();

    /// <summary>The names of the required arguments.</summary>
    protected abstract string[] Required { get; }

    /// <summary>Returns the schema of an argument.</summary>
    protected static JsonObject Property(string type, string description) =>
        new() { ["type"] = type, ["description"] = description };

    /// <summary>
    /// Returns the path of the call. Each <c>{id}</c> in it is replaced by the value of the argument that
    /// <paramref name="argumentOf"/> names for it.
    /// </summary>
    protected string PathOf(McpArguments arguments, IReadOnlyDictionary<string, string> argumentOf) =>
        string.Join('/', call.Path.Split('/').Select(segment => segment.StartsWith('{')
            ? Uri.EscapeDataString(arguments.Required(argumentOf[segment.Trim('{', '}')]))
            : segment));

    private JsonObject Schema()
    {
        var schema = new JsonObject { ["type"] = "object", ["properties"] = Properties(), ["additionalProperties"] = false };
        if (Required.Length > 0)
            schema["required"] = new JsonArray([.. Required.Select(static name => JsonValue.Create(name))]);
        return schema;
    }
}

/// <summary>A call of a tool.</summary>
/// <param name="Arguments">The arguments.</param>
/// <param name="TakesTasks">Whether the sender accepts a task of the protocol as an answer.</param>
/// <param name="Send">Makes a call of the HTTP API for the sender.</param>
internal sealed record McpRequest(McpArguments Arguments, bool TakesTasks, Func<OwnCall, Task<OwnAnswer>> Send);

/// <summary>The answer of a tool: a result, or a task of the protocol that will have the result.</summary>
/// <param name="Result">The result; null if a task is returned.</param>
/// <param name="Created">The task; null if a result is returned.</param>
internal sealed record McpOutcome(CallToolResult? Result, McpTasks.Created? Created = null);
