using System.Net;
using System.Text.Json;

namespace OrleansTasks.ApiClient;

/// <summary>
/// The gateway refused a request. <see cref="Code"/> is the stable word for programs; the message is the problem's
/// detail, for people.
/// </summary>
public sealed class OrleansTasksException : Exception
{
    private static readonly Dictionary<string, IReadOnlyList<string>> NoErrors = [];

    /// <summary>Creates the exception for an answer that is not the gateway's.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="message">What is wrong with the answer.</param>
    /// <param name="cause">The cause; null for none.</param>
    public OrleansTasksException(HttpStatusCode status, string message, Exception? cause = null) : base(message, cause)
    {
        Status = status;
        Detail = message;
    }

    private OrleansTasksException(HttpStatusCode status, string message, JsonElement document) : base(message)
    {
        Status = status;
        Detail = TextOf(document, "detail") ?? message;
        Code = TextOf(document, "code") ?? "";
        TraceId = TextOf(document, "traceId");
        Document = document;
        Errors = ErrorsOf(document);
    }

    /// <summary>The HTTP status of the answer.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The problem's code, such as <c>queue-full</c>; empty if the answer has no problem document.</summary>
    public string Code { get; } = "";

    /// <summary>What was wrong, what is allowed, and what to do.</summary>
    public string Detail { get; }

    /// <summary>The pause after which the gateway expects a repeated request; null if it named none.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>The trace of the request in the gateway's logs; null if the answer has none.</summary>
    public string? TraceId { get; }

    /// <summary>
    /// What is wrong with each field, by the field's path, such as <c>retry.backoff</c> or <c>tasks[17].cmd</c>.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Errors { get; } = NoErrors;

    /// <summary>
    /// The whole problem document, for members that have no property here; null if the answer has none.
    /// </summary>
    public JsonElement? Document { get; }

    /// <summary>Creates the exception for an answer that refuses a request.</summary>
    internal static OrleansTasksException Of(HttpResponseMessage answer, byte[] body, DateTimeOffset now)
    {
        var retryAfter = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => default(TimeSpan?),
        };
        return Parse(body) is { } problem
            ? new OrleansTasksException(
                answer.StatusCode, $"{TextOf(problem, "detail")} ({TextOf(problem, "code")})", problem)
            { RetryAfter = retryAfter }
            : new OrleansTasksException(
                answer.StatusCode,
                $"{answer.RequestMessage?.RequestUri} answered with status {(int)answer.StatusCode} and no problem document; is this an "
                + "OrleansTasks gateway?")
            { RetryAfter = retryAfter };
    }

    private static JsonElement? Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return TextOf(document.RootElement, "code") is null ? null : document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static Dictionary<string, IReadOnlyList<string>> ErrorsOf(JsonElement document)
    {
        if (!document.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Object)
            return NoErrors;
        return errors.EnumerateObject().ToDictionary(
            static path => path.Name,
            static path => (IReadOnlyList<string>)[.. path.Value.EnumerateArray().Select(static message => message.ToString())],
            StringComparer.Ordinal);
    }
}
