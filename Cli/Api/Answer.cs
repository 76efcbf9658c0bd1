using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.ApiClient;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Api;

/// <summary>
/// Reads the gateway's answers. An address may belong to another program or to a gateway of another version, so each method
/// throws <see cref="RefusedException"/> if an answer does not have the expected fields.
/// </summary>
internal static class Answer
{
    // A value may have 64 levels, and an answer has some around it.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 128 };

    /// <summary>Parses an answer, which is always an object.</summary>
    public static JsonObject Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return StrictJson.Parse(json, Deep) as JsonObject ?? throw Unexpected("is not a JSON object");
        }
        catch (JsonException fault)
        {
            throw Unexpected($"is not JSON ({fault.Message.TrimEnd('.')})");
        }
    }

    /// <summary>Parses the data of an event.</summary>
    public static JsonObject Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>Returns a field that every answer to the call has.</summary>
    public static JsonNode Required(this JsonNode node, string name) =>
        Fields(node, name)[name] ?? throw Unexpected($"has no field '{name}'");

    /// <summary>Returns the id of what the call has created or changed.</summary>
    public static string Id(this JsonNode node) => node.Required("id").ToString();

    /// <summary>Returns a list.</summary>
    public static JsonArray List(this JsonNode node, string name) =>
        node.Required(name) as JsonArray ?? throw Unexpected($"has a field '{name}' that is not a list");

    /// <summary>Returns a list of exactly <paramref name="count"/> different ids.</summary>
    public static IReadOnlyList<string> Ids(this JsonNode node, string name, int count)
    {
        string[] ids = [.. node.List(name).OfType<JsonValue>().Select(static id => id.ToString()).Distinct(StringComparer.Ordinal)];
        return ids.Length == count ? ids : throw Unexpected($"does not have {count} different ids in '{name}'");
    }

    /// <summary>Returns a list of objects.</summary>
    public static IEnumerable<JsonNode> Objects(this JsonNode node, string name) => node.List(name).Select(
        item => item as JsonObject ?? throw Unexpected($"has a list '{name}' whose items are not objects"));

    /// <summary>Returns the items of a page.</summary>
    public static IEnumerable<JsonNode> Items(this JsonNode node) => node.Objects("items");

    /// <summary>
    /// Reads a queue as the .NET client's model. otask prints answers as the gateway sent them, so it keeps their JSON.
    /// </summary>
    public static QueueDetails Queue(JsonNode node)
    {
        try
        {
            // A null breaks the model's promise that there is a name.
            return node.Deserialize(ApiJson.Default.QueueDetails) is { Name: not null } queue
                ? queue : throw Unexpected("has no field 'name'");
        }
        catch (JsonException fault)
        {
            throw Unexpected($"has a field of another kind ({fault.Path})");
        }
    }

    /// <summary>Returns a whole number.</summary>
    public static long Whole(this JsonNode node, string name) =>
        node.Required(name) is JsonValue value && value.TryGetValue(out long number)
            ? number : throw Unexpected($"has a field '{name}' that is not a whole number");

    /// <summary>Returns a time.</summary>
    public static DateTimeOffset Time(this JsonNode node, string name) =>
        DateTimeOffset.TryParse(node.Field(name), CultureInfo.InvariantCulture, out var time)
            ? time : throw Unexpected($"has a field '{name}' that is not a time");

    /// <summary>Returns the fields of an object. Throws for any other value, in which a field is looked for.</summary>
    public static JsonObject Fields(JsonNode? node, string name) =>
        node as JsonObject ?? throw Unexpected($"has {JsonText.Kind(node)} where an object with '{name}' is expected");

    /// <summary>Creates the exception for an answer that is something else than the call's.</summary>
    public static RefusedException Unexpected(string what) => new(
        $"The answer {what}. Is --url the address of an OrleansTasks gateway, and is its version the one of otask?");
}
