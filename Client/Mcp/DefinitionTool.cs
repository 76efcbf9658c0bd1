using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// A tool that runs a definition, for definitions that say so. Its arguments are the definition's parameters, and
/// <c>wait</c> if it starts a task.
/// </summary>
/// <param name="call">The call that runs a definition.</param>
/// <param name="definition">The definition's name, kind and parameters, as the HTTP API shows them.</param>
internal sealed class DefinitionTool(ApiCall call, JsonObject definition) : McpTool(call)
{
    private const string Prefix = "run_";
    private const string Wait = "wait";

    // Clients of some language models allow no longer names.
    private const int LongestName = 64;

    // Digits of the hash that makes a changed name unique.
    private const int HashDigits = 8;

    /// <inheritdoc/>
    protected override string[] Required =>
        [.. Parameters.Where(static one => (bool?)one["required"] == true).Select(static one => (string)one["name"]!)];

    private string Definition => (string)definition["name"]!;

    private bool IsOfTask => (string?)definition["kind"] == "task";

    private IEnumerable<JsonObject> Parameters =>
        definition["parameters"]!.AsArray().Select(static one => one!.AsObject());

    /// <summary>Creates the tool of a definition.</summary>
    public static DefinitionTool Of(ApiCall call, JsonObject definition)
    {
        var name = (string)definition["name"]!;
        var about = (string?)definition["description"];
        // Parse again what the tool needs. A node of the page, even a clone, would keep the whole page in memory.
        var needed = new JsonObject();
        foreach (var member in (string[])["name", "kind", "parameters"])
            needed[member] = JsonNode.Parse(definition[member]!.ToJsonString());
        return new DefinitionTool(call, needed)
        {
            Name = NameOf(name), Title = $"Run {name}",
            Purpose = $"Runs the definition {name} and returns the id of what it started. {about}".TrimEnd(),
            IsDestructive = true, IsOpenWorld = true,
        };
    }

    /// <summary>
    /// Returns the name of a definition's tool: the definition's name, or what fits of it and the beginning of its
    /// hash. A name that itself ends like one with a hash gets a hash too, so different definitions have different
    /// tools.
    /// </summary>
    public static string NameOf(string definition)
    {
        var name = Prefix
            + string.Concat(definition.Select(static c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'));
        if (name.Length <= LongestName && name == Prefix + definition && !HasHash(name))
            return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition)))[..HashDigits];
        var kept = Math.Min(name.Length, LongestName - 1 - HashDigits);
        return $"{name.AsSpan(0, kept)}_{hash}";
    }

    /// <summary>Returns whether a tool may be that of a definition.</summary>
    public static bool IsName(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override async Task<McpOutcome> Call(McpRequest request)
    {
        var wait = IsOfTask ? request.Arguments.Text(Wait) : null;
        // Refuse a bad wait before anything is started.
        if (wait is not null && !(Durations.TryParse(wait, out var time) && time <= TaskWaits.Longest))
        {
            throw QueryValues.Refuse(
                $"'{Wait}' must be {Durations.Examples} of at most {Durations.Format(TaskWaits.Longest)}.");
        }

        var values = new JsonObject();
        foreach (var (name, value) in request.Arguments.All.Where(one => !(IsOfTask && one.Key == Wait)))
            values[name] = JsonNode.Parse(value.GetRawText());
        var answer = await request.Send(new OwnCall("POST", $"{DefinitionPaths.Root}/{Definition}/runs")
        {
            Body = Encoding.UTF8.GetBytes(new JsonObject { ["parameters"] = values }.ToJsonString()),
        });
        if (wait is null || answer.Status != StatusCodes.Status202Accepted)
            return new McpOutcome(McpResults.Of(answer));
        var ended = await request.Send(McpTools.TaskOf((string)McpResults.Read(answer.Body!)["id"]!, wait));
        // A key that may not read cannot wait. The task is started anyway, so return the first answer.
        return new McpOutcome(McpResults.Of(ended.IsSuccess ? ended : answer));
    }

    /// <inheritdoc/>
    protected override JsonObject Properties()
    {
        var properties = new JsonObject();
        foreach (var parameter in Parameters)
            properties[(string)parameter["name"]!] = SchemaOf(parameter);
        if (IsOfTask && !properties.ContainsKey(Wait))
        {
            properties[Wait] = Property(
                "string", "Answer when the task has ended, but at the latest after this duration of up to 60s. "
                    + "By default, answer at once.");
        }

        return properties;
    }

    private static JsonObject SchemaOf(JsonObject parameter)
    {
        var type = (string?)parameter["type"] ?? "text";
        var isNumber = type is "number" or "integer";
        // Reading the choices of all tools would make their list slow, and they may change before the call.
        var choices = (string?)parameter["choicesFrom"] is { } source
            ? $"One of the lines that the definition {source} printed last; another value is refused with the first of them."
            : "";
        var schema = Property(
            isNumber || type == "boolean" ? type : "string", $"{(string?)parameter["description"]} {choices}".Trim());
        if (parameter["choices"] is JsonArray { Count: > 0 } fixedChoices)
            schema["enum"] = fixedChoices.DeepClone();
        // A pattern of a definition matches a whole text.
        if (parameter["pattern"] is { } pattern)
            schema["pattern"] = $"^(?:{pattern})$";
        if (type == "date")
            schema["format"] = "date";
        if (parameter["default"] is { } value)
            schema["default"] = value.DeepClone();
        if (isNumber || type == "text")
        {
            SetBound(schema, isNumber ? "minimum" : "minLength", parameter["min"]);
            SetBound(schema, isNumber ? "maximum" : "maxLength", parameter["max"]);
        }

        return schema;
    }

    private static bool HasHash(string name) =>
        name.Length > HashDigits && name[^(HashDigits + 1)] == '_' && name[^HashDigits..].All(char.IsAsciiHexDigitLower);

    private static void SetBound(JsonObject schema, string name, JsonNode? bound)
    {
        if (bound is not null && double.TryParse(bound.ToString(), CultureInfo.InvariantCulture, out var number))
            schema[name] = number;
    }
}
