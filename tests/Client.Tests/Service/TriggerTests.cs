using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Triggers over HTTP, through the real silo, store and worker.</summary>
public sealed class TriggerTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/triggers";
    private const string Secret = "a secret of some length";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task GitHub_APush_StartsTheDefinitionOnce()
    {
        var secret = await Put("push", """
            {"definition":"$D","parameters":{"ref":{"pointer":"/ref"},"n":{"pointer":"/commits/1/n"},"event":{"header":"X-GitHub-Event"},"fixed":{"value":"x"}},
             "filter":[{"pointer":"/ref","matches":"^refs/heads/(main|release-.*)$"},{"pointer":"/forced","equals":false}],"signature":{"kind":"github"}}
            """);
        var body = """{"ref":"refs/heads/release-1","forced":false,"commits":[{"n":1},{"n":2}]}""";

        var first = await GitHub("push", body, secret, "d-1");
        var again = await GitHub("push", body, secret, "d-1");
        var other = await GitHub("push", body.Replace("release-1", "topic", StringComparison.Ordinal), secret, "d-2");
        var forced = await GitHub("push", body.Replace("false", "true", StringComparison.Ordinal), secret, "d-3");
        var next = await GitHub("push", body, secret, "d-4");
        var ping = await GitHub("push", """{"zen":"x"}""", secret, "d-5", "ping");

        Assert.Equal((202, 200, 200, 200, 202, 200),
            (first.Status, again.Status, other.Status, forced.Status, next.Status, ping.Status));
        Assert.Equal("""{"ignored":"duplicate"}""", again.Text);
        Assert.Equal(("""{"ignored":"filter"}""", """{"ignored":"filter"}""", """{"ignored":"filter"}"""),
            (other.Text, forced.Text, ping.Text));
        var id = first.Json.GetProperty("id").GetString();
        var task = (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json;
        Assert.Equal("succeeded", task.GetProperty("state").GetString());
        Assert.Equal("refs/heads/release-1 2 push x", (await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text);
        Assert.Equal("of/push", task.GetProperty("definition").GetProperty("name").GetString());
        var runs = (await client.Get("/api/v1/definitions/of/push/runs")).Json.GetProperty("items");
        Assert.Equal(2, runs.GetArrayLength());
        Assert.Equal("trigger push", runs[0].GetProperty("startedBy").GetProperty("says").GetString());
        var audit = (await client.Get("/api/v1/audit?target=push")).Json.GetProperty("items").EnumerateArray();
        Assert.Equal(["trigger.fire", "trigger.fire", "trigger.put"],
            audit.Select(static one => one.GetProperty("action").GetString()));
    }

    [Fact]
    public async Task Secret_IsShownOnce_AndKept()
    {
        await Define("once");
        var body = Body("once", "github");
        var made = await client.Send(HttpMethod.Put, $"{Root}/once", body);
        var secret = made.Json.GetProperty("secret").GetString()!;
        Assert.Equal(
            (201, $"{Root}/once", "no-store"), (made.Status, made.Headers["Location"], made.Headers["Cache-Control"]));
        Assert.Equal(64, secret.Length);

        var again = await client.Send(HttpMethod.Put, $"{Root}/once", body);
        Assert.Equal((200, JsonValueKind.Null), (again.Status, again.Json.GetProperty("secret").ValueKind));
        foreach (var shown in (string[])[again.Text, (await client.Get($"{Root}/once")).Text,
            (await client.Get(Root)).Text, (await client.Get("/api/v1/audit")).Text])
            Assert.DoesNotContain(secret, shown, StringComparison.Ordinal);
        Assert.Equal(202, (await GitHub("once", "{}", secret, "kept")).Status);

        var rotated = (await client.Post($"{Root}/once/rotate")).Json.GetProperty("secret").GetString()!;
        (await GitHub("once", "{}", secret, "old")).Problem(401, "bad-signature");
        Assert.Equal(202, (await GitHub("once", "{}", rotated, "new")).Status);

        var given = await client.Send(HttpMethod.Put, $"{Root}/once", Body("once", "github", Secret));
        Assert.Equal(JsonValueKind.Null, given.Json.GetProperty("secret").ValueKind);
        Assert.DoesNotContain(Secret, given.Text, StringComparison.Ordinal);
        Assert.Equal(202, (await GitHub("once", "{}", Secret, "given")).Status);
        var token = await client.Send(HttpMethod.Put, $"{Root}/once", Body("once", "token"));
        Assert.NotEqual(JsonValueKind.Null, token.Json.GetProperty("secret").ValueKind);
    }

    [Fact]
    public async Task Put_WithNulls_TakesThemAsLeftOut()
    {
        var secret = await Put("nulls", """
            {"definition":"$D","description":null,"rate":null,"paused":null,
             "signature":{"kind":"github","header":null,"secret":null},
             "parameters":{"ref":{"pointer":"/ref","header":null,"value":null}},
             "filter":[{"pointer":"/ref","header":null,"equals":null,"matches":"^v"}]}
            """);

        var shown = (await client.Get($"{Root}/nulls")).Json;

        Assert.Equal("""{"kind":"github"}""", shown.GetProperty("signature").GetRawText());
        Assert.Equal("""{"ref":{"pointer":"/ref"}}""", shown.GetProperty("parameters").GetRawText());
        Assert.Equal("""[{"pointer":"/ref","matches":"^v"}]""", shown.GetProperty("filter").GetRawText());
        Assert.Equal(202, (await GitHub("nulls", """{"ref":"v1"}""", secret, "n-1")).Status);
    }

    [Fact]
    public async Task Deliver_WithoutAValidSignature_SaysNothingAndStartsNothing()
    {
        var secret = await Put("guarded", """{"definition":"$D","signature":{"kind":"github"}}""");
        var right = Sign(secret, "{}");

        Reply[] wrong =
        [
            await Deliver("guarded", "{}"),
            await Deliver("guarded", "{ }", ("X-Hub-Signature-256", right)),
            await Deliver("guarded", "{}", ("X-Hub-Signature-256", Sign("another", "{}"))),
            await Deliver("guarded", "{}", ("X-Hub-Signature", right)),
            await Deliver("guarded", "{}", ("X-Gitlab-Token", secret)),
            await Deliver("guarded", "{}", ("Authorization", "Bearer " + secret)),
            await Deliver("guarded", "{}", ("X-Hub-Signature-256", right), ("X-Hub-Signature-256", right)),
            await Deliver("guarded", "not json", ("X-Hub-Signature-256", right)),
        ];

        Assert.All(wrong, static reply => reply.Problem(401, "bad-signature"));
        Assert.Single(wrong.Select(static reply => reply.Json.GetProperty("detail").GetString()).Distinct());
        Assert.Empty(
            (await client.Get("/api/v1/definitions/of/guarded/runs")).Json.GetProperty("items").EnumerateArray());
        (await Deliver("nobody", "{}", ("X-Hub-Signature-256", right))).Problem(404, "not-found");
        (await Deliver("Not-A-Name!", "{}")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Deliver_WithBadSignaturesAgainAndAgain_IsRefusedForAWhile()
    {
        var secret = await Put("guessed", """{"definition":"$D","signature":{"kind":"github"}}""");
        for (var i = 0; i < ServiceLimits.BadSignatures; i++)
            (await Deliver("guessed", "{}")).Problem(401, "bad-signature");

        var refused = await GitHub("guessed", "{}", secret, "late");

        refused.Problem(429, "rate-limited");
        Assert.Equal("60", refused.Headers["Retry-After"]);
    }

    [Fact]
    public async Task Deliver_OthersAtTheAddressSendBadSignatures_IsTakenAfterAValidOne()
    {
        var secret = await Put("shared", """{"definition":"$D","signature":{"kind":"github"}}""");
        Assert.Equal(202, (await GitHub("shared", "{}", secret, "first")).Status);
        for (var i = 0; i <= ServiceLimits.BadSignatures; i++)
            (await Deliver("shared", "{}")).Problem(401, "bad-signature");

        Assert.Equal(202, (await GitHub("shared", "{}", secret, "second")).Status);
    }

    [Fact]
    public async Task GitLab_AReplay_IsFoundByTheEventsId()
    {
        await Put("lab", """{"definition":"$D","parameters":{"ref":{"pointer":"/ref"}},"signature":{"kind":"gitlab","secret":"$S"}}""");

        var first = await Deliver("lab", """{"ref":"a"}""", ("X-Gitlab-Token", Secret), ("X-Gitlab-Event-UUID", "u-1"));
        var replayed = await Deliver(
            "lab", """{"ref":"b"}""", ("X-Gitlab-Token", Secret), ("X-Gitlab-Event-UUID", "u-1"));
        var next = await Deliver("lab", """{"ref":"a"}""", ("X-Gitlab-Token", Secret), ("X-Gitlab-Event-UUID", "u-2"));
        var wrong = await Deliver(
            "lab", """{"ref":"a"}""", ("X-Gitlab-Token", Secret + "x"), ("X-Gitlab-Event-UUID", "u-3"));

        Assert.Equal((202, 200, 202), (first.Status, replayed.Status, next.Status));
        Assert.Equal("""{"ignored":"duplicate"}""", replayed.Text);
        wrong.Problem(401, "bad-signature");
    }

    [Fact]
    public async Task Slack_ACommandAnEventAndTheCheckOfTheAddress_AreUnderstood()
    {
        (await client.Send(HttpMethod.Put, $"{Root}/slack", Body("slack", "slack"))).Problem(422, "invalid-trigger");
        await Put("slack", """{"definition":"$D","parameters":{"ref":{"pointer":"/text"}},"signature":{"kind":"slack","secret":"$S"}}""");
        const string Form = "command=%2Fdeploy&text=a+b%26c";
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

        var command = await Slack(Form, now, "application/x-www-form-urlencoded");
        var replayed = await Slack(Form, now, "application/x-www-form-urlencoded");
        var late = await Slack(Form, now.AddMinutes(-6), "application/x-www-form-urlencoded");
        var early = await Slack(Form, now.AddMinutes(6), "application/x-www-form-urlencoded");
        var check = await Slack("""{"type":"url_verification","challenge":"abc"}""", now, "application/json");
        var told = await Slack("""{"event_id":"Ev1","text":"x"}""", now, "application/json");
        var toldAgain = await Slack("""{"event_id":"Ev1","text":"x"}""", now.AddSeconds(-1), "application/json");

        Assert.Equal(
            (202, 200, 200, 202, 200), (command.Status, replayed.Status, check.Status, told.Status, toldAgain.Status));
        Assert.Equal(
            ("""{"ignored":"duplicate"}""", """{"challenge":"abc"}""", """{"ignored":"duplicate"}"""),
            (replayed.Text, check.Text, toldAgain.Text));
        late.Problem(401, "bad-signature");
        early.Problem(401, "bad-signature");
        Assert.Equal(
            "a b&c", (await Output(command)).Split(' ', 2) is [var one, var two] ? $"{one} {two.Split(' ')[0]}" : "");

        async Task<Reply> Slack(string body, DateTimeOffset at, string type)
        {
            var seconds = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            return await Send("slack", Encoding.UTF8.GetBytes(body), type,
                ("X-Slack-Request-Timestamp", seconds),
                ("X-Slack-Signature", "v0=" + Hex(Secret, $"v0:{seconds}:{body}")));
        }
    }

    [Fact]
    public async Task Paused_TheSender_IsToldToStop()
    {
        await Put("held",
            """{"definition":"$D","signature":{"kind":"token","header":"X-My-Token","secret":"$S"},"paused":true}""");
        (await Deliver("held", "{}", ("X-My-Token", Secret))).Problem(410, "trigger-paused");
        (await Deliver("held", "{}", ("X-My-Token", "wrong"))).Problem(401, "bad-signature");
        await Put("held", """{"definition":"$D","signature":{"kind":"token","header":"X-My-Token"}}""");

        Assert.Equal(202, (await Deliver("held", "{}", ("X-My-Token", Secret))).Status);
        Assert.Equal(202, (await Deliver("held", "{}", ("X-My-Token", Secret), ("Idempotency-Key", "k"))).Status);
        Assert.Equal("""{"ignored":"duplicate"}""",
            (await Deliver("held", "{}", ("X-My-Token", Secret), ("Idempotency-Key", "k"))).Text);
    }

    [Fact]
    public async Task Rate_BeyondIt_IsRefusedForAWhile()
    {
        await Put("fast", """{"definition":"$D","signature":{"kind":"token","secret":"$S"},"filter":[{"pointer":"/go","equals":true}],"rate":2}""");
        for (var i = 0; i < 5; i++)
            Assert.Equal(200, (await Deliver("fast", """{"go":false}""", ("X-Trigger-Token", Secret))).Status);
        Assert.Equal(202, (await Deliver("fast", """{"go":true}""", ("X-Trigger-Token", Secret))).Status);
        Assert.Equal(202, (await Deliver("fast", """{"go":true}""", ("X-Trigger-Token", Secret))).Status);
        var refused = await Deliver("fast", """{"go":true}""", ("X-Trigger-Token", Secret));
        refused.Problem(429, "rate-limited");
        Assert.InRange(int.Parse(refused.Headers["Retry-After"], CultureInfo.InvariantCulture), 1, 30);
    }

    [Fact]
    public async Task Bodies_OfAnyKind_AreBoundedAndStrict()
    {
        var secret = await Put(
            "bodies", """{"definition":"$D","parameters":{"ref":{"pointer":"/ref"}},"signature":{"kind":"github"}}""");
        var most = "{\"ref\":\"a\",\"pad\":\"" + new string('x', (1 << 20) - 20) + "\"}";
        Assert.Equal(1 << 20, most.Length);

        Assert.Equal(202, (await GitHub("bodies", most, secret, "most")).Status);
        (await GitHub("bodies", most + " ", secret, "more")).Problem(413, "body-too-large");
        (await GitHub("bodies", new string('[', 200_000), secret, "deep")).Problem(400, "malformed-json");
        (await GitHub("bodies", """{"ref":"a","ref":"b"}""", secret, "twice")).Problem(400, "malformed-json");
        (await GitHub("bodies", "ref", secret, "text")).Problem(400, "malformed-json");
        (await GitHub("bodies", """{"ref":{"a":1}}""", secret, "object")).Problem(422, "invalid-run");
        (await GitHub("bodies", "{}", secret, "missing")).Problem(422, "invalid-run");
        (await GitHub("bodies", """{"ref":"\u0000"}""", secret, "nul")).Problem(422, "invalid-run");
        // What was refused may come again, and start then.
        Assert.Equal(202, (await GitHub("bodies", """{"ref":7}""", secret, "missing")).Status);
        var compressed = await Send(
            "bodies", "{}"u8.ToArray(), "application/json", ("X-Hub-Signature-256", Sign(secret, "{}")),
            ("Content-Encoding", "gzip"));
        compressed.Problem(415, "unsupported-media-type");
        var hostile = await GitHub(
            "bodies", JsonSerializer.Serialize(new { @ref = "$(id); `id` 'x' \"y\"\n" }), secret, "hostile");
        Assert.StartsWith("$(id); `id` 'x' \"y\"\n", await Output(hostile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliver_TheSameAtOnce_StartsOneRun()
    {
        var secret = await Put("storm", """{"definition":"$D","signature":{"kind":"github"}}""");

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => GitHub("storm", "{}", secret, "one")));

        Assert.Single(replies, static one => one.Status == 202);
        Assert.Equal(19, replies.Count(static one => one.Text == """{"ignored":"duplicate"}"""));
        Assert.Single(
            (await client.Get("/api/v1/definitions/of/storm/runs")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Test_ADelivery_ShowsWhatItWouldStart()
    {
        var secret = await Put("dry", """
            {"definition":"$D","parameters":{"ref":{"pointer":"/ref"}},"filter":[{"pointer":"/ref","matches":"^v"}],"signature":{"kind":"github"}}
            """);
        var passing = (await client.Post($"{Root}/dry/test", """{"ref":"v1"}""")).Json;
        Assert.True(passing.GetProperty("starts").GetBoolean());
        Assert.Equal("v1", passing.GetProperty("parameters").GetProperty("ref").GetString());
        Assert.Equal("v1", passing.GetProperty("target").GetProperty("argv")[4].GetString());
        Assert.Equal(JsonValueKind.Null, passing.GetProperty("signatureValid").ValueKind);
        var signed = (await client.Post($"{Root}/dry/test", """{"ref":"w"}""",
            ("X-Hub-Signature-256", Sign(secret, """{"ref":"w"}""")), ("X-GitHub-Delivery", "d"))).Json;
        Assert.Equal((false, true, "d"), (signed.GetProperty("starts").GetBoolean(),
            signed.GetProperty("signatureValid").GetBoolean(), signed.GetProperty("deliveryId").GetString()));
        Assert.False(signed.GetProperty("filter")[0].GetProperty("passes").GetBoolean());
        Assert.False((await client.Post($"{Root}/dry/test", "{}", ("X-Hub-Signature-256", "x")))
            .Json.GetProperty("signatureValid").GetBoolean());
        Assert.Equal("parameters.ref", (await client.Post($"{Root}/dry/test", "{}"))
            .Json.GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Empty((await client.Get("/api/v1/definitions/of/dry/runs")).Json.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Delete_ADefinitionThatATriggerStarts_IsRefused()
    {
        await Put("needs", """{"definition":"$D","signature":{"kind":"github"}}""");
        var refused = (await client.Send(HttpMethod.Delete, "/api/v1/definitions/of/needs"))
            .Problem(409, "definition-in-use");
        Assert.Contains("triggers needs.", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/needs")).Status);
        (await client.Send(HttpMethod.Delete, $"{Root}/needs")).Problem(404, "not-found");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/definitions/of/needs")).Status);
    }

    [Theory]
    [InlineData("""{"signature":{"kind":"github"}}""", "definition")]
    [InlineData("""{"definition":"of/nobody","signature":{"kind":"github"}}""", "definition")]
    [InlineData("""{"definition":"$D"}""", "signature")]
    [InlineData("""{"definition":"$D","signature":{"kind":"githib"}}""", "did you mean 'github'")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github","secret":"short"}}""", "signature.secret")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github","header":"X-A"}}""", "signature.header")]
    [InlineData(
        """{"definition":"$D","signature":{"kind":"standard-webhooks","secret":"not base64!"}}""", "signature.secret")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"parameters":{"rex":{"value":"x"}}}""",
        "did you mean 'ref'")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"parameters":{"ref":{"pointer":"ref"}}}""",
        "parameters.ref.pointer")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"parameters":{"ref":{"pointer":"/a","value":"x"}}}""", "exclude each other")]
    [InlineData("""{"definition":"$D","signature":{"kind":"token","header":"X-T"},"parameters":{"ref":{"header":"x-t"}}}""", "has a secret")]
    [InlineData(
        """{"definition":"$D","signature":{"kind":"github"},"filter":[{"pointer":"/a"}]}""", "filter[0].equals")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"filter":[{"pointer":"/a","matches":"(a)\\1"}]}""",
        "linear time")]
    [InlineData(
        """{"definition":"$D","signature":{"kind":"github"},"filter":[{"pointer":"/a","matches":"((a|b){1,15}c?){1,15}"}]}""",
        "nested counts")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"rate":0}""", "rate")]
    [InlineData("""{"definition":"$D","signature":{"kind":"github"},"filters":[]}""", "did you mean 'filter'")]
    public async Task Put_AFault_IsNamed_AndNothingIsStored(string body, string named)
    {
        await Define("faulty");
        var refused = await client.Send(
            HttpMethod.Put, $"{Root}/faulty", body.Replace("$D", "of/faulty", StringComparison.Ordinal));
        Assert.Contains(named, refused.Problem(422, "invalid-trigger").ToString(), StringComparison.Ordinal);
        Assert.Equal(404, (await client.Get($"{Root}/faulty")).Status);
    }

    private static string Hex(string secret, string text) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));

    private static string Sign(string secret, string body) => "sha256=" + Hex(secret, body);

    private static string Body(string name, string kind, string? secret = null) =>
        $$$"""{"definition":"of/{{{name}}}","signature":{"kind":"{{{kind}}}"{{{(secret is null ? "" : $",\"secret\":\"{secret}\"")}}} }}""";

    private Task<Reply> GitHub(string trigger, string body, string secret, string delivery, string kind = "push") =>
        Deliver(
            trigger, body, ("X-Hub-Signature-256", Sign(secret, body)), ("X-GitHub-Delivery", delivery),
            ("X-GitHub-Event", kind));

    private Task<Reply> Deliver(string trigger, string body, params (string Name, string Value)[] headers) =>
        Send(trigger, Encoding.UTF8.GetBytes(body), "application/json", headers);

    private async Task<Reply> Send(
        string trigger, byte[] body, string type, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/triggers/{trigger}");
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await client.Http.SendAsync(request);
        return await Reply.Read(response);
    }

    private async Task<string> Output(Reply started)
    {
        var id = started.Json.GetProperty("id").GetString();
        Assert.Equal(
            "succeeded", (await client.Get($"/api/v1/tasks/{id}?wait=30s")).Json.GetProperty("state").GetString());
        return (await client.Get($"/api/v1/tasks/{id}/output/stdout")).Text;
    }

    private async Task Define(string name) => Assert.InRange(
        (await client.Send(HttpMethod.Put, $"/api/v1/definitions/of/{name}", """
            {"parameters":[{"name":"ref","default":""},{"name":"n","type":"integer","default":0},{"name":"event","default":""},{"name":"fixed","default":""}],
             "task":{"argv":["sh","-c","printf '%s %s %s %s' \"$1\" \"$2\" \"$PARAM_EVENT\" \"$PARAM_FIXED\"","sh","${param.ref}","${param.n}"]}}
            """.Replace("\"name\":\"ref\",\"default\":\"\"", name is "bodies" or "dry" ? "\"name\":\"ref\",\"required\":true" : "\"name\":\"ref\",\"default\":\"\"", StringComparison.Ordinal))).Status,
        200, 201);

    private async Task<string> Put(string name, string body)
    {
        await Define(name);
        var reply = await client.Send(
            HttpMethod.Put, $"{Root}/{name}",
            body.Replace("$D", $"of/{name}", StringComparison.Ordinal).Replace("$S", Secret, StringComparison.Ordinal));
        Assert.True(reply.Status is 200 or 201, reply.Text);
        return reply.Json.GetProperty("secret").GetString() ?? Secret;
    }
}
