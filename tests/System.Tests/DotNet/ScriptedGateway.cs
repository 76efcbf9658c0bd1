using System.Net;
using System.Text;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>Answers requests one after another as a test says, and notes them.</summary>
internal sealed class ScriptedGateway(params Func<HttpRequestMessage, HttpResponseMessage>[] answers) : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, HttpResponseMessage>> script = new(answers);

    /// <summary>Each request's method and path, its idempotency key and its last event's id.</summary>
    public List<(string Call, string? Key, string? LastEvent)> Requests { get; } = [];

    /// <summary>A client that calls it.</summary>
    public HttpClient Client => new(this) { BaseAddress = new Uri("http://gateway.test") };

    public static Func<HttpRequestMessage, HttpResponseMessage> Task(string state) =>
        Json(202, $$"""{"id":"t1","name":"n","queue":"default","state":"{{state}}","attempt":1,"createdAt":"2026-11-05T09:30:00.000Z"}""");

    public static Func<HttpRequestMessage, HttpResponseMessage> Json(int status, string body) =>
        request => Answer(request, status, body, "application/json");

    public static Func<HttpRequestMessage, HttpResponseMessage> Problem(int status, string code, string? retryAfter = null, string more = "") =>
        request =>
        {
            var answer = Answer(
                request, status, $$"""{"status":{{status}},"code":"{{code}}","detail":"It is {{code}}.","traceId":"abc"{{more}}}""",
                "application/problem+json");
            if (retryAfter is not null)
                answer.Headers.Add("Retry-After", retryAfter);
            return answer;
        };

    public static Func<HttpRequestMessage, HttpResponseMessage> Lost => static _ => throw new HttpRequestException("The connection was lost.");

    public static Func<HttpRequestMessage, HttpResponseMessage> Events(string text) =>
        request => Answer(request, 200, text, "text/event-stream");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add((
            $"{request.Method} {request.RequestUri!.PathAndQuery}", Header(request, "Idempotency-Key"), Header(request, "Last-Event-ID")));
        Assert.True(script.TryDequeue(out var answer), $"No answer is left for {request.Method} {request.RequestUri}.");
        return global::System.Threading.Tasks.Task.FromResult(answer(request));
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, int status, string body, string type) =>
        new((HttpStatusCode)status) { RequestMessage = request, Content = new StringContent(body, Encoding.UTF8, type) };

    private static string? Header(HttpRequestMessage request, string name) =>
        request.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
