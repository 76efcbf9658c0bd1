using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansTasks.Fuzz.Tests.Files;
using OrleansTasks.Fuzz.Tests.Http;
using OrleansTasks.Fuzz.Tests.Messages;
using OrleansTasks.Fuzz.Tests.Silo;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>A check that cannot fail finds nothing: each is pointed at something broken.</summary>
public sealed class ChecksFailTests
{
    private const string Document = """
        {"paths":{"/things/{id}":{"get":{"parameters":[],"responses":{
        "200":{"content":{"application/json":{}}},"404":{"content":{"application/problem+json":{}}}}}}}}
        """;

    private static readonly byte[] Request = Encoding.Latin1.GetBytes("GET /things/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    private static readonly Damage Cut = new("service", "tasks.db", "cut", 0.5);

    [Theory]
    [InlineData("HTTP/1.1 500 Oops", "application/json", "{}", "500")]
    [InlineData("HTTP/1.1 201 Created", "application/json", "{}", "201")]
    [InlineData("HTTP/1.1 200 OK", "text/html", "{}", "text/html")]
    [InlineData("HTTP/1.1 200 OK", "application/json", "{", "cannot be read")]
    [InlineData("HTTP/1.1 404 Not Found", "text/plain", "no", "text/plain")]
    [InlineData("HTTP/1.1 404 Not Found", "application/problem+json", "{}", "cannot be read")]
    [InlineData("HTTP/1.1 404 Not Found", "application/problem+json",
        """{"type":"urn:x","title":"t","status":404,"detail":"d","code":"x","traceId":"1"}""", "no known type")]
    public void AnswerRules_AnswerThatIsNotDescribed_Fail(string status, string type, string body, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(
            $"{status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var rules = new AnswerRules(ApiDocument.Read(Document));
        var finding = Assert.Throws<FindingException>(() =>
            rules.Require(RequestShape.Of(Request), RawAnswer.ReadAll(bytes, isHead: false, mayBeHead: false)));
        Assert.Contains(expected, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswerRules_CloseWithoutAnAnswer_FailsForProperRequestsOnly()
    {
        var rules = new AnswerRules(ApiDocument.Read(Document));
        Assert.Throws<FindingException>(() => rules.Require(RequestShape.Of(Request), []));
        rules.Require(RequestShape.Of("GET /things/1 HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n"u8), []);
    }

    [Fact]
    public async Task Exchange_ServerThatSaysNothing_Fails()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var exchange = new Exchange((IPEndPoint)listener.LocalEndpoint) { Limit = TimeSpan.FromMilliseconds(200) };
        var finding = await Assert.ThrowsAsync<FindingException>(() =>
            exchange.Send(Request, RequestShape.Of(Request)));
        Assert.StartsWith("There was neither an answer nor a close", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-21T22:00:00.000Z fail: Some.Category[1] Bad")]
    [InlineData("2026-11-21T22:00:00.000Z crit: Some.Category[1] Worse")]
    [InlineData("Unhandled exception. System.Exception: x")]
    public void LogWatch_Error_FailsOnce(string line)
    {
        var watch = new LogWatch();
        watch.RequireNoError("2026-11-21T22:00:00.000Z info: Some.Category[1] Fine\n");
        var log = $"2026-11-21T22:00:00.000Z info: Some.Category[1] Fine\n{line}\n";
        Assert.Throws<FindingException>(() => watch.RequireNoError(log));
        watch.RequireNoError(log);
    }

    [Fact]
    public void LogWatch_Errors_FailOneAfterTheOther_AndOnlyWhenTheyAreWhole()
    {
        var watch = new LogWatch();
        const string Log = "x fail: A[1] one\nx info: B[1] fine\nx crit: C[1] two\nx fa";
        Assert.EndsWith("one", Assert.Throws<FindingException>(() => watch.RequireNoError(Log)).Message, StringComparison.Ordinal);
        Assert.EndsWith("two", Assert.Throws<FindingException>(() => watch.RequireNoError(Log)).Message, StringComparison.Ordinal);
        watch.RequireNoError(Log);
        Assert.EndsWith("three", Assert.Throws<FindingException>(() => watch.RequireNoError(Log + "il: D[1] three\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogWatch_TraceThatComesInTwoParts_Fails()
    {
        var watch = new LogWatch();
        var first = string.Concat(Enumerable.Repeat("x info\n", 20)) + "x System.OverflowException: z\n   at System.A.B()\n";
        watch.RequireNoTrace(first);
        var whole = first + "   at OrleansTasks.E.F()\n";
        Assert.Throws<FindingException>(() => watch.RequireNoTrace(whole));
        watch.RequireNoTrace(whole);
    }

    [Theory]
    [InlineData("throws", "InvalidOperationException instead of the documented exception")]
    [InlineData("allocates", "made the reader allocate 300 MiB")]
    [InlineData("changes", "a member has changed")]
    public async Task MessageSurface_ReaderThatIsBroken_Fails(string codec, string expected)
    {
        object? kept = null;
        var surface = new MessageSurface(
        [
            Broken("throws", static () => throw new InvalidOperationException()),
            Broken("allocates", () => kept = new byte[300 << 20]),
            Broken("changes", static () => { }) with { TakesFuture = static (_, _) => throw new FindingException("a member has changed") },
            Broken("fine", static () => { }) with { TakesFuture = static (_, _) => { } },
        ]);
        var act = codec == "changes" ? "future" : "read";
        Assert.Contains(expected, (await Assert.ThrowsAsync<FindingException>(() => Try(codec, act))).Message, StringComparison.Ordinal);
        Assert.Equal("read", await Try("fine", "read"));
        Assert.Equal("future taken", await Try("fine", "future"));
        GC.KeepAlive(kept);

        Task<string> Try(string codec, string act) => surface.Try(Encoding.ASCII.GetBytes($"{codec} {act}\nx"));

        static Codec Broken(string name, Action read) =>
            new(name, static _ => [1], _ => read(), static refusal => refusal is FormatException);
    }

    [Fact]
    public void LogWatch_Traces_FailOneAfterTheOther()
    {
        var watch = new LogWatch();
        const string Log = 
            "warn: x System.NullReferenceException: y    at System.A.B()    at OrleansTasks.C.D(Int32 e)\n"
            + "x System.OverflowException: z\n   at OrleansTasks.E.F()\n";
        Assert.EndsWith("NullReferenceException at OrleansTasks.C.D",
            Assert.Throws<FindingException>(() => watch.RequireNoTrace(Log)).Message, StringComparison.Ordinal);
        Assert.EndsWith("OverflowException at OrleansTasks.E.F",
            Assert.Throws<FindingException>(() => watch.RequireNoTrace(Log)).Message, StringComparison.Ordinal);
        watch.RequireNoTrace(Log);
    }

    [Fact]
    public void ProcessGauge_GrowthBeyondABound_Fails()
    {
        var now = ProcessGauge.Of(Environment.ProcessId);
        now.RequireWithin(now, 0, 0);
        Assert.Throws<FindingException>(() => now.RequireWithin(now with { Descriptors = now.Descriptors - 2 }, 1, 0));
        Assert.Throws<FindingException>(() => now.RequireWithin(now with { ResidentMiB = now.ResidentMiB - 2 }, 0, 1));
        Assert.Throws<FindingException>(() => ProcessGauge.Of(int.MaxValue));
    }

    [Theory]
    [InlineData("2", "UNKNOWN")]
    [InlineData("14", "UNAVAILABLE")]
    [InlineData("99", "no status")]
    public void SiloSurface_StatusThatNoCallerMayCause_Fails(string status, string why)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.OK);
        answer.Headers.TryAddWithoutValidation("grpc-status", status);
        Assert.True(Record.Exception(() => SiloSurface.Judge("/x", answer)) is FindingException, why);
    }

    [Theory]
    [InlineData("The service ended with 1:\n--data: tasks.db is damaged.\n   at A.B()\n")]
    [InlineData("The service ended with 134:\n--data: tasks.db is damaged.\n")]
    [InlineData("The service ended with 1:\n--data: something is damaged.\n")]
    [InlineData("The service ended with 1:\n")]
    public void FileSurface_EndWithoutAProperReason_Fails(string ended) =>
        Assert.Throws<FindingException>(() => FileSurface.RequireReason(Cut, ended, TimeSpan.FromSeconds(1)));

    [Fact]
    public void FileSurface_LateReason_Fails()
    {
        const string Proper = "The service ended with 1:\n--data: tasks.db is damaged.\n";
        Assert.Equal("refused", FileSurface.RequireReason(Cut, Proper, TimeSpan.FromSeconds(1)));
        Assert.Throws<FindingException>(() => FileSurface.RequireReason(Cut, Proper, TimeSpan.FromSeconds(26)));
    }

    [Theory]
    [InlineData("""{"cmd":"rm x"}""", false)]
    [InlineData("""{"argv":["/bin/rm","x"]}""", false)]
    [InlineData("""{"\u0063md":"rm x"}""", false)]
    [InlineData("""{"cmd":"/bin/true","argv":["/bin/echo","rm"]}""", true)]
    public void Harmless_OtherCommands_AreWithheld(string body, bool isAllowed) =>
        Assert.Equal(isAllowed, Harmless.AllowsRequest(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Draws_SameSeedAndNumber_AreTheSame()
    {
        Assert.Equal(Draws.Of("http", 1, 2).Next(), Draws.Of("http", 1, 2).Next());
        Assert.NotEqual(Draws.Of("http", 1, 2).Next(), Draws.Of("http", 1, 3).Next());
        Assert.NotEqual(Draws.Of("http", 1, 2).Next(), Draws.Of("files", 1, 2).Next());
    }
}
