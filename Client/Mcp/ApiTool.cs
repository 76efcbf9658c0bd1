using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.OpenApi;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// A tool that makes one call of the HTTP API. Its arguments are the call's: ids in the path, query parameters, members
/// of the body, the reason for the audit, and the idempotency key.
/// </summary>
/// <param name="call">The call.</param>
internal class ApiTool(ApiCall call) : McpTool(call)
{
    private const string Reason = "reason";
    private const string IdempotencyKey = "idempotencyKey";

    /// <summary>The arguments for the path: the name in the path, the argument's name, and its meaning.</summary>
    public (string InPath, string Name, string Meaning)[] Ids { get; init; } = [];

    /// <summary>The query parameters that the tool takes.</summary>
    public string[] Takes { get; init; } = [];

    /// <summary>The query parameters that are required.</summary>
    public string[] Needs { get; init; } = [];

    /// <summary>Query parameters that the tool always sends.</summary>
    public (string Name, string Value)[] Always { get; init; } = [];

    /// <summary>The values for query parameters that are not given.</summary>
    public (string Name, string Value)[] Defaults { get; init; } = [];

    /// <summary>Maximum number of items in a list; 0 if the answer is not a list.</summary>
    public int MostItems { get; init; }

    /// <inheritdoc/>
    protected override string[] Required => [.. Ids.Select(static id => id.Name), .. Needs];

    private bool HasReason => ApiCall.Audit is not null;

    private bool HasIdempotencyKey => ApiCall.Headers.Contains(Idempotency.Header);

    /// <inheritdoc/>
    public override async Task<McpOutcome> Call(McpRequest request) =>
        new(McpResults.Of(await request.Send(CallOf(request.Arguments))));

    /// <summary>
    /// Returns the call for the arguments. Throws <see cref="ProblemException"/> for invalid arguments.
    /// </summary>
    protected OwnCall CallOf(McpArguments arguments)
    {
        if (ApiCall.Body is null)
            arguments.RefuseOthers(Own());
        foreach (var name in Needs)
            arguments.Required(name);
        if (MostItems > 0)
            arguments.Integer("limit", 1, MostItems, 1);
        var headers = new List<(string, string)>();
        if (HasReason && arguments.Text(Reason) is { } reason)
            headers.Add((RequestOrigin.ReasonHeader, reason));
        if (HasIdempotencyKey && arguments.Text(IdempotencyKey) is { } key)
            headers.Add((Idempotency.Header, key));
        return new OwnCall(
            ApiCall.Method, PathOf(arguments, Ids.ToDictionary(static id => id.InPath, static id => id.Name)), QueryOf(arguments))
        {
            Body = ApiCall.Body is null ? null : BodyOf(arguments),
            Headers = headers,
        };
    }

    /// <inheritdoc/>
    protected override JsonObject Properties()
    {
        var properties = new JsonObject();
        foreach (var (_, name, meaning) in Ids)
            properties[name] = Property("string", meaning);
        if (ApiCall.Body is { } body)
        {
            foreach (var (name, schema) in OpenApiDocument.SchemaOf(body)["properties"]!.AsObject())
                properties[name] = schema!.DeepClone();
        }

        foreach (var name in Takes)
            properties[name] = SchemaOf(ApiCall.Query.Single(parameter => parameter.Name == name));
        if (HasReason)
            properties[Reason] = Property("string", "The reason for the change, up to 200 characters; kept in the audit log.");
        if (HasIdempotencyKey)
        {
            properties[IdempotencyKey] = Property(
                "string", "1 to 255 printable ASCII characters. Repeating a call with the same key and arguments "
                    + "within 24 hours submits the task only once.");
        }

        return properties;
    }

    /// <summary>Returns the names of the arguments that are not members of the body.</summary>
    protected virtual string[] Own() =>
    [
        .. Ids.Select(static id => id.Name), .. Takes, .. HasReason ? [Reason] : Array.Empty<string>(),
        .. HasIdempotencyKey ? [IdempotencyKey] : Array.Empty<string>(),
    ];

    // Derives the type of a parameter from its example in the contract.
    private JsonObject SchemaOf(QueryParameter parameter)
    {
        var isList = parameter.Name == "limit" && MostItems > 0;
        var description = isList ? $"Maximum items in the answer: 1 to {MostItems}." : parameter.Description;
        var schema = Property(
            parameter.Example is "true" ? "boolean" : parameter.Example.All(char.IsAsciiDigit) ? "integer" : "string", description);
        if (parameter.Repeats)
            return new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" }, ["description"] = description };
        if (isList)
            (schema["minimum"], schema["maximum"]) = (1, MostItems);
        if (Defaults.FirstOrDefault(one => one.Name == parameter.Name).Value is { } value)
            schema["default"] = (string?)schema["type"] == "integer" ? JsonNode.Parse(value) : value;
        return schema;
    }

    private string QueryOf(McpArguments arguments)
    {
        var pairs = new List<(string Name, string Value)>(Always);
        foreach (var name in Takes)
        {
            var before = pairs.Count;
            pairs.AddRange(arguments.Texts(name).Select(value => (name, value)));
            if (pairs.Count == before)
                pairs.AddRange(Defaults.Where(one => one.Name == name));
        }

        return pairs.Count == 0
            ? ""
            : "?" + string.Join('&', pairs.Select(static pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
    }

    // Copies the members as they were written, so that the body's reader reports whatever is wrong with them.
    private byte[] BodyOf(McpArguments arguments)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            var own = Own();
            json.WriteStartObject();
            foreach (var (name, value) in arguments.All.Where(one => !own.Contains(one.Key, StringComparer.Ordinal)))
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value.GetRawText(), skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
