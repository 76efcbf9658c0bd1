using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using OrleansTasks.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.OpenApi;

/// <summary>
/// The HTTP contract as OpenAPI 3.1. Its paths come from the mapped calls, its schemas from the calls' records and, where a
/// call does not name a record yet, from components.json.
/// </summary>
internal static class OpenApiDocument
{
    private const string ComponentsResource = "openapi.components.json";

    /// <summary>
    /// The problem statuses of every call. 400 is for unknown query parameters, 431 for headers that are too long.
    /// </summary>
    private static readonly int[] CommonRefusals = [400, 406, 431, 500];

    /// <summary>The problem statuses of every call that reads a body.</summary>
    private static readonly int[] BodyRefusals = [408, 413, 415];

    /// <summary>
    /// The problem statuses of every call that expects no body: it still refuses one that is not JSON or too large.
    /// </summary>
    private static readonly int[] NoBodyRefusals = [413, 415];

    /// <summary>
    /// The problem statuses of every call that needs a key. 429 and 503 are also for bodies and answers that are large
    /// while too many others are.
    /// </summary>
    private static readonly int[] KeyRefusals = [401, 403, 429, 503];

    private static readonly Dictionary<string, string> HeaderMeanings = new(StringComparer.Ordinal)
    {
        ["Idempotency-Key"] =
            "1 to 255 printable ASCII characters. "
            + "Repeating a request with the same key and body within 24 hours creates nothing twice.",
        [CreateOnly.Header] = "Only * is allowed: create, or change nothing and answer 412 if the name is taken.",
        ["Last-Event-ID"] = "The id of the last event that was received, to continue after it.",
        ["Range"] = "A single range of bytes.",
        [RequestOrigin.ReasonHeader] = "The reason for the change, up to 200 characters of UTF-8; kept in the audit.",
        [RequestOrigin.ActorHeader] = "The caller's name, up to 100 characters of UTF-8; kept in the audit as an unverified claim.",
    };

    /// <summary>What a path parameter means, by the path segment before it and the parameter.</summary>
    private static readonly Dictionary<string, string> PathMeanings = new(StringComparer.Ordinal)
    {
        ["tasks/{id}"] = "The task's id, as its submission returned it.",
        ["batches/{id}"] = "The batch's id, as its submission returned it.",
        ["operations/{id}"] = "The operation's id, from the answer to a bulk call or the header Otask-Operation.",
        ["jobs/{id}"] = "The job's id, as its submission returned it.",
        ["nodes/{id}"] = "The node's id, which is its worker's name.",
        ["queues/{name}"] = "The queue's name.",
        ["calendars/{name}"] = "The calendar's name.",
        ["webhooks/{id}"] = "The webhook's id, as its creation returned it.",
        ["keys/{id}"] = "The key's id, as in the list of keys.",
        ["sessions/{id}"] = "The session's id, as in the list of sessions.",
        ["schedules/{id}"] = "The schedule's id: up to 64 of a-z, 0-9, '.', '_' and '-'.",
        ["workflows/{id}"] = "The workflow's id, as its submission returned it.",
        ["rollouts/{id}"] = "The rollout's id, as its start returned it.",
        ["definitions/{name}"] = "The definition's name; its slashes may stay as they are.",
        ["notifications/{name}"] = "The notification's name.",
        ["triggers/{name}"] = "The trigger's name.",
        ["files/{file}"] = "The file's name: sha256: and 64 hexadecimal digits in lower case.",
        ["artifacts/{path}"] = "The artifact's path below the task's working folder, with / between its folders.",
        ["deliveries/{n}"] = "The delivery's number; each webhook numbers its own deliveries.",
        ["grains/{type}"] = "The grain's type, as in the list of grains.",
        ["silos/{name}"] = "The silo's name, as in the cluster's list of silos.",
        ["attempts/{attempt}"] = "The attempt's number; a task's first attempt is 1.",
    };

    /// <summary>Describes calls as an OpenAPI document in UTF-8.</summary>
    public static byte[] Describe(IReadOnlyCollection<ApiCall> calls, string version)
    {
        var components = Components();
        var schemas = components["schemas"]!.AsObject();
        foreach (var record in Records(calls))
            RecordSchemas.Add(schemas, record);
        var paths = new JsonObject();
        foreach (var call in calls.OrderBy(call => call.Path, StringComparer.Ordinal))
        {
            if (paths[call.Path] is not JsonObject path)
                paths[call.Path] = path = [];
            path[call.Method.ToLowerInvariant()] = Operation(call, schemas);
        }

        var document = new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "OrleansTasks", ["version"] = version,
                ["description"] = "Runs commands on a fleet of workers." },
            ["paths"] = paths,
            ["components"] = components,
        };
        return JsonSerializer.SerializeToUtf8Bytes(document);
    }

    /// <summary>Returns the records that calls take and answer with.</summary>
    public static IEnumerable<Type> Records(IEnumerable<ApiCall> calls) =>
        calls.SelectMany(static call => (SchemaRef?[])[call.Body, call.Answer, call.DryAnswer]).OfType<SchemaRef>()
            // A list of tasks has tasks or rows, which only components.json can say.
            .Select(static schema => schema.Name == "TaskList" ? typeof(TaskRowAnswer) : schema.Record).OfType<Type>();

    /// <summary>
    /// Returns a self-contained schema: references are replaced by what they refer to, and examples are left out.
    /// </summary>
    public static JsonObject SchemaOf(SchemaRef schema)
    {
        var schemas = SchemasByHand();
        if (schema.Record is { } record)
            RecordSchemas.Add(schemas, record);
        return Resolve(schemas[schema.Name]!, schemas).AsObject();
    }

    /// <summary>Returns the schemas of components.json.</summary>
    public static JsonObject SchemasByHand() => Components()["schemas"]!.AsObject();

    private static JsonNode Resolve(JsonNode node, JsonObject schemas)
    {
        if (node is JsonArray items)
            return new JsonArray([.. items.Select(item => Resolve(item!, schemas))]);
        if (node is not JsonObject members)
            return node.DeepClone();
        var resolved = members["$ref"] is { } reference
            ? Resolve(schemas[((string)reference!).Split('/')[^1]]!, schemas).AsObject()
            : [];
        foreach (var (name, value) in members.Where(static member => member.Key is not ("$ref" or "examples")))
            resolved[name] = value is null ? null : Resolve(value, schemas);
        return resolved;
    }

    private static JsonObject Components()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream(ComponentsResource)!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    private static JsonObject Operation(ApiCall call, JsonObject schemas)
    {
        var operation = new JsonObject
        {
            ["operationId"] = NameOf(call),
            ["tags"] = new JsonArray(call.Tag),
            ["summary"] = call.Summary,
            ["parameters"] = Parameters(call),
            ["responses"] = Responses(call, schemas),
            ["security"] = Security(call),
        };
        if (call.Body is { } body)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = !call.IsBodyOptional,
                ["content"] = new JsonObject { [call.BodyType] = Content(body, schemas) },
            };
        }

        return operation;
    }

    private static JsonArray Parameters(ApiCall call)
    {
        var parameters = new JsonArray();
        var segments = call.Path.Split('/');
        foreach (var (before, segment) in segments.Zip(segments.Skip(1)).Where(pair => pair.Second.StartsWith('{')))
            parameters.Add(Parameter(segment.Trim('{', '}'), "path", PathMeanings[$"{before}/{segment}"], null,
                isRequired: true, repeats: false));
        foreach (var query in call.Query)
            parameters.Add(Parameter(query.Name, "query", query.Description, query.Example, isRequired: false,
                query.Repeats));
        foreach (var header in call.Audit is null
            ? call.Headers : [.. call.Headers, RequestOrigin.ReasonHeader, RequestOrigin.ActorHeader])
            parameters.Add(Parameter(header, "header", HeaderMeanings.GetValueOrDefault(header, ""), null,
                isRequired: false, repeats: false));
        return parameters;
    }

    private static JsonObject Parameter(string name, string place, string description, string? example,
        bool isRequired, bool repeats)
    {
        var text = new JsonObject { ["type"] = "string" };
        var parameter = new JsonObject
        {
            ["name"] = name,
            ["in"] = place,
            ["description"] = description,
            ["required"] = isRequired,
            ["schema"] = repeats ? new JsonObject { ["type"] = "array", ["items"] = text } : text,
        };
        if (example is not null)
            parameter["example"] = repeats ? new JsonArray(example) : example;
        return parameter;
    }

    /// <summary>Returns the same content for another status.</summary>
    private static JsonObject Like(JsonObject success, int status) => new()
    {
        ["description"] = ReasonPhrases.GetReasonPhrase(status),
        ["content"] = success["content"]!.DeepClone(),
    };

    private static JsonObject Responses(ApiCall call, JsonObject schemas)
    {
        var success = new JsonObject { ["description"] = ReasonPhrases.GetReasonPhrase(call.Success) };
        if (call.Answer is { } answer)
            success["content"] = new JsonObject { [call.Produces] = Content(answer, schemas) };
        else if (call.Success != StatusCodes.Status204NoContent)
            success["content"] = new JsonObject { [call.Produces] = Unstructured(call.Produces) };
        var responses = new JsonObject { [Text(call.Success)] = success };
        if (call.Headers.Contains("Range"))
            responses[Text(StatusCodes.Status206PartialContent)] = Like(success, StatusCodes.Status206PartialContent);
        if (call.DryAnswer is { } dry)
        {
            responses[Text(StatusCodes.Status200OK)] = new JsonObject
            {
                ["description"] = call.Scope == Scopes.None ? "Nothing was started." : "The result of a dry run.",
                ["content"] = new JsonObject { [call.Produces] = Content(dry, schemas) },
            };
        }

        if (call.MayCreate)
            responses[Text(StatusCodes.Status201Created)] = Like(success, StatusCodes.Status201Created);

        int[] refusals =
        [
            .. CommonRefusals, .. call.Refusals,
            .. call.Scope == Scopes.None ? [] : KeyRefusals,
            .. call.Body is not null ? BodyRefusals : call.RefusesBody ? NoBodyRefusals : [],
        ];
        foreach (var status in refusals.Distinct().Order())
        {
            responses[Text(status)] = new JsonObject
            {
                ["description"] = ReasonPhrases.GetReasonPhrase(status),
                ["content"] = new JsonObject { ["application/problem+json"] = Reference("Problem") },
            };
        }

        return responses;
    }

    private static JsonObject Content(SchemaRef schema, JsonObject schemas)
    {
        var content = Reference(schema.Name);
        if (schemas[schema.Name]?["examples"]?[0] is { } example)
            content["example"] = example.DeepClone();
        return content;
    }

    /// <summary>
    /// Describes content that no schema does: bytes, text, or any JSON. Without this, generated clients drop the content.
    /// </summary>
    private static JsonObject Unstructured(string type) => type switch
    {
        "application/json" => [],
        "application/octet-stream" or "application/x-tar" or "application/zip" => new() { ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "binary" } },
        _ => new() { ["schema"] = new JsonObject { ["type"] = "string" } },
    };

    private static JsonObject Reference(string schema) =>
        new() { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + schema } };

    private static JsonArray Security(ApiCall call)
    {
        if (call.Scope == Scopes.None)
            return [];
        return [new JsonObject { ["key"] = Needed() }, new JsonObject { ["session"] = Needed() }];

        JsonArray Needed() => call.AllowsAnyKey ? [] : [.. ScopeNames.Of(call.Scope)];
    }

    private static string NameOf(ApiCall call) => call.Name ?? call.Method.ToLowerInvariant() + string.Concat(
        call.Path.Split(['/', '.'], StringSplitOptions.RemoveEmptyEntries).Select(part => part.Trim('{', '}'))
            .Where(part => part is not "api" and not "v1").Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
