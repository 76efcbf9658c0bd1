using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>What keys with some of the scopes may do and see, through the real silo and store.</summary>
public sealed class ScopeTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Schedule = """{"every":"366d","task":{"cmd":"true","queue":"scopes"}}""";
    private readonly ServiceClient client = service.Client;

    [Theory]
    [InlineData(Scopes.Operate, "This key lacks the scope submit.")]
    [InlineData(Scopes.Submit, "This key lacks the scope operate.")]
    [InlineData(Scopes.Read | Scopes.Admin, "This key lacks the scope submit and the scope operate.")]
    public async Task PutAndPostOfASchedule_WithoutBothScopes_AreRefused(Scopes scopes, string detail)
    {
        var key = await Key(scopes);

        foreach (var reply in new[]
        {
            await client.Send(HttpMethod.Put, "/api/v1/schedules/refused", Schedule, key),
            await client.Post("/api/v1/schedules", Schedule, key),
        })
        {
            Assert.StartsWith(detail, reply.Problem(403, "forbidden").GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(404, (await client.Get("/api/v1/schedules/refused")).Status);
    }

    [Fact]
    public async Task CallsOfASchedule_ThatNameNoCommand_NeedOperateAlone()
    {
        var both = await Key(Scopes.Operate | Scopes.Submit);
        var operate = await Key(Scopes.Operate);

        Assert.Equal(201, (await client.Send(HttpMethod.Put, "/api/v1/schedules/shared", Schedule, both)).Status);

        Assert.Equal(202, (await client.Post("/api/v1/schedules/shared/trigger", null, operate)).Status);
        Assert.Equal(200, (await client.Post("/api/v1/schedules/shared/pause", null, operate)).Status);
        Assert.Equal(200, (await client.Post("/api/v1/schedules/shared/resume", null, operate)).Status);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/schedules/shared", null, operate)).Status);
    }

    /// <summary>What others wrote, and where: a caller that may not read gets none of it by writing.</summary>
    [Fact]
    public async Task Writes_WithoutRead_AnswerIdStateAndVersion()
    {
        const string Secret = "whispered";
        const string Task = $$"""{"cmd":"echo {{Secret}}","queue":"brief","env":{"TOKEN":"{{Secret}}"},"labels":{"l":"{{Secret}}"} }""";
        var (submit, operate) = (await Key(Scopes.Submit), await Key(Scopes.Operate));
        var both = await Key(Scopes.Submit | Scopes.Operate);
        await client.Send(HttpMethod.Put, "/api/v1/queues/brief", """{"paused":true}""");
        var id = (await client.Post("/tasks", Task)).Json.GetProperty("id").GetString();

        await Brief(client.Post($"/api/v1/tasks/{id}/cancel", null, submit), "id,state,version");
        await Brief(client.Post($"/api/v1/tasks/{id}/retry", null, submit), "id,state,version");
        await Brief(client.Post("/tasks", Task, submit), "id,state,version");
        await Brief(client.Post("/tasks", Task, submit, ("Idempotency-Key", "brief")), "id,state,version");
        await Brief(client.Post("/tasks", Task, submit, ("Idempotency-Key", "brief")), "id,state,version");
        var job = await Brief(
            client.Post("/api/v1/jobs", """{"source":{"stream":{}},"process":{"builtin":"identity"}}""", submit), "id,state");
        await Brief(client.Post($"/api/v1/jobs/{job}/close", null, submit), "id,state");
        var workflow = await Brief(
            client.Post("/api/v1/workflows", $$"""{"queue":"brief","name":"{{Secret}}","nodes":[{"name":"a","task":{"cmd":"true"} }]}""", submit),
            "id,state");
        await Brief(client.Post($"/api/v1/workflows/{workflow}/cancel", null, submit), "id,state");
        await Brief(
            client.Send(HttpMethod.Put, "/api/v1/schedules/brief", $$"""{"every":"366d","task":{{Task}} }""", both), "id,version");
        await Brief(client.Post("/api/v1/schedules/brief/pause", null, operate), "id,version");
        await Brief(client.Post("/api/v1/schedules/brief/trigger", null, operate), "id,state,version");
        await Brief(client.Send(HttpMethod.Put, "/api/v1/queues/brief", """{"weight":2}""", operate), "name,version");
        var node = (await client.Get("/api/v1/nodes")).Json.GetProperty("items")[0].GetProperty("id").GetString();
        await Brief(client.Post($"/api/v1/nodes/{node}/drain", null, operate), "id,state");
        await Brief(client.Post($"/api/v1/nodes/{node}/resume", null, operate), "id,state");
        var dry = await client.Post("/tasks?dryRun=true", Task, submit);
        Assert.Equal((200, 0), (dry.Status, dry.Json.GetProperty("nodes").GetArrayLength()));
        var bulk = await client.Post("/api/v1/tasks/cancel?queue=brief&dryRun=true", null, operate);
        Assert.Equal((200, 0), (bulk.Status, bulk.Json.GetProperty("sample").GetArrayLength()));

        static async Task<string?> Brief(Task<Reply> call, string fields)
        {
            var reply = await call;
            Assert.True(reply.Status is >= 200 and < 300, reply.Text);
            Assert.Equal(fields, string.Join(',', reply.Json.EnumerateObject().Select(static field => field.Name)));
            return reply.Json.TryGetProperty("id", out var id) ? id.GetString() : null;
        }
    }

    [Theory]
    [InlineData("Otask-Reason")]
    [InlineData("Otask-Actor")]
    public async Task AuditHeader_ThatChangesTheDirectionOfText_IsRefused(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/queues/direction")
        {
            Content = new StringContent("""{"paused":true}""", System.Text.Encoding.UTF8, "application/json"),
        };
        // Headers go as Latin-1 unless the handler is told otherwise; the server reads UTF-8.
        request.Headers.TryAddWithoutValidation(header, "good \u202E dab");
        using var utf8 = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.UTF8 })
        {
            BaseAddress = client.Http.BaseAddress,
        };

        using var response = await utf8.SendAsync(request, TestContext.Current.CancellationToken);

        (await Reply.Read(response)).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("SiloProperties")]
    [InlineData("HistoricalStats")]
    [InlineData("SiloCounters")]
    public async Task Dashboard_OfNoSilo_Is404(string page) =>
        (await client.Get($"/dashboard/{page}/x")).Problem(404, "not-found");

    [Fact]
    public async Task Submit_WithAKey_ShowsWhoSubmittedTheTask()
    {
        var key = await Key(Scopes.Submit | Scopes.Read);
        (string, string)[] headers = [key, ("Otask-Actor", "olga")];
        var one = (await client.Post("/tasks", """{"cmd":"true","secretEnv":{"A":"b"}}""", headers)).Json;
        var batch = (await client.Post("/api/v1/tasks/batch", """{"tasks":[{"cmd":"true"}]}""", headers)).Json;
        var workflow = (await client.Post(
            "/api/v1/workflows", """{"nodes":[{"name":"n","task":{"cmd":"true"}}]}""", headers)).Json.GetProperty("id").GetString();
        var node = (await client.Get($"/api/v1/workflows/{workflow}/nodes", key)).Json.GetProperty("items")[0].GetProperty("task").GetString();

        foreach (var id in (string?[])[one.GetProperty("id").GetString(), batch.GetProperty("ids")[0].GetString(), node])
        {
            var by = (await client.Get($"/api/v1/tasks/{id}", key)).Json.GetProperty("submittedBy");
            Assert.Equal(("scopes", "olga"), (by.GetProperty("name").GetString(), by.GetProperty("says").GetString()));
            var accepted = (await client.Get($"/api/v1/tasks/{id}/timeline", key)).Json.GetProperty("items")[0];
            Assert.Equal("scopes, says olga", accepted.GetProperty("by").GetString());
        }

        Assert.True(one.GetProperty("hadSecrets").GetBoolean());
        Assert.Equal(JsonValueKind.Null, (await client.Post("/tasks", """{"cmd":"true"}""")).Json.GetProperty("submittedBy").ValueKind);
    }

    [Fact]
    public async Task OpenApi_NamesTheScopesOfEachCall()
    {
        var paths = (await client.Get("/openapi/v1.json")).Json.GetProperty("paths");

        Assert.Equal("""[{"key":["submit","operate"]},{"session":["submit","operate"]}]""", Security("/api/v1/schedules/{id}", "put"));
        Assert.Equal("""[{"key":["operate"]},{"session":["operate"]}]""", Security("/api/v1/schedules/{id}", "delete"));
        Assert.Equal("""[{"key":[]},{"session":[]}]""", Security("/api/v1/session", "post"));
        Assert.Equal("[]", Security("/livez", "get"));

        string Security(string path, string method) => paths.GetProperty(path).GetProperty(method).GetProperty("security").GetRawText();
    }

    private async Task<(string Name, string Value)> Key(Scopes scopes)
    {
        var key = NewKey.Make("scopes", scopes, expiresAt: null);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        return ("Authorization", $"Bearer {key.Text}");
    }
}
