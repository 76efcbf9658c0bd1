using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Jobs whose items are the lines that a command writes.</summary>
public sealed class CommandSourceTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Source_ManyLines_AreEachAnItemOnce()
    {
        var job = await Run("""{"source":{"command":{"argv":["seq","1","200000"]}},"process":{"builtin":"json"},"aggregate":[{"op":"sum"},{"op":"distinct"}]}""");
        Assert.Equal(("succeeded", 200000), (TaskLifeTests.Text(job, "state"), job.GetProperty("itemsDone").GetInt64()));
        Assert.Equal(20000100000, job.GetProperty("aggregate").GetProperty("sum").GetInt64());
        Assert.Equal(100, job.GetProperty("percent").GetInt64());
    }

    [Fact]
    public async Task Source_LinesOfAnySort_AreTexts()
    {
        var job = await Run("""{"source":{"command":{"cmd":"printf 'a b\\n\\n5\\nA \\377 last'"}},"process":{"builtin":"identity"},"order":"source","aggregate":[{"op":"collect"}]}""");
        Assert.Equal("succeeded", TaskLifeTests.Text(job, "state"));
        var lines = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/results")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["a b", "", "5", "A \uFFFD last"], lines.Select(static line => JsonDocument.Parse(line).RootElement.GetString()));
    }

    [Fact]
    public async Task Source_ThatGoesOn_IsProcessedMeanwhileAndStoppedByCancel()
    {
        var mark = Path.Combine(service.Folder, "pid");
        var id = await Submit($$$"""{"source":{"command":{"cmd":"echo $$ > {{{mark}}}; i=0; while :; do echo line; sleep 0.02; done"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        await Eventually.True(() => client.Get($"{Jobs}/{id}").GetAwaiter().GetResult().Json.GetProperty("itemsDone").GetInt64() >= 20);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/cancel")).Status);
        Assert.Equal("cancelled", TaskLifeTests.Text((await client.Get($"{Jobs}/{id}?wait=60s")).Json, "state"));
        var pid = (await File.ReadAllTextAsync(mark, TestContext.Current.CancellationToken)).Trim();
        await Eventually.True(() => !Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Source_ThatFails_FailsTheJobWithItsWords()
    {
        var job = await Run("""{"source":{"command":{"cmd":"echo 1; echo oh no >&2; exit 3"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        Assert.Equal(("failed", "source-failed"), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
        var failure = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items")[0];
        Assert.Contains("exit code 3", TaskLifeTests.Text(failure, "message"), StringComparison.Ordinal);
        Assert.Contains("oh no", TaskLifeTests.Text(failure, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Source_CancelledBeforeItBegan_FailsTheJob()
    {
        var id = await Submit("""{"source":{"command":{"cmd":"echo 1"}},"requires":{"nowhere":"x"},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        var tasks = $"/api/v1/tasks?label=job={id}";
        await Eventually.True(() => client.Get(tasks).GetAwaiter().GetResult().Json.GetProperty("items").GetArrayLength() == 1);
        var task = (await client.Get(tasks)).Json.GetProperty("items")[0];
        Assert.Equal("queued", TaskLifeTests.Text(task, "state"));

        Assert.Equal(202, (await client.Post($"/api/v1/tasks/{TaskLifeTests.Text(task, "id")}/cancel")).Status);

        var job = (await client.Get($"{Jobs}/{id}?wait=60s")).Json;
        Assert.Equal(("failed", "source-failed"), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
    }

    [Fact]
    public async Task Source_OfNothing_Succeeds()
    {
        var job = await Run("""{"source":{"command":{"argv":["true"],"replayable":true}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        Assert.Equal(("succeeded", """{"count":0}"""), (TaskLifeTests.Text(job, "state"), job.GetProperty("aggregate").GetRawText()));
    }

    [Fact]
    public async Task Source_ThatIsNone_NamesItsPath()
    {
        var reply = await client.Post(Jobs, """{"source":{"command":{"cmd":""}},"process":{"builtin":"identity"}}""");
        Assert.Equal("source.command.cmd", Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    private async Task<string> Submit(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.True(reply.Status == 202, reply.Text);
        return TaskLifeTests.Text(reply.Json, "id")!;
    }

    private async Task<JsonElement> Run(string spec) => (await client.Get($"{Jobs}/{await Submit(spec)}?wait=60s")).Json;
}
