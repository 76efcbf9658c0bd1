using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Dry runs and expected counts over HTTP, through the real silo, store and worker.</summary>
public sealed class DryRunTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Submit_DryRun_SaysWhatWouldHappenAndStoresNothing()
    {
        var reply = await client.Post(
            "/api/v1/tasks?dryRun=true", """{"cmd":"true","queue":"dry","secretEnv":{"A":"hush"}}""", ("Idempotency-Key", "dry"));
        Assert.Equal(200, reply.Status);
        var json = reply.Json;
        Assert.Equal("""{"cmd":"true","queue":"dry"}""", json.GetProperty("spec").GetRawText());
        var node = Assert.Single(json.GetProperty("nodes").EnumerateArray());
        Assert.True(node.GetProperty("fits").GetBoolean(), node.ToString());
        Assert.Equal(JsonValueKind.Null, node.GetProperty("code").ValueKind);
        Assert.NotNull(json.GetProperty("estimatedStart").GetString());
        Assert.Empty((await client.Get("/api/v1/tasks?queue=dry")).Json.GetProperty("items").EnumerateArray());
        // The key is not used up.
        Assert.Equal(202, (await client.Post("/api/v1/tasks?dryRun=false", """{"cmd":"true"}""", ("Idempotency-Key", "dry"))).Status);
    }

    [Fact]
    public async Task Submit_DryRunThatNoNodeFits_SaysWhy()
    {
        var json = (await client.Post("/tasks?dryRun=true", """{"cmd":"true","requires":{"gpu":"a100"}}""")).Json;
        var node = Assert.Single(json.GetProperty("nodes").EnumerateArray());
        Assert.Equal((false, "label"), (node.GetProperty("fits").GetBoolean(), node.GetProperty("code").GetString()));
        Assert.Contains("gpu=a100", node.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("estimatedStart").ValueKind);
    }

    [Theory]
    [InlineData("dryRun=x", "bad-parameter", 400)]
    [InlineData("dryrun=true", "bad-parameter", 400)]
    [InlineData("dryRun=true", "invalid-task", 422)]
    public async Task Submit_Wrong_IsRefused(string query, string code, int status) =>
        (await client.Post("/api/v1/tasks?" + query, """{"cmd":""}""")).Problem(status, code);

    [Fact]
    public async Task Bulk_DryRun_CountsAndChangesNothing()
    {
        var later = await Submit("""{"cmd":"true","queue":"bulk","runAt":"2099-01-01T00:00:00Z"}""");
        var failed = await Submit("""{"cmd":"exit 3","queue":"bulk"}""");
        var secret = await Submit("""{"cmd":"exit 3","queue":"bulk","secretEnv":{"A":"b"}}""");
        foreach (var id in new[] { failed, secret })
            await client.Get($"/api/v1/tasks/{id}?wait=30s");

        var cancel = await client.Post("/api/v1/tasks/cancel?queue=bulk&dryRun=true");
        Assert.Equal(
            (200, $$$"""{"matched":3,"wouldChange":1,"byState":{"scheduled":1,"failed":2},"sample":["{{{later}}}"]}"""), (cancel.Status, cancel.Text));
        var retry = await client.Post("/api/v1/tasks/retry?queue=bulk&dryRun=true");
        Assert.Equal(
            (200, $$$"""
                {"matched":3,"wouldChange":1,"byState":{"scheduled":1,"failed":2},"sample":["{{{failed}}}"],"workflowNodes":0}
                """),
            (retry.Status, retry.Text));
        Assert.Equal("scheduled", (await client.Get($"/api/v1/tasks/{later}")).Json.GetProperty("state").GetString());

        (await client.Post("/api/v1/tasks/cancel?queue=bulk&expect=0")).Problem(409, "changed-meanwhile");
        Assert.Equal("scheduled", (await client.Get($"/api/v1/tasks/{later}")).Json.GetProperty("state").GetString());
        var real = await client.Post("/api/v1/tasks/cancel?queue=bulk&expect=1");
        var operation = real.Json.GetProperty("operation").GetString();
        Assert.Equal(
            (202, $$"""{"matched":3,"changed":1,"operation":"{{operation}}"}"""), (real.Status, real.Text));
        var again = await client.Post("/api/v1/tasks/cancel?queue=bulk&expect=0");
        Assert.Equal((202, """{"matched":3,"changed":0,"operation":null}"""), (again.Status, again.Text));
    }

    [Fact]
    public async Task BulkRetry_OfNodes_CountsThemAndChangesTheOthers()
    {
        var made = await client.Post("/api/v1/workflows", """
            {"queue":"nodes","nodes":[
                {"name":"a","task":{"cmd":"exit 3"}},{"name":"b","task":{"cmd":"true"},"after":["a"]}]}
            """);
        await client.Get($"/api/v1/workflows/{made.Json.GetProperty("id").GetString()}?wait=30s");
        var failed = await Submit("""{"cmd":"exit 3","queue":"nodes"}""");
        await client.Get($"/api/v1/tasks/{failed}?wait=30s");

        var dry = await client.Post("/api/v1/tasks/retry?queue=nodes&dryRun=true");
        Assert.Equal(
            $$$"""
            {"matched":3,"wouldChange":1,"byState":{"failed":2,"cancelled":1},"sample":["{{{failed}}}"],"workflowNodes":2}
            """,
            dry.Text);
        var cancelled = (await client.Post("/api/v1/tasks/retry?queue=nodes&state=cancelled&dryRun=true")).Json;
        Assert.Equal(1, cancelled.GetProperty("workflowNodes").GetInt32());
        var real = (await client.Post("/api/v1/tasks/retry?queue=nodes&expect=1")).Json;
        Assert.Equal(
            (3, 1, 2),
            (real.GetProperty("matched").GetInt32(), real.GetProperty("changed").GetInt32(),
                real.GetProperty("workflowNodes").GetInt32()));
    }

    [Theory]
    [InlineData("dryRun=true")]
    [InlineData("expect=1")]
    [InlineData("dryRun=true&expect=1")]
    [InlineData("queue=bulk&expect=1000001")]
    [InlineData("queue=bulk&expect=-1")]
    [InlineData("queue=bulk&dryRun=1")]
    public async Task Bulk_WithoutAFilterOrWithAWrongValue_IsRefused(string query)
    {
        (await client.Post("/api/v1/tasks/cancel?" + query)).Problem(400, "bad-parameter");
        (await client.Post("/api/v1/tasks/retry?" + query)).Problem(400, "bad-parameter");
    }

    private async Task<string> Submit(string spec) => (await client.Post("/api/v1/tasks", spec)).Json.GetProperty("id").GetString()!;
}
