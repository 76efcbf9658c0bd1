using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using OrleansTasks.Client.Http;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// A delivery to a trigger. Its body is read as JSON only when a value is needed. A form is read as an object of
/// texts. If it has the field <c>payload</c>, as forms of GitHub and Slack do, the JSON in that field is read instead.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="body">Its body.</param>
internal sealed class Delivery(HttpRequest request, byte[] body)
{
    private const string Form = "application/x-www-form-urlencoded";
    private const string Payload = "payload";
    private bool isParsed;
    private JsonElement document;

    /// <summary>The body as it came.</summary>
    public byte[] Body => body;

    /// <summary>Whether it is GitHub's <c>ping</c>, which tests the address.</summary>
    public bool IsPing => Header("X-GitHub-Event") == "ping";

    /// <summary>Returns the only value of a header; null if there is none, or several.</summary>
    public string? Header(string name) => request.Headers[name] is { Count: 1 } values ? values[0] : null;

    /// <summary>
    /// Returns a value of the delivery; null if there is none. Throws 400 <c>malformed-json</c> if the value is a place
    /// in a body that is not JSON.
    /// </summary>
    public JsonElement? Find(TriggerValue source)
    {
        if (source.Value is { } constant)
            return constant;
        if (source.Header is { } header)
            return Header(header) is { } text ? JsonSerializer.SerializeToElement(text, DeliveryJson.Default.String)
                : null;
        return source.Pointer!.Find(Document) is { ValueKind: not JsonValueKind.Null } found ? found : null;
    }

    /// <summary>Returns a text at the top of the body; null if there is none, or the body is not JSON.</summary>
    public string? TextOf(string field)
    {
        try
        {
            return Document is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(field, out var value)
                && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (ProblemException)
        {
            return null;
        }
    }

    private JsonElement Document
    {
        get
        {
            if (!isParsed)
            {
                document = IsForm ? ParseForm() : Parse(body);
                isParsed = true;
            }

            return document;
        }
    }

    private bool IsForm => request.ContentType is { } type
        && type.AsSpan().TrimStart().StartsWith(Form, StringComparison.OrdinalIgnoreCase);

    private static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        var errors = new SpecErrors();
        using var parsed = JsonFields.Parse(json, errors);
        return parsed?.RootElement.Clone()
            ?? throw new ProblemException(Problems.MalformedJson(errors.Malformed ?? ""));
    }

    private JsonElement ParseForm()
    {
        var fields = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        if (fields.TryGetValue(Payload, out var payload))
            return Parse(Encoding.UTF8.GetBytes(payload.ToString()));
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, values) in fields)
                json.WriteString(name, StringValues.IsNullOrEmpty(values) ? "" : values[0]);
            json.WriteEndObject();
        }

        return Parse(buffer.WrittenMemory);
    }
}
