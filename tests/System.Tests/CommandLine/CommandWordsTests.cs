using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Help;
using OrleansTasks.Cli.Output;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>What <c>otask</c> makes of the words that people type, and how it shows answers on a terminal.</summary>
public sealed class CommandWordsTests : DataFolders
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001", Other = "019a2b3c-4d5e-7f00-8000-000000000002";

    [Theory]
    [InlineData("lst", "list")]
    [InlineData("sumbit", "submit")]
    [InlineData("--verson", "--version")]
    public async Task Typo_NamesTheWordThatIsMeant(string typed, string meant)
    {
        await using var gateway = await StubGateway.Start();

        var ended = await gateway.Otask(typed);

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains($"Did you mean '{meant}'?", ended.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zebra")]
    [InlineData("x")]
    public void Typo_OfNothingKnown_GuessesNothing(string typed) => Assert.Null(Typos.Closest(typed, ["list", "submit", "run"]));

    [Fact]
    public async Task Help_ListsEveryCommandOnce_AndAsksNoGateway()
    {
        await using var gateway = await StubGateway.Start();

        var all = (await gateway.Otask("--help")).Output;
        var one = (await gateway.Otask("node", "drain", "--help")).Output;

        foreach (var command in (string[])["run", "submit", "list", "job", "workflow", "schedule", "queue", "node", "attention", "cluster", "key", "db", "explain"])
            Assert.Single(all.Split('\n'), line => line.StartsWith($"  {command} ", StringComparison.Ordinal));
        Assert.DoesNotContain("Other:", all, StringComparison.Ordinal);
        Assert.DoesNotContain("  queues ", all, StringComparison.Ordinal);
        Assert.Contains("drain <id>", one, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task Schedule_TakesTheOptionsOfATask()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/schedules/backup", """{"id":"backup"}"""));

        var set = await gateway.Otask(
            "schedule", "set", "backup", "--cron", "0 3 * * *", "--queue", "db", "--env", "LEVEL=9", "--require", "disk=large",
            "--timeout", "2h", "--max-attempts", "3", "--", "/opt/backup", "all");
        var both = await gateway.Otask("schedule", "set", "backup", "--every", "1h", "--job", "job.json", "--env", "A=1");

        Assert.Equal((0, ""), (set.ExitCode, set.Errors));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                {"cron":"0 3 * * *","task":{"argv":["/opt/backup","all"],"queue":"db","env":{"LEVEL":"9"},"timeout":"2h",
                "requires":{"disk":"large"},"retry":{"maxAttempts":3}}}
                """),
            JsonNode.Parse(Assert.Single(gateway.Bodies))));
        Assert.Equal(2, both.ExitCode);
        Assert.Contains("--job excludes a command and its options", both.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", true)]
    [InlineData("0a/b.c/-d/_", true)]
    [InlineData("a/runs/b", true)]
    [InlineData("a/reruns", true)]
    [InlineData("a//b", false)]
    [InlineData("a/", false)]
    [InlineData("a/../b", false)]
    [InlineData("a/./b", false)]
    [InlineData("a/..", false)]
    [InlineData("bin/runs", false)]
    [InlineData("bin/history", false)]
    [InlineData("/bin/true", false)]
    [InlineData("./a", false)]
    [InlineData("A/b", false)]
    public async Task Run_OfOneWordWithASlash_IsADefinitionOnlyIfOneCanHaveThatName(string word, bool isDefinition)
    {
        await using var gateway = await StubGateway.Start();

        await gateway.Otask("run", word);

        var definitions = gateway.Asked.Where(
            static path => path.StartsWith("/api/v1/definitions/", StringComparison.Ordinal));
        var tasks = gateway.Asked.Where(static path => path.Contains("/tasks", StringComparison.Ordinal));
        Assert.Equal((isDefinition, !isDefinition), (definitions.Any(), tasks.Any()));
    }

    [Theory]
    [InlineData("run", "true")]
    [InlineData("run", "def:deploy")]
    [InlineData("submit", "--wait", "true")]
    [InlineData("submit", "--wait", "--idempotency-key", "k", "true")]
    [InlineData("job", "run", "--range", "0:9")]
    [InlineData("rollout", "start", "--wait", "true")]
    public async Task Followed_KeyMayNotRead_SubmitsNothing(params string[] command)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/session", """{"scopes":["submit"]}"""));

        var ended = await gateway.Otask([.. command, "--key", "otk_submits"]);

        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.StartsWith(
            "otask: Nothing was submitted: this key lacks the scope read", ended.Errors, StringComparison.Ordinal);
        Assert.Equal(["/api/v1/session"], gateway.Asked);
    }

    [Theory]
    [InlineData("/api/v1/tasks", "submit", "true")]
    [InlineData("/api/v1/jobs", "job", "run", "--detach", "--range", "0:9")]
    public async Task Submitted_KeyMayNotRead_IsNotAskedFor(string path, params string[] command)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/session", """{"scopes":["submit"]}"""), (path, """{"id":"a1"}"""));

        Assert.Equal(new Finished(0, "a1\n", ""), await gateway.Otask([.. command, "--key", "otk_submits"]));
        Assert.Equal([path], gateway.Asked);
    }

    [Fact]
    public async Task Run_ScriptAndInput_SaysHowToSendBoth()
    {
        await using var gateway = await StubGateway.Start();

        var ended = await gateway.Otask("run", "--file", "/dev/null", "--stdin", "/dev/null");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("""otask run --stdin data.txt -- python3 -c "$(cat script.py)" """.TrimEnd(), ended.Errors, StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task JobRun_FormatOfNoFileOrAnUnknownOne_IsRefusedBeforeThereIsAJob()
    {
        await using var gateway = await StubGateway.Start();
        foreach (var (refusal, options) in new (string, string[])[]
        {
            ("otask: --format goes with --file", ["--items", "[1]", "--format", "csv"]),
            ("otask: Invalid value 'tsv' for --format", ["--from", "/dev/null", "--format", "tsv"]),
            ("otask: --lines and --format csv name two formats", ["--from", "/dev/null", "--lines", "--format", "csv"]),
        })
        {
            var ended = await gateway.Otask(["job", "run", .. options]);

            Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
            Assert.StartsWith(refusal, ended.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Asked);
    }

    [Theory]
    [InlineData("10/m", 10 / 60.0)]
    [InlineData("0.5/s", 0.5)]
    [InlineData("36/h", 0.01)]
    [InlineData("7", 7.0)]
    public async Task QueueSet_RateInAnotherTime_IsPerSecond(string given, double perSecond)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/queues/q", """{"name":"q"}"""));

        Assert.Equal(0, (await gateway.Otask("queue", "set", "q", "--rate", given)).ExitCode);

        Assert.Equal(
            perSecond, JsonNode.Parse(Assert.Single(gateway.Bodies))!["ratePerSecond"]!.GetValue<double>(), 1e-12);
    }

    [Theory]
    [InlineData("--rate", "10/d", "a number per second, such as 0.5, 10/m or 10/h, or 'none'")]
    [InlineData("--rate", "/m", "a number per second, such as 0.5, 10/m or 10/h, or 'none'")]
    [InlineData("--burst", "10/m", "a number or 'none'")]
    public async Task QueueSet_NumberIsInvalid_SaysWhatIsExpected(string option, string given, string expected)
    {
        await using var gateway = await StubGateway.Start(("/api/v1/queues/q", """{"name":"q"}"""));

        var ended = await gateway.Otask("queue", "set", "q", option, given);

        Assert.Equal(2, ended.ExitCode);
        Assert.StartsWith(
            $"otask: Invalid value '{given}' for {option}: expected {expected}.", ended.Errors,
            StringComparison.Ordinal);
        Assert.Empty(gateway.Asked);
    }

    [Fact]
    public async Task Script_NamesItsTask_AndGetShowsHowItBegins()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/tasks", $$"""{"id":"{{Id}}"}"""),
            ($"/api/v1/tasks/{Id}", """{"id":"x","spec":{"argv":["/bin/sh","-s","--"],"stdin":"#!/bin/sh\n\nset -e\ndate\nid\n"}}"""));
        var file = In("report.sh");
        await File.WriteAllTextAsync(file, "date\n", TestContext.Current.CancellationToken);

        await gateway.Otask("submit", "--file", file);
        await gateway.Otask("submit", "--file", file, "--name", "mine");
        var shown = (await gateway.Otask("get", Id)).Output;

        Assert.Equal(
            ["report.sh", "mine"], gateway.Bodies.Select(static body => (string)JsonNode.Parse(body)!["name"]!));
        Assert.EndsWith(
            """
            stdin             #!/bin/sh
                              set -e
                              date
                              … (all of it: otask spec ID)

            """, shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spec_OfATask_IsSubmittedAgainWithWhatDiffers()
    {
        const string Stored = """{"cmd":"maek","queue":"q","retry":{"maxAttempts":3}}""";
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/tasks/{Id}", $$"""{"id":"{{Id}}","spec":{{Stored}}}"""), ("/api/v1/tasks", $$"""{"id":"{{Other}}"}"""));
        var file = In("spec.json");

        var spec = await gateway.Otask("spec", Id);
        await File.WriteAllTextAsync(file, spec.Output, TestContext.Current.CancellationToken);
        Assert.Equal(0, (await gateway.Otask("submit", "--spec", file)).ExitCode);
        Assert.Equal(
            0, (await gateway.Otask("submit", "--spec", file, "--timeout", "2h", "--", "make", "all")).ExitCode);
        await File.WriteAllTextAsync(file, "[]", TestContext.Current.CancellationToken);
        Assert.Equal(2, (await gateway.Otask("submit", "--spec", file)).ExitCode);

        string[] expected = [Stored, """{"queue":"q","retry":{"maxAttempts":3},"argv":["make","all"],"timeout":"2h"}"""];
        Assert.True(
            expected.Zip(gateway.Bodies).All(static pair => JsonNode.DeepEquals(JsonNode.Parse(pair.First), JsonNode.Parse(pair.Second))),
            string.Join('\n', gateway.Bodies));
        Assert.Equal(2, gateway.Bodies.Count);
    }

    [Fact]
    public async Task RefusedAsJson_PrintsTheProblemDocument()
    {
        await using var service = await Service.Start(Data, "--slots", "0");

        var ended = await Otask.Run(service, "get", Id, "-o", "json");

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal("not-found", (string)JsonNode.Parse(ended.Output)!["code"]!);
        Assert.NotEmpty(ended.Errors);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ShortId_OfASearchThatDidNotEnd_NamesNoTask(bool isComplete)
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/search", $$"""{"items":[{"type":"task","id":"{{Id}}"}],"nextCursor":null,"complete":{{(isComplete ? "true" : "false")}}}"""),
            ($"/api/v1/tasks/{Id}/cancel", $$"""{"id":"{{Id}}","state":"cancelled"}"""));

        var ended = await gateway.Otask("cancel", Id[..8]);

        Assert.Equal(isComplete ? 0 : 1, ended.ExitCode);
        Assert.Equal(isComplete ? 2 : 1, gateway.Asked.Count);
    }

    [Theory]
    [InlineData("workflow", "logs", $"otask workflow nodes {Id}")]
    [InlineData("workflow", "get", $"otask workflow nodes {Id}")]
    [InlineData("workflow", "why", $"otask workflow nodes {Id}")]
    [InlineData("workflow", "retry", $"otask workflow nodes {Id}")]
    [InlineData("job", "cancel", $"otask job get {Id}")]
    [InlineData("rollout", "get", $"otask rollout get {Id}")]
    public async Task IdOfAnotherThing_NamesTheCommandForIt(string type, string command, string advice)
    {
        await using var gateway = await StubGateway.Start(($"/api/v1/{type}s/{Id}", $$"""{"id":"{{Id}}"}"""));

        var ended = await gateway.Otask(command, Id);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(advice, ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShortIdOfAnotherThing_NamesTheCommandForIt()
    {
        await using var gateway = await StubGateway.Start(
            ("/api/v1/search", $$"""{"items":[{"type":"workflow","id":"{{Id}}"}],"nextCursor":null,"complete":true}"""));

        Assert.Contains(
            $"otask workflow nodes {Id}", (await gateway.Otask("get", Id[..13])).Errors, StringComparison.Ordinal);
        Assert.Contains(
            "No job has an id", (await gateway.Otask("job", "get", Id[..13])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_Scripts_BytesAndShortIds_AgainstAService()
    {
        await using var service = await Service.Start(Data);
        Assert.Equal("a  b\n", (await Otask.Run(service, "run", "-q", "echo", "a  b")).Output);

        var script = In("script.sh");
        await File.WriteAllTextAsync(script, "#!/usr/bin/env bash\necho \"$1 of $#\"\n", TestContext.Current.CancellationToken);
        Assert.Equal("x of 2\n", (await Otask.Run(service, "run", "-q", "--file", script, "x", "y")).Output);
        Assert.Equal(2, (await Otask.Run(service, "run", "--file", script, "--stdin", script)).ExitCode);

        // What is no text comes through a pipe as it is.
        var copied = await Finished.Run(
            "/bin/sh", "-c", $"{BuiltPrograms.Otask} --url {service.Url} run -q \"printf '\\377\\000\\302'\" | od -An -tx1");
        Assert.Equal(" ff 00 c2\n", copied.Output);

        var id = (await Otask.Run(service, "list", "-n", "1", "-o", "name")).Output.Trim();
        Assert.Contains(id, (await Otask.Run(service, "get", id[..30])).Output, StringComparison.Ordinal);
        Assert.Contains("No task has an id that begins", (await Otask.Run(service, "get", "ffff")).Errors, StringComparison.Ordinal);
        Assert.Contains("Several ids begin", (await Otask.Run(service, "get", id[..4])).Errors, StringComparison.Ordinal);

        Assert.Equal(6, (await Otask.Run(service, "cancel", "--state", "queued")).ExitCode);
        Assert.Equal(6, (await Otask.Run(service, "queue", "delete", "default")).ExitCode);
        Assert.Contains("healthy", (await Otask.Run(service, "cluster")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/tasks/019a2b3c/why", "/api/v1/tasks/", "task", "019a2b3c", "/why")]
    [InlineData("/api/v1/jobs/019A2b3C-4", "/api/v1/jobs/", "job", "019a2b3c-4", "")]
    [InlineData("/api/v1/tasks/019a?wait=3s", "/api/v1/tasks/", "task", "019a", "?wait=3s")]
    [InlineData("/api/v1/tasks/" + Id, null, null, null, null)]
    [InlineData("/api/v1/tasks/summary", null, null, null, null)]
    [InlineData("/api/v1/tasks/cancel?state=failed", null, null, null, null)]
    [InlineData("/api/v1/queues/abcd", null, null, null, null)]
    public void ShortId_IsFoundInPathsOfTasksJobsAndWorkflows(string path, string? before, string? type, string? id, string? after) =>
        Assert.Equal(before is null ? null : new ShortId(before, type!, id!, after!), ShortId.In(path));

    [Fact]
    public void Table_TooWide_ShortensIdsFirst_ThenCutsTheWidestColumn()
    {
        string[][] rows =
        [
            ["ID", "STATE", "CREATED", "NAME"],
            [Id, "failed", "2030-01-02T03:04:05.000Z", "2030-01-02T03:04:05Z is a name"],
            [Other, "queued", "2030-01-02T05:04:05.000Z", ""],
        ];
        var now = DateTimeOffset.Parse("2030-01-02T04:04:05Z", global::System.Globalization.CultureInfo.InvariantCulture);

        var wide = TerminalTable.Lines(rows, 200, hasColours: false, now).ToList();
        var narrow = TerminalTable.Lines(rows, 79, hasColours: false, now).ToList();
        var coloured = TerminalTable.Lines(rows, 200, hasColours: true, now).ToList();

        Assert.Equal($"{Id}  failed  1h ago   2030-01-02T03:04:05Z is a name", wide[1]);
        Assert.Equal($"{Other}  queued  in 1h", wide[2]);
        // These two ids differ in their last digit alone, so only the name can be cut.
        Assert.All(narrow, static line => Assert.InRange(line.Length, 1, 79));
        Assert.StartsWith(Id, narrow[1], StringComparison.Ordinal);
        Assert.EndsWith("…", narrow[1], StringComparison.Ordinal);
        Assert.Contains("\e[31mfailed\e[0m  1h ago", coloured[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Table_TooWide_KeepsStatesReasonsAndNamesWhole()
    {
        string[][] nodes =
        [
            ["NODE", "STATE", "ITEMS", "REASON", "EXIT", "AFTER", "TASK", "JOB", "DETAIL"],
            ["transform-orders", "cancelled", "", "skipped", "", "extract-orders extract-customers", Id, "", ""],
            ["extract-customers", "failed", "", "exit", "127", "", "019a2b3c-4d5e-7f00-8000-100000000001", "", ""],
        ];
        string[][] tasks =
        [
            ["ID", "STATE", "REASON", "QUEUE", "ATTEMPT", "NODE", "CREATED", "NAME"],
            ["019a2b3c-4d5e-7f00-8000-000000000001", "cancelled", "skipped", "default", "1", "worker-in-room-17", "2030-01-02T03:04:05.000Z", "extract"],
            ["019a2b3c-4d5f-7f00-8000-000000000001", "failed", "out-of-memory", "nightly-reports", "1", "w1", "2030-01-02T03:04:05.000Z", "load-all"],
        ];

        var now = DateTimeOffset.Parse("2030-01-02T03:05:00Z", global::System.Globalization.CultureInfo.InvariantCulture);
        var ofNodes = TerminalTable.Lines(nodes, 80, hasColours: false, now).ToList();
        var ofTasks = TerminalTable.Lines(tasks, 80, hasColours: false, now).ToList();

        Assert.Equal("NODE               STATE      REASON   EXIT  AFTER     TASK", ofNodes[0]);
        Assert.Equal("transform-orders   cancelled  skipped        extract…  019a2b3c-4d5e-7f00-8000-0", ofNodes[1]);
        Assert.Equal("extract-customers  failed     exit     127             019a2b3c-4d5e-7f00-8000-1", ofNodes[2]);
        Assert.Equal("ID             STATE      REASON         QUEUE   NODE          CREATED  NAME", ofTasks[0]);
        Assert.Equal("019a2b3c-4d5e  cancelled  skipped        defau…  worker-in-r…  55s ago  extract", ofTasks[1]);
        Assert.Equal("019a2b3c-4d5f  failed     out-of-memory  night…  w1            55s ago  load-all", ofTasks[2]);
        Assert.All(ofNodes.Concat(ofTasks), static line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public void Table_TooWide_ShortIdsTellTheirRowsApart()
    {
        string[][] rows = [["ID", "NAME"], ["019a2b3c-4d5e-7f00-8000-000000000001", new string('n', 30)], ["019a2b3c-4d5f-7f00-8000-000000000001", ""]];

        var lines = TerminalTable.Lines(rows, 60, hasColours: false, DateTimeOffset.UnixEpoch).ToList();

        Assert.Equal($"019a2b3c-4d5e  {new string('n', 30)}", lines[1]);
        Assert.Equal("019a2b3c-4d5f", lines[2]);
    }
}
