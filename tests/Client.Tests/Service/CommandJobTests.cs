using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Data jobs whose items real programs process, well-behaved and hostile ones.</summary>
public sealed class CommandJobTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Jobs = "/api/v1/jobs";
    private const string Squares = "perl -ne '$| = 1; print $_ * $_, \"\\n\"'";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Command_OverARange_SumsExactlyInFewProcesses()
    {
        var starts = Path.Combine(service.Folder, "starts");
        var job = await Run(Spec("""{"range":{"from":0,"to":20000}}""", $"echo x >> {starts}; exec {Squares}", """{"op":"sum"},{"op":"count"}""", ",\"chunkSize\":500"));
        Assert.Equal(("succeeded", """{"sum":2666466670000,"count":20000}"""), Outcome(job));
        Assert.Equal(40, Number(job, "chunksDone"));
        Assert.InRange((await File.ReadAllLinesAsync(starts, TestContext.Current.CancellationToken)).Length, 1, 2);
    }

    [Fact]
    public async Task Command_GetsTextsRawAndOthersAsJson_AnswersAreJsonOrText()
    {
        const string Items = """{"items":["a b","5","{\"x\":1}",{"x": 2},[1, 2],7,null,true,"ä\"\\"]}""";
        var job = await Run(Spec(Items, "cat", """{"as":"g","op":"groupCount"}"""));
        Assert.Equal("succeeded", TaskLifeTests.Text(job, "state"));
        var keys = job.GetProperty("aggregate").GetProperty("g").EnumerateArray().Select(static g => g.GetProperty("key").GetRawText()).ToHashSet();
        Assert.Equal(
            new HashSet<string> { "\"a b\"", "5", """{"x":1}""", """{"x":2}""", "[1,2]", "7", "null", "true", """
                "ä\"\\"
                """ }, keys.Select(static key => JsonDocument.Parse(key).RootElement.GetRawText().Replace("\\u00E4", "ä", StringComparison.Ordinal).Replace("\\u0022", "\\\"", StringComparison.Ordinal)).ToHashSet());
    }

    [Theory]
    [InlineData("command", "perl -ne '$| = 1; print qq(\\xEF\\xBB\\xBF) if $. == 1; print qq(a\\r\\n)'", """[{"key":"a","count":2}]""")]
    [InlineData("chunkCommand", "printf '\\357\\273\\277a\\r\\nb\\rc\\na\\n1\\r\\nlast\\r'", """[{"key":1,"count":1},{"key":"a","count":2},{"key":"b\rc","count":1},{"key":"last\r","count":1}]""")]
    public async Task Answers_WithReturnsAndAMark_AreLinesAsOfAnySource(string kind, string cmd, string groups)
    {
        var job = await Run($$"""{"source":{"items":["x","y"]},"chunkSize":2,"process":{"{{kind}}":{"cmd":{{JsonSerializer.Serialize(cmd)}} } },"aggregate":[{"op":"groupCount"}]}""");
        Assert.Equal(("succeeded", $$"""{"groupCount":{{groups}}}"""), Outcome(job));
    }

    [Fact]
    public async Task Command_ThatAnswersMoreThanPipesHold_DoesNotLock()
    {
        // Each answer has 4,000 bytes: the program's output is full long before its input ends, and its input before it has answered.
        var job = await Run(Spec("""{"range":{"from":0,"to":4000}}""", """perl -ne '$| = 1; chomp; printf "%4000s\n", $_'""", """{"op":"sum"}""", ",\"chunkSize\":4000"));
        Assert.Equal(("succeeded", """{"sum":7998000}"""), Outcome(job));
    }

    [Theory]
    [InlineData("head -n 3", "command-failed", "after 3 of 10 answers")]
    [InlineData("exit 7", "command-failed", "exit code 7")]
    [InlineData("echo no good >&2; exit 1", "command-failed", "Its standard error: no good")]
    [InlineData("kill -9 $$", "command-failed", "SIGKILL")]
    [InlineData("exec no-such-program-here", "command-failed", "exit code 127")]
    [InlineData("yes", "command-failed", "more lines")]
    [InlineData("sort", "command-silent", "flush")]
    [InlineData("cat | sort", "command-silent", "flush")]
    [InlineData("printf '\\377\\3761\\000\\n\\000'; cat", "command-failed", "The command's output is UTF-16")]
    [InlineData("perl -ne '$| = 1; print \"[\" x 65, \"]\" x 65, \"\\n\"'", "item-error", "JSON of more than 64 levels")]
    [InlineData("head -c 20000000 /dev/zero", "command-failed", "a line of more than")]
    public async Task Command_ThatKeepsNotToTheRule_FailsTheJobAndSaysWhy(string cmd, string code, string part)
    {
        var job = await Run(Spec("""{"range":{"from":0,"to":10}}""", cmd, """{"op":"count"}""", ",\"chunkSize\":10"));
        Assert.Equal(("failed", code), (TaskLifeTests.Text(job, "state"), TaskLifeTests.Text(job, "reason")));
        Assert.Equal("""{"count":0}""", job.GetProperty("aggregate").GetRawText());
        var failure = Assert.Single((await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items").EnumerateArray());
        Assert.Contains(part, TaskLifeTests.Text(failure, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ThatCrashesOnce_IsRetriedWithoutCountingAnythingTwice()
    {
        var mark = Path.Combine(service.Folder, "crashed");
        var cmd = $"while read x; do if [ $x = 55 ] && ! [ -e {mark} ]; then touch {mark}; exit 3; fi; echo $x; done";
        var job = await Run(Spec(
            """{"range":{"from":0,"to":100}}""", cmd, """{"op":"sum"},{"op":"count"}""", ",\"chunkSize\":10,\"retry\":{\"maxAttempts\":2,\"backoff\":\"1ms\"}"));
        Assert.Equal(("succeeded", """{"sum":4950,"count":100}"""), Outcome(job));
        Assert.True(File.Exists(mark));
    }

    [Fact]
    public async Task Command_AnswersThatAnAggregateRefuses_AreItemErrors()
    {
        const string Items = """{"items":[1,"x",3,"two\nlines",5]}""";
        var failed = await Run(Spec(Items, "cat", """{"op":"sum"}"""));
        Assert.Equal(("failed", "item-error"), (TaskLifeTests.Text(failed, "state"), TaskLifeTests.Text(failed, "reason")));
        var job = await Run(Spec(Items, "cat", """{"op":"sum"}""", ",\"onItemError\":\"skip\""));
        Assert.Equal(("succeeded", """{"sum":9}"""), Outcome(job));
        Assert.Equal((3, 2), (Number(job, "itemsDone"), Number(job, "itemsSkipped")));
        var failures = (await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items").EnumerateArray();
        Assert.Equal([1, 3], failures.Select(static failure => Number(failure, "item")));
    }

    [Fact]
    public async Task Command_OfACancelledJob_DiesAtOnce()
    {
        var pids = Path.Combine(service.Folder, "pids");
        var id = await Submit(Spec("""{"range":{"from":0,"to":10}}""", $"echo $$ >> {pids}; exec sleep 600", """{"op":"count"}""", ",\"chunkSize\":1"));
        await Eventually.True(() => File.Exists(pids) && File.ReadAllLines(pids).Length == 2);
        Assert.Equal(202, (await client.Post($"{Jobs}/{id}/cancel")).Status);
        var job = (await client.Get($"{Jobs}/{id}?wait=60s")).Json;
        Assert.Equal("cancelled", TaskLifeTests.Text(job, "state"));
        await Eventually.True(() => File.ReadAllLines(pids).All(static pid => !Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task ChunkCommand_LinesOfAChunk_AreItsResults()
    {
        var job = await Run("""{"source":{"range":{"from":0,"to":1000}},"process":{"chunkCommand":{"argv":["awk","{ n += $1 } END { print n; print \"end\" }"]}},"chunkSize":100,"aggregate":[{"as":"n","op":"count"},{"as":"d","op":"distinct"}]}""");
        Assert.Equal(("succeeded", """{"n":20,"d":11}"""), Outcome(job));
        Assert.Equal((1000, "awk"), (Number(job, "itemsDone"), TaskLifeTests.Text(job, "name")));
    }

    [Fact]
    public async Task ChunkCommand_ThatFails_FailsTheJobWithItsWords()
    {
        var job = await Run("""{"source":{"items":[1]},"process":{"chunkCommand":{"cmd":"cat; echo bad thing >&2; exit 4"}},"aggregate":[{"op":"count"}]}""");
        Assert.Equal(("failed", """{"count":0}"""), Outcome(job));
        var failure = Assert.Single((await client.Get($"{Jobs}/{TaskLifeTests.Text(job, "id")}/failures")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal("The command ended with exit code 4. Its standard error: bad thing", TaskLifeTests.Text(failure, "message"));
    }

    [Theory]
    [InlineData("""{"command":{}}""", "process.command.cmd")]
    [InlineData("""{"command":{"cmd":"a","argv":["b"]}}""", "process.command.argv")]
    [InlineData("""{"chunkCommand":{"argv":[]}}""", "process.chunkCommand.argv")]
    [InlineData("""{"command":{"cmd":"a"},"builtin":"square"}""", "process")]
    [InlineData("""{"command":{"cmd":""}}""", "process.command.cmd")]
    [InlineData("""{"command":"cat"}""", "process.command")]
    public async Task Submit_CommandThatIsNone_NamesItsPath(string process, string path)
    {
        var reply = await client.Post(Jobs, $$"""{"source":{"items":[1]},"process":{{process}}}""");
        reply.Problem(422, "invalid-job");
        Assert.Equal(path, Assert.Single(reply.Json.GetProperty("errors").EnumerateObject()).Name);
    }

    private static string Spec(string source, string cmd, string aggregates, string more = "") =>
        $$$"""{"source":{{{source}}},"process":{"command":{"cmd":{{{JsonSerializer.Serialize(cmd)}}}}},"aggregate":[{{{aggregates}}}]{{{more}}}}""";

    private static (string?, string) Outcome(JsonElement job) =>
        (TaskLifeTests.Text(job, "state"), job.GetProperty("aggregate").GetRawText());

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private async Task<string> Submit(string spec)
    {
        var reply = await client.Post(Jobs, spec);
        Assert.True(reply.Status == 202, reply.Text);
        return TaskLifeTests.Text(reply.Json, "id")!;
    }

    private async Task<JsonElement> Run(string spec) => (await client.Get($"{Jobs}/{await Submit(spec)}?wait=60s")).Json;
}
