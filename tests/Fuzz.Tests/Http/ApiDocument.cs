using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Fuzz.Tests.Http;

/// <summary>The service's own description of its HTTP calls.</summary>
internal sealed class ApiDocument
{
    private ApiDocument(IReadOnlyList<ApiOperation> operations) => Operations = operations;

    /// <summary>All operations.</summary>
    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>Reads <c>/openapi/v1.json</c>.</summary>
    public static ApiDocument Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var operations = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(static path =>
            path.Value.EnumerateObject()
                .Select(operation => ApiOperation.Read(path.Name, operation.Name, operation.Value)));
        return new ApiDocument([.. operations]);
    }

    /// <summary>
    /// Finds the operation of a request as ASP.NET Core's routing does: literal segments before parameters, in any
    /// case. Null: none.
    /// </summary>
    public ApiOperation? Find(string method, string path) => Operations
        .Where(operation => operation.Method == (method == "HEAD" ? "GET" : method) && operation.Matches(path))
        .OrderBy(static operation => operation.Parameters).FirstOrDefault();
}

/// <summary>One operation.</summary>
/// <param name="Method">Its method, in upper case.</param>
/// <param name="Path">Its path, with parameters in braces.</param>
/// <param name="Query">The names of its query parameters.</param>
/// <param name="Headers">The names of its headers.</param>
/// <param name="BodyType">The media type of its body; null: it takes none.</param>
/// <param name="BodySchema">The name of the schema of its body; null: it takes none.</param>
/// <param name="Answers">The media type by status; empty: no content.</param>
internal sealed record ApiOperation(
    string Method, string Path, IReadOnlyList<string> Query, IReadOnlyList<string> Headers, string? BodyType,
        string? BodySchema,
    IReadOnlyDictionary<int, string> Answers)
{
    private readonly string[] segments = Path.Split('/');

    /// <summary>How many parameters are in the path.</summary>
    public int Parameters => segments.Count(static segment => segment.StartsWith('{'));

    /// <summary>Whether a path, still escaped, is this one's.</summary>
    public bool Matches(string path)
    {
        var given = path.TrimEnd('/').Split('/');
        return given.Length == segments.Length && segments.Zip(given).All(static pair => pair.First.StartsWith('{')
            ? pair.Second.Length > 0
            : string.Equals(pair.First, Unescape(pair.Second), StringComparison.OrdinalIgnoreCase));
    }

    internal static ApiOperation Read(string path, string method, JsonElement json)
    {
        var parameters = json.GetProperty("parameters").EnumerateArray()
            .ToLookup(static one => one.GetProperty("in").GetString()!, static one => one.GetProperty("name")
                .GetString()!);
        string? type = null, schema = null;
        if (json.TryGetProperty("requestBody", out var body))
        {
            var content = body.GetProperty("content").EnumerateObject().First();
            type = content.Name;
            schema = content.Value.GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1];
        }

        var answers = json.GetProperty("responses").EnumerateObject().ToDictionary(
            static answer => int.Parse(answer.Name, CultureInfo.InvariantCulture),
            static answer => answer.Value.TryGetProperty("content", out var content) ? content.EnumerateObject()
                .First().Name : "");
        return new ApiOperation(
            method.ToUpperInvariant(), path, [.. parameters["query"]], [.. parameters["header"]], type, schema,
                answers);
    }

    private static string Unescape(string segment) => Uri.UnescapeDataString(segment);
}
