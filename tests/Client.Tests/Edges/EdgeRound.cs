using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Client.Tests.Edges;

/// <summary>
/// Sends a value at an end of its type for every field of every call that the service describes, reads whatever was
/// stored of it, and removes it again. Notes answers that fail or come late, and neighbours that are refused.
/// </summary>
/// <param name="address">Where the service listens.</param>
/// <param name="faults">What the service logs.</param>
/// <param name="wait">How long a read waits for what was stored to end, as the parameter <c>wait</c>.</param>
internal sealed partial class EdgeRound(Uri address, LoggedFaults faults, string wait) : IDisposable
{
    /// <summary>What the service promises is a second; the machine may be busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>About how many fields of a body a round tries.</summary>
    private const int MostFields = 100;

    private const string TextBody = "1\n";

    // Two blocks of zeros end an archive.
    private static readonly string EmptyTar = new('\0', 1024);

    private const string Neighbour = """{"cmd":"true","runAt":"2199-01-01T00:00:00Z"}""";

    /// <summary>Queries without which a call only says what is missing.</summary>
    private static readonly Dictionary<string, string> Needed = new(StringComparer.Ordinal)
    {
        ["/api/v1/search"] = "q=a", ["/api/v1/series"] = "names=queue.depth",
        ["/api/v1/tasks/cancel"] = "dryRun=true&state=queued",
        ["/api/v1/tasks/retry"] = "dryRun=true&state=failed",
    };

    private readonly HttpClient http = new(
        new SocketsHttpHandler { UseCookies = false, RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8 })
    { BaseAddress = address };

    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal)
    {
        ["queues"] = "settings", ["calendars"] = "settings", ["definitions"] = "edges", ["triggers"] = "edges", ["notifications"] = "edges", ["attempts"] = "1", ["deliveries"] = "1",
        ["files"] = FileName.Of(Encoding.UTF8.GetBytes(TextBody)).ToString(),
    };
    private readonly OrderedDictionary<string, string> findings = new(StringComparer.Ordinal);
    private Operation[] operations = [];
    private BodyFields fields = null!;
    private HashSet<Operation> untaken = [];
    private int seed;

    /// <summary>Requests that were sent.</summary>
    public int Sent { get; private set; }

    /// <summary>Writes that were taken.</summary>
    public int Stored { get; private set; }

    /// <summary>The findings in order, at most one per place. Later ones may be consequences of the first.</summary>
    public IEnumerable<string> Findings => findings.Values;

    /// <summary>Reads the document and creates one resource of each kind.</summary>
    public async Task Prepare()
    {
        var document = JsonDocument.Parse(await http.GetByteArrayAsync("/openapi/v1.json")).RootElement;
        fields = new BodyFields(document.GetProperty("components").GetProperty("schemas"));
        operations = [.. document.GetProperty("paths").EnumerateObject().SelectMany(static path =>
            path.Value.EnumerateObject().Select(operation =>
                Operation.Read(path.Name, operation.Name.ToUpperInvariant(), operation.Value)))];
        const string Task = """{"cmd":"true"}""";
        await Make("tasks", Task);
        await Make("batches", $$"""{"tasks":[{{Task}}]}""", "tasks/batch", "batch");
        await Make("jobs", """{"source":{"stream":{}},"process":{"builtin":"identity"}}""");
        await Make("workflows", $$"""{"nodes":[{"name":"a","task":{{Task}}}]}""");
        await Make("rollouts", $$"""{"task":{{Task}}}""");
        await Make("schedules", $$"""{"every":"366d","task":{{Task}}}""");
        await Make("webhooks", """{"url":"http://127.0.0.1:9/","types":["queue"]}""");
        await Make("keys", """{"name":"edges","scopes":["read"]}""");
        await Send("PUT", "/api/v1/queues/settings", "{}");
        await Send("PUT", "/api/v1/calendars/settings", "{}");
        await Send("PUT", "/api/v1/definitions/edges", $$"""{"task":{{Task}}}""");
        await Send("PUT", "/api/v1/triggers/edges", """{"definition":"edges","signature":{"kind":"github"}}""");
    }

    /// <summary>Every field of every call once, with the values that a seed draws.</summary>
    public async Task Run(int with)
    {
        seed = with;
        var values = new EdgeValues(new Random(seed));
        // Deliveries need a signature of each body.
        untaken = [.. operations.Where(static one => one.BodySchema is not null && one.Path != "/triggers/{name}")];
        foreach (var operation in operations)
        {
            if (operation.BodySchema is { } schema)
            {
                await Try(operation, Fill(operation), operation.Body(fields), $"{operation} body");
                foreach (var path in operation.IsText ? [[], [], []] : Turn(fields.Of(schema)))
                {
                    var place = $"{operation} {string.Join('.', path)}";
                    var tries = path.Length == 1 && fields.IsTime(schema, path) ? EdgeValues.TimesInTurn : 1;
                    for (; tries > 0; tries--)
                        await Try(operation, Fill(operation), fields.With(schema, path, values), place);
                }
            }

            foreach (var (name, example) in operation.Query.SelectMany(static one =>
                Enumerable.Repeat(one, EdgeValues.IsTime(one.Example) ? EdgeValues.TimesInTurn : 1)))
            {
                var query = $"{name}={Escape(values.Parameter(example))}";
                if (Needed.GetValueOrDefault(operation.Path) is { } needed
                    && !needed.Contains($"{name}=", StringComparison.Ordinal))
                    query = $"{needed}&{query}";
                await Try(operation, $"{Fill(operation)}?{query}", null, $"{operation} ?{name}");
            }

            foreach (var name in operation.Headers)
            {
                var header = (name, values.Parameter(null));
                await Try(operation, Fill(operation), operation.Body(fields), $"{operation} {name}", header);
            }

            if (operation.Path.Contains('{', StringComparison.Ordinal))
            {
                var path = Placeholder().Replace(operation.Path, _ => Escape(values.Segment()));
                await Try(operation, path, operation.Body(fields), $"{operation} path");
            }
        }

        foreach (var operation in untaken)
            Note($"{operation} body", "none was taken: teach BodyFields to make a valid one", operation.Body(fields));
        foreach (var read in operations.Where(static one => one.Method == "GET"))
        {
            var query = Needed.TryGetValue(read.Path, out var needed) ? $"?{needed}" : "";
            await Try(read, Fill(read) + query, null, $"{read} after");
        }
    }

    /// <summary>Whether a task of the queue that all this went to still runs.</summary>
    public async Task RunsTasks()
    {
        var posted = await Send("POST", "/tasks", """{"cmd":"true","priority":9}""");
        if (posted.Status != 202)
        {
            Note("a task at last", $"{posted.Status} {posted.Text}", null);
            return;
        }

        var ended = await http.GetStringAsync($"{posted.Location}?wait=60s");
        if (!ended.Contains("\"succeeded\"", StringComparison.Ordinal))
            Note("a task at last", ended, null);
    }

    public void Dispose() => http.Dispose();

    private async Task Make(string kind, string body, string? path = null, string member = "id")
    {
        using var response = await http.PostAsync($"/api/v1/{path ?? kind}", Content(body, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        known[kind] = JsonDocument.Parse(text).RootElement.GetProperty(member).GetString()!;
    }

    /// <summary>The fields of one round. Those deep in a large body, which others have too, take turns by seed.</summary>
    private IEnumerable<string[]> Turn(IEnumerable<string[]> paths)
    {
        var all = paths.ToArray();
        var turns = (all.Length / MostFields) + 1;
        return all.Where((path, i) => path.Length == 1 || (i + seed) % turns == 0);
    }

    private async Task Try(
        Operation operation, string path, string? body, string place, (string Name, string Value)? header = null)
    {
        // A call without a body would do to the fleet, or to what the other calls need, what it is for.
        if (operation.Method != "GET" && body is null && !place.EndsWith(" path", StringComparison.Ordinal)
            && !Needed.ContainsKey(operation.Path))
            return;
        var reply = await Send(operation.Method, path, body, operation.BodyType, header);
        Judge(reply, place, body ?? path + header);
        if (operation.Method is "GET" || reply.Status is not (>= 200 and < 300))
            return;
        Stored++;
        untaken.Remove(operation);
        var resource = reply.Location ?? (operation.Method == "PUT" ? path : null);
        var neighbour = Send("POST", "/api/v1/tasks", Neighbour);
        if (resource is not null)
            await Follow(resource, operation.Method == "PUT" && known.ContainsValue(path.Split('/')[^1]), place, body);
        var reached = await neighbour;
        Judge(reached, $"neighbour of {place}", body);
        if (reached.Status != 202)
            Note($"neighbour of {place}", $"{reached.Status} {reached.Text}", body);
    }

    /// <summary>Reads a resource and its lists, makes every call that changes it, and reads it again.</summary>
    private async Task Follow(string resource, bool isKept, string place, string? body)
    {
        var parts = resource.Split('/');
        var list = string.Join('/', parts[..4]);
        var related = operations.Where(operation =>
            $"{operation.Path}/".StartsWith($"{list}/", StringComparison.Ordinal));
        var one = related.Where(operation => operation.Path.StartsWith($"{list}/{{", StringComparison.Ordinal)).ToArray();
        var reads = related.Where(static operation => operation.Method == "GET").ToArray();
        foreach (var read in reads)
            Judge(await Send("GET", On(read)), $"{read} of {place}", body);
        if (isKept)
            return;
        foreach (var change in one
            .Where(static operation => operation is { Method: "POST" or "DELETE", BodySchema: null })
            .OrderBy(static operation => operation.Method == "DELETE")
            .ThenBy(static operation => operation.Path.EndsWith("/cancel", StringComparison.Ordinal)))
        {
            var reply = await Send(change.Method, On(change));
            Judge(reply, $"{change} of {place}", body);
            if (reply.Location is { } started && !started.StartsWith(resource, StringComparison.Ordinal))
                Judge(await Send("POST", $"{started}/cancel"), $"cancel after {change} of {place}", body);
        }

        foreach (var read in reads.Where(static read => read.Path.Contains('{', StringComparison.Ordinal)))
            Judge(await Send("GET", On(read)), $"{read} at last of {place}", body);

        string On(Operation operation)
        {
            var segments = operation.Path.Split('/');
            if (segments.Length > 4 && segments[4].StartsWith('{'))
                segments[4] = parts[4];
            var waits = operation.Method == "GET" && operation.Query.Any(static one => one.Name == "wait");
            return Placeholder().Replace(string.Join('/', segments), "1") + (waits ? $"?wait={wait}" : "");
        }
    }

    private async Task<Answered> Send(
        string method, string path, string? body = null, string? bodyType = null,
        (string Name, string Value)? header = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = Content(body, bodyType ?? "application/json");
        if (header is { } one && !one.Value.Any(static c => c is < ' ' or '\u007f'))
            request.Headers.TryAddWithoutValidation(one.Name, one.Value);
        Sent++;
        var began = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Patience * 4);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            // A stream of events has no end.
            var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
            var text = isStream ? "" : await response.Content.ReadAsStringAsync(limit.Token);
            var isBusy = response.StatusCode == HttpStatusCode.ServiceUnavailable
                && response.Headers.RetryAfter is not null;
            return new Answered(
                (int)response.StatusCode, text, response.Headers.Location?.OriginalString, isBusy,
                Stopwatch.GetElapsedTime(began));
        }
        catch (Exception fault) when (fault is OperationCanceledException or HttpRequestException or IOException)
        {
            return new Answered(0, fault.Message, null, false, Stopwatch.GetElapsedTime(began));
        }
    }

    private void Judge(Answered reply, string place, string? body)
    {
        if (reply.Status == 0 || (reply.Status >= 500 && !reply.IsBusy))
            Note(place, $"{reply.Status} {reply.Text}", body);
        else if (reply.Took > Patience)
            Note(place, $"answered after {reply.Took.TotalSeconds:0.0} s", body);
        foreach (var fault in faults.Take())
            Note(place, fault, body);
    }

    private void Note(string place, string what, string? body) => findings.TryAdd(place, string.Create(
        CultureInfo.InvariantCulture, $"seed {seed}: {place}: {Cut(what, 600)} <- {Cut(body ?? "", 300)}"));

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    private string Fill(Operation operation)
    {
        var segments = operation.Path.Split('/');
        for (var i = 1; i < segments.Length; i++)
            if (segments[i].StartsWith('{'))
                segments[i] = known.GetValueOrDefault(segments[i - 1], "none");
        return string.Join('/', segments);
    }

    private static string Escape(string text) => string.Concat(text.EnumerateRunes().Zip(
        Runes(text), static (rune, whole) => whole ? Uri.EscapeDataString(rune.ToString()) : "%ED%A0%80"));

    private static IEnumerable<bool> Runes(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var whole = Rune.TryGetRuneAt(text, i, out var rune);
            i += whole ? rune.Utf16SequenceLength : 1;
            yield return whole;
        }
    }

    private static StringContent Content(string body, string type) => new(body, Encoding.UTF8, type);

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Placeholder();

    private sealed record Answered(int Status, string Text, string? Location, bool IsBusy, TimeSpan Took);

    private sealed record Operation(
        string Method, string Path, (string Name, string? Example)[] Query, string[] Headers, string? BodyType,
        string? BodySchema)
    {
        /// <summary>Whether its body is text and has no fields.</summary>
        public bool IsText => BodyType is not null and not "application/json";

        public static Operation Read(string path, string method, JsonElement operation)
        {
            var parameters = operation.GetProperty("parameters").EnumerateArray().ToArray();
            string? type = null, schema = null;
            if (operation.TryGetProperty("requestBody", out var body))
            {
                var content = body.GetProperty("content").EnumerateObject().First();
                type = content.Name;
                schema = content.Value.GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1];
            }

            return new Operation(
                method, path, [.. In("query").Select(static one => (NameOf(one), ExampleOf(one)))],
                [.. In("header").Select(NameOf)], type, schema);

            IEnumerable<JsonElement> In(string place) =>
                parameters.Where(one => one.GetProperty("in").GetString() == place);

            static string NameOf(JsonElement parameter) => parameter.GetProperty("name").GetString()!;

            static string? ExampleOf(JsonElement parameter) =>
                !parameter.TryGetProperty("example", out var example) ? null
                : (example.ValueKind == JsonValueKind.Array ? example[0] : example).GetString();
        }

        public string? Body(BodyFields fields) => BodySchema is null ? null
            : BodyType == "application/x-tar" ? EmptyTar
            : IsText ? TextBody : fields.Valid(BodySchema);

        public override string ToString() => $"{Method} {Path}";
    }
}
