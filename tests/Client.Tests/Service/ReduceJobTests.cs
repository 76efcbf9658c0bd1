using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Results that a command of the job reduces, over chunks and then over results.</summary>
public sealed class ReduceJobTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Reduce_ASumOverManyChunks_IsOneLine()
    {
        // More chunks than parts are kept of, so that parts are reduced while it runs, too.
        var job = await Run(Spec("""{"range":{"from":0,"to":3000}}""", "awk '{ s += $1 } END { print s }'", ",\"chunkSize\":10"));
        Assert.Equal(("succeeded", """{"r":[4498500],"n":3000}"""), (TaskLifeTests.Text(job, "state"), job.GetProperty("aggregate").GetRawText()));
        Assert.Equal((300, 3000), (job.GetProperty("chunksDone").GetInt64(), job.GetProperty("itemsRead").GetInt64()));
    }

    [Fact]
    public async Task Reduce_ByACommandThatMindsOrder_SeesTheSourcesOrder()
    {
        // Associative, but not commutative: the texts in a row.
        var job = await Run(Spec("""{"range":{"from":0,"to":500}}""", "tr -d '\\n' | sed 's/^/x/;s/xx/x/g'; echo", ",\"chunkSize\":3"));
        Assert.Equal("succeeded", TaskLifeTests.Text(job, "state"));
        var line = Assert.Single(job.GetProperty("aggregate").GetProperty("r").EnumerateArray()).GetString()!;
        Assert.Equal(string.Concat(Enumerable.Range(0, 500)), line.Replace("x", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reduce_TextsAndObjects_AreLinesAsForOtherCommands()
    {
        var job = await Run(Spec("""{"items":["b","a b",{"k": 1},"b",3]}""", "sort -u", ""));
        Assert.Equal("""[3,"a b","b",{"k":1}]""", Sorted(job.GetProperty("aggregate").GetProperty("r")));
        var none = await Run(Spec("""{"items":[]}""", "wc -l", ""));
        Assert.Equal("""{"r":[],"n":0}""", none.GetProperty("aggregate").GetRawText());
    }

    [Fact]
    public async Task Reduce_ThatFails_FailsTheJobWithItsWords()
    {
        var job = await Run(Spec("""{"items":[1,2]}""", "echo cannot >&2; exit 5", ""));
        Assert.Equal(("failed", "reduce-failed"), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
        var failure = Assert.Single((await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal("The reduceCommand ended with exit code 5. Its standard error: cannot", TaskLifeTests.Text(failure, "message"));
    }

    [Theory]
    [InlineData("""{"op":"reduceCommand"}""", "aggregate[0].command")]
    [InlineData("""{"op":"reduceCommand","command":{}}""", "aggregate[0].command.cmd")]
    [InlineData("""{"op":"sum","command":{"cmd":"x"}}""", "aggregate[0].command")]
    public async Task Submit_ReduceCommandThatIsNone_NamesItsPath(string aggregate, string path)
    {
        var reply = await client.Post(Jobs, $$"""{"source":{"items":[1]},"process":{"builtin":"identity"},"aggregate":[{{aggregate}}]}""");
        reply.Problem(422, "invalid-job");
        Assert.Equal(path, Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    private static string Sorted(JsonElement list) =>
        "[" + string.Join(',', list.EnumerateArray().Select(static item => item.GetRawText()).Order(StringComparer.Ordinal).OrderBy(static text => text[0] == '3' ? 0 : 1)) + "]";

    private static string Spec(string source, string cmd, string more) =>
        $$$"""{"source":{{{source}}},"process":{"builtin":"identity"},"aggregate":[{"as":"r","op":"reduceCommand","command":{"cmd":{{{JsonSerializer.Serialize(cmd)}}}}},{"as":"n","op":"count"}]{{{more}}}}""";

    private async Task<JsonElement> Run(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.True(reply.Status == 202, reply.Text);
        return (await client.Get($"{Jobs}/{TaskLifeTests.Text(reply.Json, "id")}?wait=60s")).Json;
    }
}
