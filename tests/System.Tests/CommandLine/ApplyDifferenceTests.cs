using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>
/// What <c>otask apply</c> and <c>otask diff</c> find different, what they show of it, and what they send.
/// </summary>
public sealed class ApplyDifferenceTests : DataFolders
{
    private const string Definition = """
        {"name":"d","version":2,"description":"","tool":false,"task":{"cmd":"a"},
         "parameters":[{"name":"token","secret":true},{"name":"day"}]}
        """;

    [Theory]
    // The gateway shows times in UTC with milliseconds, also inside lists.
    [InlineData("queues",
        """
        {"name":"x","blackouts":[
          {"from":"2026-12-24T18:00:00Z","to":"2026-12-25T01:00:00+01:00"},{"calendar":"c"}]}
        """,
        """
        {"name":"x","version":1,"blackouts":[
          {"from":"2026-12-24T18:00:00.000Z","to":"2026-12-25T00:00:00.000Z"},{"calendar":"c"}]}
        """)]
    // A duration may have fractions, as the gateway reads it.
    [InlineData("schedules", """{"id":"x","every":"1.5m"}""", """{"id":"x","version":1,"every":"1m30s"}""")]
    [InlineData("schedules", """{"id":"x","jitter":"0.5h"}""", """{"id":"x","version":1,"jitter":"30m"}""")]
    [InlineData("schedules", """{"id":"x","expectBy":"90000.5ms"}""", """{"id":"x","version":1,"expectBy":"1m30s"}""")]
    [InlineData("schedules",
        """{"id":"x","startAt":"2099-01-01t01:00:00.0004+01:00"}""",
        """{"id":"x","version":1,"startAt":"2099-01-01T00:00:00.000Z"}""")]
    [InlineData("notifications", """{"name":"x","digest":"300s"}""", """{"name":"x","digest":"5m"}""")]
    [InlineData("webhooks",
        """{"url":"https://x","types":["job","task"]}""", """{"items":[{"url":"https://x","types":["task","job"]}]}""")]
    // What is left out has its default; a file may name the default, or null for it.
    [InlineData("definitions",
        """{"name":"x","task":{"cmd":"a"},"tool":false,"description":"","parameters":[]}""",
        """{"name":"x","version":1,"task":{"cmd":"a"},"tool":false,"description":"","parameters":[]}""")]
    [InlineData("notifications",
        """{"name":"x","paused":null,"match":null,"quiet":null}""",
        """{"name":"x","paused":false,"match":{},"quiet":null}""")]
    // The gateway shows no nulls.
    [InlineData("triggers",
        """{"name":"x","signature":{"kind":"github","header":null},"filter":[{"pointer":"/a","header":null,"equals":1}]}""",
        """{"name":"x","definition":"d","signature":{"kind":"github"},"filter":[{"pointer":"/a","equals":1}]}""")]
    [InlineData("definitions",
        """{"name":"x","task":{"cmd":"a"},"parameters":[{"name":"p","default":null}]}""",
        """{"name":"x","version":1,"task":{"cmd":"a"},"parameters":[{"name":"p"}]}""")]
    public async Task Diff_OfTheSameInAnotherForm_FindsNothing(string list, string item, string stored) =>
        Assert.Equal((0, ""), await Diff(list, item, stored));

    [Theory]
    [InlineData("queues",
        """{"name":"x","blackouts":[{"from":"2026-12-24T18:00:00Z","to":"2026-12-25T00:00:00Z"}]}""",
        """
        {"name":"x","version":1,"blackouts":[{"from":"2026-12-24T18:00:00.001Z","to":"2026-12-25T00:00:00.000Z"}]}
        """)]
    [InlineData("queues",
        """{"name":"x","blackouts":[{"calendar":"c"}]}""",
        """{"name":"x","version":1,"blackouts":[{"calendar":"c"},{"calendar":"d"}]}""")]
    [InlineData("schedules", """{"id":"x","every":"1.5m"}""", """{"id":"x","version":1,"every":"1m31s"}""")]
    // The gateway would refuse the first: units descend.
    [InlineData("schedules", """{"id":"x","every":"30m1h"}""", """{"id":"x","version":1,"every":"1h30m"}""")]
    // A command gets these texts, and people read them.
    [InlineData("schedules",
        """{"id":"x","task":{"argv":["sleep","90s"]}}""",
        """{"id":"x","version":1,"task":{"argv":["sleep","1m30s"]}}""")]
    [InlineData("schedules",
        """{"id":"x","task":{"env":{"AT":"2026-12-24T18:00:00Z"}}}""",
        """{"id":"x","version":1,"task":{"env":{"AT":"2026-12-24T18:00:00.000Z"}}}""")]
    [InlineData("triggers", """{"name":"x","description":"90s"}""", """{"name":"x","description":"1m30s"}""")]
    [InlineData("triggers",
        """{"name":"x","filter":[{"pointer":"/a","equals":1}]}""",
        """{"name":"x","definition":"d","filter":[{"pointer":"/a","equals":2}]}""")]
    [InlineData("schedules",
        """{"id":"x","job":{"source":{"items":[{"a":null}]}}}""",
        """{"id":"x","version":1,"job":{"source":{"items":[{}]}}}""")]
    [InlineData("notifications", """{"name":"x","paused":null}""", """{"name":"x","paused":true}""")]
    public async Task Diff_OfSomethingElse_FindsIt(string list, string item, string stored) =>
        Assert.Equal(1, (await Diff(list, item, stored)).ExitCode);

    [Theory]
    [InlineData("queues", """{"name":"x","weight":2}""", """{"name":"x","version":5,"weight":1}""")]
    [InlineData("calendars", """{"name":"x","days":["2026-12-24"]}""", """{"name":"x","version":5,"days":[]}""")]
    [InlineData("definitions",
        """{"name":"x","task":{"cmd":"b"}}""", """{"name":"x","version":5,"task":{"cmd":"a"}}""")]
    [InlineData("schedules",
        """{"id":"x","every":"2h"}""", """{"id":"x","version":5,"every":"1h","task":{"cmd":"a"}}""")]
    public async Task Apply_OfAFileWithAVersion_SendsThatVersion(string list, string item, string stored)
    {
        var guarded = JsonNode.Parse(item)!.AsObject();
        guarded["version"] = 3;
        await using var gateway = await StubGateway.Start(($"/api/v1/{list}/x", stored));

        var named = await gateway.Otask("apply", "-f", FileWith(list, guarded.ToJsonString()));
        var latest = await gateway.Otask("apply", "-f", FileWith(list, item));

        Assert.Equal((0, 0), (named.ExitCode, latest.ExitCode));
        Assert.Equal([3, 5], gateway.Bodies.Select(static body => (int)JsonNode.Parse(body)!["version"]!));
        // The version guards a change and is not a setting itself.
        Assert.DoesNotContain("version", named.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queues", """{"name":"x","weight":2,"version":3}""", """{"name":"x","version":5,"weight":2}""")]
    [InlineData("definitions",
        """{"name":"x","task":{"cmd":"a"},"version":3}""", """{"name":"x","version":5,"task":{"cmd":"a"}}""")]
    public async Task Diff_OfAnotherVersionAlone_FindsNothing(string list, string item, string stored) =>
        Assert.Equal((0, ""), await Diff(list, item, stored));

    [Theory]
    [InlineData("schedules",
        """{"id":"x","task":{"cmd":"a","secretEnv":{"TOKEN":"s3cret"}}}""",
        """{"id":"x","version":1,"every":"1h","task":{"cmd":"a"}}""",
        """task.secretEnv: {"TOKEN":"***"}""")]
    [InlineData("schedules",
        """{"id":"x","workflow":{"nodes":[{"name":"n","task":{"cmd":"a","secretEnv":{"TOKEN":"s3cret"}}}]}}""",
        """{"id":"x","version":1,"every":"1h","workflow":{"nodes":[{"name":"n","task":{"cmd":"a"}}]}}""",
        """workflow.nodes[0].task.secretEnv: {"TOKEN":"***"}""")]
    [InlineData("schedules",
        """{"id":"x","definition":{"name":"d","parameters":{"token":"s3cret","day":"today"}}}""",
        """
        {"id":"x","version":1,"every":"1h","definition":{"name":"d","version":2,"parameters":{"day":"today"}},
         "task":{"cmd":"a"}}
        """,
        "definition.parameters.token: ***")]
    [InlineData("schedules",
        """{"id":"x","workflow":{"nodes":[{"name":"n","definition":{"name":"d","parameters":{"token":"s3cret"}}}]}}""",
        """
        {"id":"x","version":1,"every":"1h",
         "workflow":{"nodes":[{"name":"n","definition":{"name":"d","version":2,"parameters":{}}}]}}
        """,
        "workflow.nodes[0].definition.parameters.token: ***")]
    [InlineData("triggers",
        """{"name":"x","signature":{"kind":"slack","secret":"s3cret"}}""",
        """{"name":"x","definition":"d","signature":{"kind":"slack"}}""",
        "signature.secret: ***")]
    public async Task Apply_OfAValueThatTheGatewayHides_SendsItEachTime_AndShowsThatItMayDiffer(
        string list, string item, string stored, string shown)
    {
        var file = FileWith(list, item);
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/{list}/x", stored), ("/api/v1/definitions/d", Definition), ("/api/v1/schedules/preview", "{}"));

        foreach (var words in (string[][])[["diff"], ["apply", "--dry-run"], ["apply"]])
        {
            var text = await gateway.Otask([.. words, "-f", file]);
            var json = await gateway.Otask([.. words, "-f", file, "-o", "json"]);

            Assert.Equal(words[0] == "diff" ? (1, 1) : (0, 0), (text.ExitCode, json.ExitCode));
            Assert.DoesNotContain("s3cret", text.Output + text.Errors + json.Output, StringComparison.Ordinal);
            Assert.Contains(
                $"{shown} (may differ: the gateway does not show it)", text.Output, StringComparison.Ordinal);
            var change = Assert.Single(JsonNode.Parse(json.Output)![0]!["changes"]!.AsArray())!;
            Assert.True((bool)change["hidden"]!);
        }

        // A preview, which has no version, gets the secrets of a schedule as well.
        var isPreviewed = list == "schedules";
        Assert.Equal(2, gateway.Bodies.Count(body => body.Contains("s3cret", StringComparison.Ordinal)
            && (JsonNode.Parse(body)!["version"] is not null) == isPreviewed));
    }

    [Theory]
    [InlineData("schedules",
        """{"id":"x","every":"1h","task":{"cmd":"a","secretEnv":{"TOKEN":"s3cret"}}}""",
        """task: {"cmd":"a","secretEnv":{"TOKEN":"***"}}""")]
    [InlineData("schedules",
        """{"id":"x","every":"1h","definition":{"name":"d","parameters":{"token":"s3cret","day":"today"}}}""",
        """parameters":{"token":"***","day":"today"}""")]
    [InlineData("schedules",
        """{"id":"x","every":"1h","definition":{"name":"d","version":1,"parameters":{"token":"s3cret"}}}""",
        """parameters":{"token":"***"}""")]
    // Which parameters are secret is not known.
    [InlineData("schedules",
        """{"id":"x","every":"1h","definition":{"name":"none","parameters":{"day":"s3cret"}}}""",
        """parameters":{"day":"***"}""")]
    [InlineData("triggers",
        """{"name":"x","definition":"d","signature":{"kind":"slack","secret":"s3cret"}}""",
        """signature: {"kind":"slack","secret":"***"}""")]
    // The gateway refuses this; a dry run does not ask it.
    [InlineData("triggers",
        """
        {"name":"x","definition":"d","signature":{"kind":"github"},
         "parameters":{"token":{"value":"s3cret"},"day":{"value":"today"}}}
        """,
        """parameters: {"token":{"value":"***"},"day":{"value":"today"}}""")]
    [InlineData("definitions",
        """{"name":"x","task":{"cmd":"a","secretEnv":{"A":"s3cret","B":"${param.b}"}}}""",
        """secretEnv":{"A":"***","B":"${param.b}"}""")]
    [InlineData("definitions",
        """
        {"name":"x","workflow":{"nodes":[
          {"name":"n","definition":{"name":"d","parameters":{"token":"s3cret","day":"${param.day}"}}}]}}
        """,
        """parameters":{"token":"***","day":"${param.day}"}""")]
    [InlineData("notifications",
        """{"name":"x","on":["failed"],"to":{"slack":"https://hooks.slack.com/services/T/B/s3cret"}}""",
        """to: {"slack":"***"}""")]
    public async Task Diff_OfSomethingNewWithSecrets_ShowsTheRest(string list, string item, string shown)
    {
        var file = FileWith(list, item);
        await using var gateway = await StubGateway.Start(
            ("/api/v1/definitions/d", Definition), ("/api/v1/schedules/preview", "{}"));

        var text = await gateway.Otask("diff", "-f", file);
        var json = await gateway.Otask("diff", "-f", file, "-o", "json");

        Assert.Equal((1, 1), (text.ExitCode, json.ExitCode));
        Assert.DoesNotContain("s3cret", text.Output + json.Output, StringComparison.Ordinal);
        Assert.Contains(shown, text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("may differ", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfATriggerWhoseFileNamesNoDefinition_KnowsTheSecretParametersOfTheOneInForce()
    {
        var file = FileWith(
            "triggers", """{"name":"x","parameters":{"token":{"value":"s3cret"},"day":{"value":"today"}}}""");
        await using var gateway = await StubGateway.Start(
            ("/api/v1/definitions/d", Definition),
            ("/api/v1/triggers/x", """
                {"name":"x","definition":"d","signature":{"kind":"github"},"parameters":{"day":{"value":"monday"}}}
                """));

        var text = await gateway.Otask("diff", "-f", file);

        Assert.Equal(1, text.ExitCode);
        Assert.Contains("parameters.day.value: monday → today", text.Output, StringComparison.Ordinal);
        Assert.Contains("""parameters.token: {"value":"***"}""", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfAScheduleWithADefinitionOfTheSameFile_KnowsItsSecretParameters()
    {
        var file = In("both.json");
        await File.WriteAllTextAsync(file, """
            {"definitions":[
               {"name":"new","parameters":[{"name":"token","secret":true},{"name":"day"}],"task":{"cmd":"a"}}],
             "schedules":[
               {"id":"s","every":"1h","definition":{"name":"new","parameters":{"token":"s3cret","day":"today"}}}]}
            """);
        await using var gateway = await StubGateway.Start();

        var text = await gateway.Otask("diff", "-f", file);

        Assert.Equal(1, text.ExitCode);
        Assert.Contains("""parameters":{"token":"***","day":"today"}""", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Diff_OfAnotherAddressOfAChat_ShowsThatItDiffers()
    {
        var file = FileWith("notifications", """{"name":"x","to":{"slack":"https://hooks.slack.com/s3cret-2"}}""");
        await using var gateway = await StubGateway.Start(
            ("/api/v1/notifications/x", """{"name":"x","to":{"slack":"https://hooks.slack.com/s3cret-1"}}"""));

        var text = await gateway.Otask("diff", "-f", file);

        Assert.Contains("to.slack: *** → ***", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", text.Output, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output)> Diff(string list, string item, string stored)
    {
        var path = list == "webhooks" ? "/api/v1/webhooks" : $"/api/v1/{list}/x";
        await using var gateway = await StubGateway.Start((path, stored), ("/api/v1/schedules/preview", "{}"));
        var ended = await gateway.Otask("diff", "-f", FileWith(list, item));
        return (ended.ExitCode, ended.Output);
    }

    private string FileWith(string list, string item)
    {
        var file = In($"{Guid.NewGuid():N}.json");
        File.WriteAllText(file, $$"""{"{{list}}":[{{item}}]}""");
        return file;
    }
}
