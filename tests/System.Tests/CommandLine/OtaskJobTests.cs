using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

public sealed class OtaskJobTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task JobRun_Range_PrintsTheAggregate()
    {
        var service = await shared.Running;
        var ended = await Otask.Run(service, "job", "run", "--range", "0:1000000", "--builtin", "square", "--aggregate", "total=sum", "--aggregate", "n=count");
        Assert.Matches("^otask: job [0-9a-f-]{36}\n$", ended.Errors);
        Assert.Equal(0, ended.ExitCode);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"total":333332833333500000,"n":1000000}"""), JsonNode.Parse(ended.Output)), ended.Output);
    }

    [Fact]
    public async Task JobRun_FromAFile_StreamsItsLines()
    {
        var service = await shared.Running;
        var file = In("items.ndjson");
        await File.WriteAllLinesAsync(file, Enumerable.Range(1, 5000).Select(static n => $$"""{"key":"{{n % 3}}","price":{{n}}}"""));
        var ended = await Otask.Run(service, "job", "run", "--from", file, "--aggregate", "by=groupSum,by=/key,value=/price");
        Assert.Matches("^otask: job [0-9a-f-]{36}\n$", ended.Errors);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"by":[{"key":"0","sum":4165833},{"key":"1","sum":4167500},{"key":"2","sum":4169167}]}"""),
            JsonNode.Parse(ended.Output)), ended.Output);
    }

    [Fact]
    public async Task JobRun_LinesOfText_AreItemsAsTheyAre()
    {
        var service = await shared.Running;
        var file = In("text");
        await File.WriteAllTextAsync(file, "the \"first\" line\n{not json\nthe last");
        var ended = await Otask.Run(service, "job", "run", "--from", file, "--lines", "--quiet", "--builtin", "words", "--aggregate", "top=topK,k=1");
        Assert.Equal("", ended.Errors);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"top":[{"value":"the","count":2}]}"""), JsonNode.Parse(ended.Output)), ended.Output);
    }

    [Fact]
    public async Task JobRun_BadLine_IsToldAndTheJobIsCancelled()
    {
        var service = await shared.Running;
        var file = In("items");
        await File.WriteAllTextAsync(file, "1\n2\nthree\n4\n");
        var ended = await Otask.Run(service, "job", "run", "--from", file, "--aggregate", "total=sum");
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("3", ended.Errors, StringComparison.Ordinal);
        var job = Regex.Match(ended.Errors, "otask: job ([0-9a-f-]{36})").Groups[1].Value;
        Assert.Equal("cancelled", (string)JsonNode.Parse(
            (await Otask.Run(service, "job", "get", "--wait", "--json", job)).Output)!["state"]!);
    }

    [Fact]
    public async Task JobFeed_BadLine_LeavesTheJobOpen()
    {
        const string Id = "0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1";
        await using var gateway = await StubGateway.StartRefusing(
            $"/api/v1/jobs/{Id}/items", 422, """{"status":422,"code":"bad-line","detail":"Line 3: not a JSON value."}""",
            ($"/api/v1/jobs/{Id}", $$"""{"id":"{{Id}}","state":"running"}"""), ($"/api/v1/jobs/{Id}/cancel", $$"""{"id":"{{Id}}","state":"running"}"""));
        var file = In("items");
        await File.WriteAllTextAsync(file, "1\n2\nthree\n4\n");

        var ended = await gateway.Otask("job", "feed", Id, "--from", file, "--close", "--quiet");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"the job {Id} stays open", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("Line 3", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Asked, static asked => asked.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task JobRun_ItemsThatFail_ExitCodeTellsAndFailuresListThem()
    {
        var service = await shared.Running;
        var failed = await Otask.Run(service, "job", "run", "--items", """[1,"x",3]""", "--aggregate", "total=sum", "--json");
        Assert.Equal(4, failed.ExitCode);
        var id = (string)JsonNode.Parse(failed.Output)!["id"]!;
        Assert.Contains($"otask: job {id} failed", failed.Errors, StringComparison.Ordinal);
        Assert.Contains("x", (await Otask.Run(service, "job", "failures", id)).Output, StringComparison.Ordinal);
        var skipped = await Otask.Run(service, "job", "run", "--items", """[1,"x",3]""", "--skip-errors", "--aggregate", "total=sum");
        Assert.Equal(0, skipped.ExitCode);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"total":4}"""), JsonNode.Parse(skipped.Output)), skipped.Output);
    }

    [Fact]
    public async Task JobCancel_EndsIt_AndGetWaitEndsAsItDid()
    {
        var service = await shared.Running;
        var id = (await Otask.Run(service, "job", "run", "--detach", "--range", "0:1000", "--pace", "1", "--name", "slow")).Output.Trim();
        Assert.Contains("slow", (await Otask.Run(service, "job", "list")).Output, StringComparison.Ordinal);
        Assert.StartsWith(id, (await Otask.Run(service, "job", "cancel", id)).Output, StringComparison.Ordinal);
        Assert.Equal(5, (await Otask.Run(service, "job", "get", "--wait", id)).ExitCode);
        Assert.Equal(1, (await Otask.Run(service, "job", "cancel", id)).ExitCode);
    }

    [Fact]
    public async Task JobRun_OnATerminal_TellsAtTheEndWhoDidWhat()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var one = await WorkerProcess.Start(service, "one", In("one"), "--slots", "1");
        await using var two = await WorkerProcess.Start(service, "two", In("two"), "--slots", "1");
        var command = $"{BuiltPrograms.Otask} job run --url {service.Url} --range 0:8 --chunk-size 1 --strategy roundRobin --command cat";
        var ended = await Finished.Run("script", ["-qec", command, "/dev/null"]);
        Assert.Equal(0, ended.ExitCode);
        var told = Regex.Match(ended.Output, @"8 items in [0-9.]+ s: (?:one|two) (\d), (?:one|two) (\d); skew (\d\.\d\d)");
        Assert.True(told.Success, ended.Output);
        var (most, least) = (Number(told, 1), Number(told, 2));
        Assert.Equal((8, most * 2 / 8), (most + least, Number(told, 3)));
        Assert.True(most >= least);
    }

    [Theory]
    [InlineData("--from", "x", "--range", "0:1")]
    [InlineData("--range", "0-1")]
    [InlineData("--range", "0:1", "--items", "[]")]
    [InlineData("--items", "[1")]
    [InlineData("--range", "0:1", "--aggregate", "sum")]
    [InlineData("--range", "0:1", "--builtin", "square", "--command", "cat")]
    [InlineData("--builtin", "square")]
    [InlineData("--range", "0:1", "--lines")]
    public async Task JobRun_OptionsThatDoNotGoTogether_AreRefusedHere(params string[] arguments)
    {
        var ended = await Otask.Run(["job", "run", "--url", "http://127.0.0.1:1", .. arguments]);
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("otask job run --help", ended.Errors, StringComparison.Ordinal);
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
}
