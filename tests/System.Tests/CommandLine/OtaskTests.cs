using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

public sealed class OtaskTests(SharedServices shared)
{
    [Fact]
    public async Task SubmitWait_CopiesOutputAndExitCode()
    {
        var service = await shared.Running;
        var ended = await Otask.Run(service, "submit", "--wait", "printf 'out\\377'; echo err >&2; exit 7");
        Assert.Equal(7, ended.ExitCode);
        Assert.Matches("^otask: task [0-9a-f-]{36}\nerr\n$", ended.Errors);
        Assert.StartsWith("out", ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(137, "kill -9 $$")]
    [InlineData(143, "kill -TERM $$")]
    [InlineData(0, "true")]
    public async Task SubmitWait_EndsAsTheTaskDid(int code, string line)
    {
        var service = await shared.Running;
        Assert.Equal(code, (await Otask.Run(service, "submit", "--wait", line)).ExitCode);
    }

    [Fact]
    public async Task SubmitWait_WithoutAnExitCode_SaysWhy()
    {
        var service = await shared.Running;
        var late = await Otask.Run(service, "submit", "--wait", "--timeout", "100ms", "--kill-grace", "0s", "sleep 60");
        Assert.Equal(124, late.ExitCode);
        var missing = await Otask.Run(service, "submit", "--wait", "--", "/no/such/program");
        Assert.Equal(125, missing.ExitCode);
        Assert.Contains("could not be started", missing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_EveryOption_ReachesTheSpec()
    {
        var service = await shared.Idle;
        var first = (await Otask.Run(service, "submit", "--queue", "q", "true")).Output.Trim();
        var second = (await Otask.Run(service, "submit", "--queue", "q", "true")).Output.Trim();
        var ended = await Otask.Run(service, "submit", "--name", "n", "--queue", "q", "--priority", "9", "--env", "A=1=2", "--secret-env", "S=x",
            "--cwd", "/tmp", "--timeout", "2m", "--kill-grace", "1s", "--max-attempts", "3", "--backoff", "2s", "--max-backoff", "3s",
            "--fail-on-node-loss", "--run-at", "2999-01-02T03:04:05Z", "--expires-at", "2999-02-02T03:04:05Z", "--label", "k=v",
            "--require", "r=1", "--memory-bytes", "1000000", "--cpu-time", "5s", "--processes", "7", "--open-files", "64",
            "--cpu", "2", "--pin", "--memory", "1GiB", "--gpu", "1", "--resource", "license=3",
            "--max-output-bytes", "9", "--concurrency-key", "a key", "--concurrency-limit", "3", "--result", "--after", first, "--after", second + ":ended", "--json", "--", "echo", "a b", "");
        Assert.Equal(0, ended.ExitCode);
        var spec = global::System.Text.Json.Nodes.JsonNode.Parse(ended.Output)!["spec"]!;
        Assert.True(global::System.Text.Json.Nodes.JsonNode.DeepEquals(global::System.Text.Json.Nodes.JsonNode.Parse("""
            {"argv":["echo","a b",""],"name":"n","queue":"q","priority":9,"env":{"A":"1=2"},"cwd":"/tmp","timeout":"2m","killGrace":"1s",
             "runAt":"2999-01-02T03:04:05Z","expiresAt":"2999-02-02T03:04:05Z","labels":{"k":"v"},"requires":{"r":"1"},"maxOutputBytes":9,
             "retry":{"maxAttempts":3,"backoff":"2s","maxBackoff":"3s","onNodeLost":false},
             "limits":{"memoryBytes":1000000,"cpuTime":"5s","processes":7,"openFiles":64},
             "resources":{"cpu":2,"pin":true,"memory":"1GiB","gpu":1,"license":3},
             "concurrency":{"key":"a key","limit":3},"result":true,"after":[{"task":"FIRST","on":"succeeded"},{"task":"SECOND","on":"ended"}]}
            """.Replace("FIRST", first, StringComparison.Ordinal).Replace("SECOND", second, StringComparison.Ordinal)), spec), spec.ToString());
    }

    [Fact]
    public async Task Submit_RetriesByCause_ReachTheSpec()
    {
        var service = await shared.Idle;
        var ended = await Otask.Run(service, "submit", "--json", "--memory-bytes", "1000", "--retry-on", "timeout=5", "--retry-on", "exit=3",
            "--retry-exit-codes", "75,100-110", "--fatal-exit-codes", "2,64-74", "--retry-on", "out-of-memory=4", "--memory-factor", "1.5",
            "--memory-max-bytes", "9000", "true");
        Assert.True(ended.ExitCode == 0, ended.Errors);
        var retry = global::System.Text.Json.Nodes.JsonNode.Parse(ended.Output)!["spec"]!["retry"]!;
        Assert.True(global::System.Text.Json.Nodes.JsonNode.DeepEquals(global::System.Text.Json.Nodes.JsonNode.Parse("""
            {"fatalExitCodes":[2,"64-74"],"on":{"timeout":{"maxAttempts":5},"exit":{"maxAttempts":3,"codes":[75,"100-110"]},
             "out-of-memory":{"maxAttempts":4,"memoryFactor":1.5,"memoryMax":9000}}}
            """), retry), retry.ToString());
        Assert.Equal(2, (await Otask.Run(service, "submit", "--retry-on", "timeout", "true")).ExitCode);
    }

    [Fact]
    public async Task Failures_ShowsGroups_WhoseFingerprintFiltersTakes()
    {
        var service = await shared.Running;
        Assert.Equal(3, (await Otask.Run(service, "submit", "--queue", "odd", "--wait", "echo 'error: 1 is odd' >&2; exit 3")).ExitCode);
        Assert.Equal(3, (await Otask.Run(service, "submit", "--queue", "odd", "--wait", "echo 'error: 7 is odd' >&2; exit 3")).ExitCode);

        // The queue is needed: other tests of this service fail more tasks than the twenty groups of a page.
        var table = (await Otask.Run(service, "failures", "--queue", "odd")).Output.Split('\n');

        Assert.Matches("^FINGERPRINT +TASKS +REASON +LAST +QUEUES +NEWEST +SAMPLE", table[0]);
        var group = Assert.Single(table, static line => line.EndsWith(" error: # is odd", StringComparison.Ordinal));
        Assert.Matches("^[0-9a-f]{16} +2 +exit 3 ", group);
        var fingerprint = group[..16];
        var listed = (await Otask.Run(service, "list", "--fingerprint", fingerprint, "--reason", "exit", "--exit-code", "3", "--quarantined", "false")).Output;
        Assert.Equal(2, listed.Split('\n').Count(static line => line.Contains("exit 3", StringComparison.Ordinal)));
        Assert.Equal("2 matched, 2 changed\n", (await Otask.Run(service, "retry", "--fingerprint", fingerprint, "--yes")).Output);
    }

    [Fact]
    public async Task QueueForecast_SaysWhatHoldsTasksBack()
    {
        var service = await shared.Idle;
        Assert.Equal(0, (await Otask.Run(service, "submit", "--queue", "foretold", "true")).ExitCode);
        // The share of a time needs some time.
        await Until.Holds("the task has waited", TimeSpan.FromSeconds(30), async () =>
            (await Otask.Run(service, "queue", "forecast", "foretold")).Output.Contains("heldBy", StringComparison.Ordinal));

        var (code, output, _) = await Otask.Run(service, "queue", "forecast", "foretold");

        Assert.Equal(0, code);
        Assert.Matches("^backlog +1\ntrend +[a-z]+\n", output);
        Assert.Matches("\nheldBy +no-matching-node 100 %\nestimates +0 checked\n$", output);
        Assert.Equal(1, (await Otask.Run(service, "queue", "forecast", "no-such-queue")).ExitCode);
    }

    [Fact]
    public async Task WhyNodes_SaysForEachNodeWhetherItFits()
    {
        var service = await shared.Running;
        var id = (await Otask.Run(service, "submit", "--queue", "picky", "--require", "gpu=1", "true")).Output.Trim();
        var node = (string)global::System.Text.Json.Nodes.JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]![0]!["id"]!;

        var plain = (await Otask.Run(service, "why", id)).Output;
        var (code, output, _) = await Otask.Run(service, "why", id, "--nodes");

        Assert.Equal(0, code);
        Assert.StartsWith("no-matching-node ", plain, StringComparison.Ordinal);
        Assert.DoesNotContain(node, plain, StringComparison.Ordinal);
        var hint = $"nodes             which nodes can run it: otask why --nodes {id}\n";
        Assert.EndsWith(hint, plain, StringComparison.Ordinal);
        Assert.StartsWith(plain[..^hint.Length], output, StringComparison.Ordinal);
        Assert.Matches($"\nposition +1\nwaits since +2[^ ]+Z\n{node} +[^\n]*gpu=1[^\n]*\n$", output);
    }

    [Fact]
    public async Task LogsGrep_WithoutAnId_SearchesTheTasksThatFiltersMatch()
    {
        var service = await shared.Running;
        var found = (await Otask.Run(service, "submit", "--label", "grep=many", "echo a needle; echo hay; echo Needle >&2")).Output.Trim();
        var other = (await Otask.Run(service, "submit", "--label", "grep=other", "echo a needle")).Output.Trim();
        foreach (var id in (string[])[found, other])
            await service.Ended(id);

        var matches = await Otask.Run(service, "logs", "--grep", "NEEDLE", "-i", "--label", "grep=many");

        Assert.Equal(new Finished(0, $"{found}:stdout:1:a needle\n{found}:stderr:1:Needle\n", ""), matches);
        Assert.Contains($"{other}:stdout:1:a needle\n", (await Otask.Run(service, "logs", "--grep", "a needle")).Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Otask.Run(service, "logs", "--grep", "needle", "--stream", "stdout")).ExitCode);
        Assert.Equal(2, (await Otask.Run(service, "logs")).ExitCode);
    }

    [Fact]
    public async Task LogsFollow_ShowsAllUntilTheEnd()
    {
        var service = await shared.Running;
        var id = await service.Submit("for i in 1 2 3; do echo $i; sleep 0.1; done; echo end >&2");
        var followed = await Otask.Run(service, "logs", "-f", id);
        Assert.Equal("1\n2\n3\n", followed.Output);
        Assert.Equal("end\n", followed.Errors);
        var after = await Otask.Run(service, "logs", id);
        Assert.Equal(followed, after);
    }

    [Fact]
    public async Task LogsAndWhy_OfATaskThatDidNotStart_SayWhy()
    {
        var service = await shared.Running;
        var id = (await Otask.Run(service, "submit", "--", "/no/such/program")).Output.Trim();
        await service.Ended(id);

        var logs = await Otask.Run(service, "logs", id);
        var why = await Otask.Run(service, "why", id);

        Assert.Equal((0, ""), (logs.ExitCode, logs.Output));
        Assert.StartsWith($"otask: task {id} could not be started: ", logs.Errors, StringComparison.Ordinal);
        Assert.Contains("/no/such/program", logs.Errors, StringComparison.Ordinal);
        Assert.Matches(
            "^It has failed \\(spawn-failed\\) at [^ ]+Z\\. It could not be started: .*/no/such/program", why.Output);
        var silent = (await Otask.Run(service, "submit", "true")).Output.Trim();
        await service.Ended(silent);
        Assert.Equal("", (await Otask.Run(service, "logs", silent)).Errors);
    }

    [Fact]
    public async Task CancelGetListRetry_GoTogether()
    {
        var service = await shared.Idle;
        var id = (await Otask.Run(service, "submit", "--label", "team=a", "sleep 100")).Output.Trim();
        Assert.Equal($"{id} cancelled\n", (await Otask.Run(service, "cancel", id)).Output);
        Assert.Equal(1, (await Otask.Run(service, "cancel", id)).ExitCode);
        Assert.Contains(id, (await Otask.Run(service, "list", "--state", "cancelled", "--label", "team=a")).Output, StringComparison.Ordinal);
        var retried = await Otask.Run(service, "retry", "--label", "team=a", "--yes");
        Assert.Equal("1 matched, 1 changed\n", retried.Output);
        Assert.Contains("queued", (await Otask.Run(service, "get", id)).Output, StringComparison.Ordinal);
        const string Hint = "To undo this for tasks that have not started: otask undo ";
        Assert.StartsWith(Hint, retried.Errors, StringComparison.Ordinal);
        var operation = retried.Errors[Hint.Length..].Trim();
        Assert.Equal("1 undone\n", (await Otask.Run(service, "undo", operation)).Output);
        Assert.Contains("cancelled", (await Otask.Run(service, "get", id)).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await Otask.Run(service, "undo", id)).ExitCode);
    }

    [Fact]
    public async Task Queue_SetPauseResumeDelete_GoTogether()
    {
        var service = await shared.Running;
        var set = await Otask.Run(service, "queue", "set", "q", "--max-running", "3", "--rate", "2.5", "--max-depth", "9", "--weight", "7");
        Assert.Equal(0, set.ExitCode);
        Assert.Matches("maxRunning +3\nmaxDepth +9\nratePerSecond +2.5\nburst +3\nweight +7\n", set.Output);
        Assert.Matches("paused +true\n", (await Otask.Run(service, "queue", "pause", "q")).Output);
        var id = (await Otask.Run(service, "submit", "--queue", "q", "true")).Output.Trim();
        Assert.Contains("3 running, 9 waiting, 2.5/s", (await Otask.Run(service, "queues")).Output, StringComparison.Ordinal);
        Assert.Contains("open tasks", (await Otask.Run(service, "queue", "delete", "q", "--yes")).Errors, StringComparison.Ordinal);
        Assert.Matches("paused +false\n", (await Otask.Run(service, "queue", "resume", "q")).Output);
        Assert.Contains("succeeded", (await Otask.Run(service, "get", "--wait", "30s", id)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("maxRunning", (await Otask.Run(service, "queue", "set", "q", "--max-running", "none")).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await Otask.Run(service, "queue", "set", "q", "--version", "1", "--burst", "none")).ExitCode);
        Assert.Equal(2, (await Otask.Run(service, "queue", "set", "q", "--rate", "fast")).ExitCode);
        Assert.Equal("q deleted\n", (await Otask.Run(service, "queue", "delete", "q", "--yes")).Output);
        Assert.Equal(1, (await Otask.Run(service, "queue", "get", "q")).ExitCode);
    }

    [Fact]
    public async Task Cancel_OneOfSeveralIsRefused_DoesTheOthersAndSaysWhich()
    {
        var service = await shared.Idle;
        var (first, last) = (await service.Submit("sleep 100"), await service.Submit("sleep 100"));
        const string Unknown = "00000000-0000-7000-8000-000000000001";

        var ended = await Otask.Run(service, "cancel", first, Unknown, last);

        Assert.Equal((1, $"{first} cancelled\n{last} cancelled\n"), (ended.ExitCode, ended.Output));
        Assert.StartsWith($"otask: {Unknown}: ", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SubmitWait_TaskIsEndedByASignal_EndsWithItsNumber()
    {
        var service = await shared.Running;

        foreach (var signal in new[] { 9, 24, 31, 34, 40 })
            Assert.Equal(128 + signal, (await Otask.Run(service, "submit", "--wait", $"kill -{signal} $$")).ExitCode);
    }

    [Fact]
    public async Task Failures_HaveTheirExitCodesAndAreForPeople()
    {
        var service = await shared.Running;
        var bad = await Otask.Run(service, "submit", "--priority", "12", "--timeout", "soon", "true");
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("\n  priority: ", bad.Errors, StringComparison.Ordinal);
        Assert.Contains("\n  timeout: ", bad.Errors, StringComparison.Ordinal);
        Assert.Equal(1, (await Otask.Run(service, "get", "nothing")).ExitCode);
        Assert.Equal(2, (await Otask.Run(service, "submit", "echo", "-n", "a")).ExitCode);
        Assert.Equal(2, (await Otask.Run(service, "submit", "--nope")).ExitCode);
        Assert.Equal(2, (await Otask.Run(service, "cancel")).ExitCode);
        Assert.Equal(3, (await Otask.Run("--url", "http://127.0.0.1:1", "list")).ExitCode);
    }
}
