using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>A tool.</summary>
/// <param name="call">The call of the HTTP API that it makes.</param>
internal abstract class McpTool(ApiCall call)
{
    private Tool? description;

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it does, for a language model.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whether it can end or overwrite something.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>Whether a repetition changes nothing more.</summary>
    public bool IsIdempotent { get; init; }

    /// <summary>Whether it reaches beyond the service.</summary>
    public bool IsOpenWorld { get; init; }

    /// <summary>The scopes that a key must have for it.</summary>
    public Scopes Scope => call.Scope;

    /// <summary>What tools/list says of it.</summary>
    public Tool Description => description ??= new Tool
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

    /// <summary>The call that it makes.</summary>
    protected ApiCall ApiCall => call;

    /// <summary>Carries out a call of the tool; throws <see cref="ProblemException"/> for arguments that do not fit.</summary>
    public abstract Task<McpOutcome> Call(McpRequest request);

    /// <summary>The schemas of the arguments, by name.</summary>
    protected abstract JsonObject Properties();

    /// <summary>The arguments that must be given.</summary>
    protected abstract string[] Required { get; }

    /// <summary>The schema of an argument.</summary>
    protected static JsonObject Property(string type, string description) =>
        new() { ["type"] = type, ["description"] = description };

    /// <summary>The path of the call, with the ids that the arguments name in their places.</summary>
    protected string PathOf(McpArguments arguments, IReadOnlyDictionary<string, string> names) =>
        string.Join('/', call.Path.Split('/').Select(segment => segment.StartsWith('{')
            ? Uri.EscapeDataString(arguments.Required(names[segment.Trim('{', '}')]))
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
/// <param name="TakesTasks">Whether its sender takes a task of the protocol for an answer.</param>
/// <param name="Send">Makes a call of the HTTP API for the sender.</param>
internal sealed record McpRequest(McpArguments Arguments, bool TakesTasks, Func<OwnCall, Task<OwnAnswer>> Send);

/// <summary>What a tool answers with: a result, or a task of the protocol that will have it.</summary>
/// <param name="Result">The result.</param>
/// <param name="Created">The task.</param>
internal sealed record McpOutcome(CallToolResult? Result, McpTasks.Created? Created = null);
