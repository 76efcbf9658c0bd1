using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

public sealed class ApplyTests(SharedServices shared) : DataFolders
{
    private const string Lists = "calendars, queues, definitions, triggers, schedules, notifications, webhooks";
    private int files;

    [Fact]
    public async Task Apply_AFile_CreatesChangesAndKeeps()
    {
        var service = await shared.Running;
        const string First = """
            { // the fleet
              "queues": [{"name": "applied", "maxRunning": 4, "weight": 2}],
              "schedules": [{"id": "applied", "every": "90s", "startAt": "2099-01-01T01:00:00+01:00", "task": {"cmd": "true", "timeout": "60s"}}],
              "webhooks": [{"url": "https://hooks.invalid/applied", "types": ["job", "task"]}],
            }
            """;
        const string Second = """
            {
              "webhooks": [{"url": "https://hooks.invalid/applied", "types": ["task", "job"]}],
              "schedules": [{"id": "applied", "cron": "0 2 * * *", "task": {"cmd": "true", "timeout": "2m"}}],
              "queues": [{"name": "applied", "maxRunning": null}]
            }
            """;

        Assert.Equal(["create queue", "create schedule", "create webhook"], await Actions(First, "--dry-run"));
        Assert.NotEqual(0, (await Otask.Run(service, "schedule", "get", "applied")).ExitCode);
        Assert.Equal(["create queue", "create schedule", "create webhook"], await Actions(First));
        // The gateway shows durations, times and types in its own form.
        Assert.Equal(["keep queue", "keep schedule", "keep webhook"], await Actions(First));
        Assert.Equal(["change queue", "change schedule", "keep webhook"], await Actions(Second));
        Assert.Equal(["keep queue", "keep schedule", "keep webhook"], await Actions(Second));

        var queue = JsonNode.Parse((await Otask.Run(service, "queue", "get", "applied", "--json")).Output)!;
        Assert.Null(queue["maxRunning"]);
        Assert.Equal(2, (int)queue["weight"]!);
        var schedule = JsonNode.Parse((await Otask.Run(service, "schedule", "get", "applied", "--json")).Output)!;
        Assert.Null(schedule["every"]);
        Assert.Equal("2099-01-01T00:00:00.000Z", (string?)schedule["startAt"]);

        async Task<List<string>> Actions(string text, params string[] options)
        {
            var file = FileWith(text);
            var applied = await Otask.Run(service, ["apply", "-f", file, "-o", "json", .. options]);
            Assert.Equal(0, applied.ExitCode);
            return [.. JsonNode.Parse(applied.Output)!.AsArray().Select(static item => $"{item!["action"]} {item["kind"]}")];
        }
    }

    [Fact]
    public async Task Apply_TriggersAndNotifications_CreatesChangesAndKeeps_AndDiffShowsTheRest()
    {
        var service = await shared.Running;
        const string First = """
            notifications:
              - {name: applied, "on": [failed], to: {slack: "https://hooks.slack.com/services/T/B/x"}, digest: 5m}
            triggers:
              - {name: applied, definition: applied/t, signature: {kind: github}, parameters: {ref: {pointer: /ref}}}
            definitions:
              - {name: applied/t, parameters: [{name: ref}], task: {argv: [echo, "${param.ref}"]}}
            """;
        var file = In("all.yaml");
        await File.WriteAllTextAsync(file, First, TestContext.Current.CancellationToken);

        var before = await Otask.Run(service, "diff", "-f", file);
        var applied = await Otask.Run(service, "apply", "-f", file, "-o", "json");
        var same = await Otask.Run(service, "diff", "-f", file);
        var changed = First.Replace("5m", "300s", StringComparison.Ordinal)
            .Replace("github}", "github}, rate: 9", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, changed, TestContext.Current.CancellationToken);
        var after = await Otask.Run(service, "diff", "-f", file, "-o", "json");
        var again = await Otask.Run(service, "apply", "-f", file);

        Assert.Equal((1, 0, (0, "")), (before.ExitCode, applied.ExitCode, (same.ExitCode, same.Output)));
        var items = JsonNode.Parse(applied.Output)!.AsArray();
        Assert.Equal(["definition", "trigger", "notification"], items.Select(static item => (string?)item!["kind"]));
        Assert.NotNull(items[1]!["secret"]);
        var change = Assert.Single(JsonNode.Parse(after.Output)!.AsArray())!;
        Assert.Equal("rate", (string?)Assert.Single(change["changes"]!.AsArray())!["field"]);
        Assert.Equal((1, 0), (after.ExitCode, again.ExitCode));
        var trigger = JsonNode.Parse((await Otask.Run(service, "trigger", "show", "applied", "-o", "json")).Output)!;
        Assert.Equal((9, "/ref"), ((int)trigger["rate"]!, (string?)trigger["parameters"]!["ref"]!["pointer"]));
    }

    [Fact]
    public async Task Apply_ParametersInAnotherOrder_IsAChange()
    {
        var service = await shared.Running;
        const string First = """{"definitions": [{"name": "order/d", "parameters": [{"name": "a"}, {"name": "b"}], "task": {"argv": ["true"]}}]}""";
        var second = First.Replace("""{"name": "a"}, {"name": "b"}""", """{"name": "b"}, {"name": "a"}""", StringComparison.Ordinal);

        Assert.Equal(0, (await Otask.Run(service, "apply", "-f", FileWith(First))).ExitCode);
        var same = await Otask.Run(service, "diff", "-f", FileWith(First));
        var other = await Otask.Run(service, "diff", "-f", FileWith(second));
        Assert.Equal(0, (await Otask.Run(service, "apply", "-f", FileWith(second))).ExitCode);

        Assert.Equal((0, 1), (same.ExitCode, other.ExitCode));
        var shown = JsonNode.Parse((await Otask.Run(service, "definition", "show", "order/d", "-o", "json")).Output)!;
        Assert.Equal(["b", "a"], shown["parameters"]!.AsArray().Select(static one => (string?)one!["name"]));
    }

    [Fact]
    public async Task Apply_ASchedule_FollowsTheLatestVersionOfItsDefinitions_UnlessItNamesOne()
    {
        var service = await shared.Running;
        const string First = """
            definitions:
              - name: follow/flow
                workflow: {nodes: [{name: one, definition: {name: follow/d}}]}
              - {name: follow/d, task: {argv: [echo, first]}}
            schedules:
              - {id: follow-own, every: 366d, definition: {name: follow/d}}
              - {id: follow-node, every: 366d, workflow: {nodes: [{name: n, definition: {name: follow/flow}}, {name: m, definition: {name: follow/d, version: 1}}]}}
              - {id: follow-pinned, every: 366d, definition: {name: follow/d, version: 1}}
            """;
        var file = In("follow.yaml");
        await File.WriteAllTextAsync(file, First, TestContext.Current.CancellationToken);

        var dry = await Otask.Run(service, "apply", "-f", file, "--dry-run");
        var created = await Actions();
        var same = await Actions();
        await File.WriteAllTextAsync(
            file, First.Replace("first", "second", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var diff = await Otask.Run(service, "diff", "-f", file);
        var changed = await Actions();
        var again = await Actions();

        Assert.True(dry.ExitCode == 0, dry.Errors);
        Assert.Equal(["create follow/d", "create follow/flow", "create follow-own", "create follow-node", "create follow-pinned"], created);
        Assert.All(same, static line => Assert.StartsWith("keep ", line, StringComparison.Ordinal));
        Assert.Contains("definition.version: 1 → 2", diff.Output, StringComparison.Ordinal);
        Assert.Equal(["change follow/d", "keep follow/flow", "change follow-own", "keep follow-node", "keep follow-pinned"], changed);
        Assert.All(again, static line => Assert.StartsWith("keep ", line, StringComparison.Ordinal));
        var own = JsonNode.Parse((await Otask.Run(service, "schedule", "get", "follow-own", "-o", "json")).Output)!;
        Assert.Equal((2, "second"), ((int)own["definition"]!["version"]!, (string?)own["task"]!["argv"]![1]));

        async Task<List<string>> Actions()
        {
            var applied = await Otask.Run(service, "apply", "-f", file, "-o", "json");
            Assert.True(applied.ExitCode == 0, applied.Errors);
            return [.. JsonNode.Parse(applied.Output)!.AsArray().Select(static item => $"{item!["action"]} {item["name"]}")];
        }
    }

    [Fact]
    public async Task Apply_AChange_ShowsOnlyTheFieldsThatDiffer()
    {
        var service = await shared.Running;
        var before = FileWith("""{"schedules": [{"id": "diff", "cron": "0 2 * * *", "task": {"cmd": "true", "timeout": "1m"}}]}""");
        var after = FileWith("""{"schedules": [{"id": "diff", "every": "1h", "task": {"cmd": "true", "timeout": "2m"}}]}""");
        await Otask.Run(service, "apply", "-f", before);
        var shown = await Otask.Run(service, "apply", "-f", after, "--dry-run");
        Assert.Contains("every: 1h, task.timeout: 1m → 2m, cron: 0 2 * * * → none", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_BlackoutsAndFractions_AreTheSameAfterwards()
    {
        var service = await shared.Running;
        var file = FileWith("""
            {"queues": [
               {"name": "dark",
                "blackouts": [{"from": "2099-12-24T18:00:00Z", "to": "2099-12-25T01:00:00+01:00"}]}],
             "schedules": [{"id": "dark", "every": "1.5h", "jitter": "0.5m", "task": {"cmd": "true"}}]}
            """);

        var applied = await Otask.Run(service, "apply", "-f", file);
        var same = await Otask.Run(service, "diff", "-f", file);

        Assert.True(applied.ExitCode == 0, applied.Errors);
        Assert.Equal((0, ""), (same.ExitCode, same.Output));
    }

    [Fact]
    public async Task Apply_ValuesThatTheServiceHides_AreTheOnlyDifference_AndAreNotShown()
    {
        var service = await shared.Running;
        var file = FileWith("""
            {"definitions": [
               {"name": "hidden/d", "parameters": [{"name": "token", "secret": true}, {"name": "day"}],
                "task": {"argv": ["true"]}}],
             "triggers": [
               {"name": "hidden", "definition": "hidden/d", "signature": {"kind": "slack", "secret": "s3cret-of-slack"}}],
             "schedules": [
               {"id": "hidden-task", "every": "366d", "task": {"cmd": "true", "secretEnv": {"TOKEN": "s3cret-1"}}},
               {"id": "hidden-value", "every": "366d",
                "definition": {"name": "hidden/d", "parameters": {"token": "s3cret-2", "day": "today"}}},
               {"id": "hidden-node", "every": "366d", "workflow": {"nodes": [
                 {"name": "n", "definition": {"name": "hidden/d", "parameters": {"token": "s3cret-3"}}}]}}]}
            """);

        var planned = await Otask.Run(service, "apply", "-f", file, "--dry-run");
        var applied = await Otask.Run(service, "apply", "-f", file, "-o", "json");
        var diff = await Otask.Run(service, "diff", "-f", file, "-o", "json");

        Assert.True(applied.ExitCode == 0, applied.Errors);
        Assert.Equal((0, 1), (planned.ExitCode, diff.ExitCode));
        Assert.DoesNotContain("s3cret", planned.Output + applied.Output + diff.Output, StringComparison.Ordinal);
        var changes = JsonNode.Parse(diff.Output)!.AsArray().SelectMany(static item => item!["changes"]!.AsArray());
        Assert.Equal(
            ["signature.secret", "task.secretEnv", "definition.parameters.token",
                "workflow.nodes[0].definition.parameters.token"],
            changes.Select(static change => (string?)change!["field"]));
    }

    [Fact]
    public async Task Apply_AFileWithAVersion_IsRefusedUnlessThatIsTheLatest()
    {
        const string Guard = "\"version\": 1,";
        var service = await shared.Running;
        var made = await Otask.Run(service, "apply", "-f", FileWith(Definition("", "1")));
        var second = await Otask.Run(service, "apply", "-f", FileWith(Definition(Guard, "2")));
        var same = await Otask.Run(service, "diff", "-f", FileWith(Definition(Guard, "2")));
        var third = await Otask.Run(service, "apply", "-f", FileWith(Definition(Guard, "3")));

        Assert.Equal((0, 0, 0, 1), (made.ExitCode, second.ExitCode, same.ExitCode, third.ExitCode));
        Assert.Contains("The stored version is 2.", third.Errors, StringComparison.Ordinal);

        static string Definition(string version, string word) =>
            $$$"""{"definitions": [{"name": "guard/d", {{{version}}} "task": {"argv": ["echo", "{{{word}}}"]}}]}""";
    }

    [Fact]
    public async Task Apply_ARefusal_NamesTheItemAndShowsWhatWasApplied()
    {
        var service = await shared.Running;
        var file = FileWith("""{"queues": [{"name": "fine", "weight": 3}, {"name": "wrong", "maxRunnin": 1}]}""");
        var refused = await Otask.Run(service, "apply", "-f", file);
        Assert.Equal(1, refused.ExitCode);
        Assert.Matches("create +queue +fine", refused.Output);
        Assert.Contains("queue wrong: maxRunnin: unknown field; did you mean 'maxRunning'?", refused.Errors, StringComparison.Ordinal);
        // A dry run lets the gateway check schedules.
        file = FileWith("""{"schedules": [{"id": "never", "cron": "99 * * * *", "task": {"cmd": "true"}}]}""");
        var checkedOnly = await Otask.Run(service, "apply", "-f", file, "--dry-run");
        Assert.Equal(1, checkedOnly.ExitCode);
        Assert.Contains("schedule never: cron:", checkedOnly.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"queue": []}""", $"unknown list 'queue'; expected {Lists}. Did you mean 'queues'?")]
    [InlineData("[]", $"must contain an object with lists named {Lists}")]
    [InlineData("""{"queues": [{"weight": 1}]}""", "queues[0]")]
    [InlineData("""{"queues": [{"name": "q"}, {"name": "q"}]}""", "the queue 'q' is described twice")]
    [InlineData("{", "is not valid JSON")]
    public async Task Apply_AFileThatIsWrong_IsRefusedBeforeAnyCall(string text, string expected)
    {
        var refused = await Otask.Run("--url", "http://127.0.0.1:1", "apply", "-f", FileWith(text));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_RunsTasksAJobAndAWorkflow()
    {
        var service = await shared.Running;
        var shown = await Otask.Run(service, "demo");
        Assert.Equal(0, shown.ExitCode);
        Assert.Equal(6, shown.Output.Split("succeeded  on ").Length - 1);
        Assert.Contains("failed, exit code 3", shown.Output, StringComparison.Ordinal);
        Assert.Contains("succeeded, total 333332833333500000", shown.Output, StringComparison.Ordinal);
    }

    private string FileWith(string text)
    {
        var file = In($"desired-{++files}.json");
        File.WriteAllText(file, text);
        return file;
    }
}
