using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Access;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Parameters whose choices a task printed, over HTTP, through the real silo, store and worker.</summary>
public sealed class PrintedChoicesCallTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/definitions";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Run_TakesWhatTheOtherDefinitionPrintedLast()
    {
        await Lists("life");
        var before = await Choices("life/use");
        var early = Fault(await Run("life/use", "one"));
        var without = await client.Post($"{Root}/life/use/runs", "{}");
        var listed = await Print("life", "one\\ntwo\\nthree\\n");
        var shown = await Choices("life/use");
        var taken = await Ended(await Run("life/use", "two"));
        var wrong = Fault(await Run("life/use", "four"));
        await Print("life", "two\\nfour\\n");
        // A task that failed changes nothing.
        await Print("life", "lost\\n", exit: 3);

        Assert.Equal("has no choices yet: run the definition 'life/list' first, which prints them", early);
        Assert.Equal((JsonValueKind.Null, early), (before.GetProperty("task").ValueKind, before.GetProperty("problem").GetString()));
        // The parameter is optional.
        Assert.Equal(202, without.Status);
        Assert.Equal(["one", "two", "three"], Values(shown));
        Assert.Equal(
            (listed.GetProperty("id").GetString(), listed.GetProperty("endedAt").GetString()),
            (shown.GetProperty("task").GetString(), shown.GetProperty("printedAt").GetString()));
        Assert.Equal("two", await Output(taken));
        Assert.Equal("must be one of one, two, three, which the definition 'life/list' printed last", wrong);
        Assert.Equal("must be one of two, four, which the definition 'life/list' printed last", Fault(await Run("life/use", "one")));
        Assert.Equal(202, (await Run("life/use", "four")).Status);
        Assert.Equal(JsonValueKind.Null, (await client.Get($"{Root}/life/use")).Json.GetProperty("choices").ValueKind);
        Assert.Equal(0, (await client.Get($"{Root}/life/list?choices=true")).Json.GetProperty("choices").GetArrayLength());
    }

    [Fact]
    public async Task Run_WithHostileLines_GivesThemByteForByte_AndBoundsThem()
    {
        await Lists("hostile");
        string[] lines = ["a b  c", "$(touch /tmp/x)", "`id`", "'; id; '", "\"q\" \\", "--help", "${param.x}", "\u001b[31mred", "tab\tbed", "é😀"];
        await Print("hostile", string.Join('\n', lines) + "\n");
        Assert.Equal(lines, Values(await Choices("hostile/use")));
        foreach (var line in lines)
            Assert.Equal(line, await Output(await Ended(await Run("hostile/use", line))));

        await Put("hostile/list", """{"task":{"cmd":"head -c 10485760 /dev/zero | tr '\\0' x; printf '\\nend\\n'","maxOutputBytes":20971520}}""");
        await Ended(await client.Post($"{Root}/hostile/list/runs"));
        var endless = await Choices("hostile/use");
        Assert.Equal((0, true), (endless.GetProperty("values").GetArrayLength(), endless.GetProperty("truncated").GetBoolean()));
        Assert.Contains("printed no line that can be one", Fault(await Run("hostile/use", "end")), StringComparison.Ordinal);

        await Put("hostile/list", """{"task":{"cmd":"seq 1000000","maxOutputBytes":20971520}}""");
        await Ended(await client.Post($"{Root}/hostile/list/runs"));
        var million = await Choices("hostile/use");
        Assert.Equal(Enumerable.Range(1, 1000).Select(static one => $"{one}"), Values(million));
        Assert.True(million.GetProperty("truncated").GetBoolean());
        Assert.Equal(202, (await Run("hostile/use", "1000")).Status);
        Assert.StartsWith("must be one of 1, 2, 3, ", Fault(await Run("hostile/use", "1001")), StringComparison.Ordinal);

        await Put("hostile/list", """{"task":{"cmd":"printf 'ok\\n\\377\\376\\nnul\\000\\nlast'; head -c 2000 /dev/zero | tr '\\0' y >&2"}}""");
        await Ended(await client.Post($"{Root}/hostile/list/runs"));
        var broken = await Choices("hostile/use");
        Assert.Equal(["ok", "last"], Values(broken));
        Assert.Equal((2, false), (broken.GetProperty("leftOut").GetInt32(), broken.GetProperty("truncated").GetBoolean()));

        // What was cut off may be a part of a line.
        await Put("hostile/list", """{"task":{"cmd":"printf 'whole\\npart-of-it\\n'","maxOutputBytes":10}}""");
        await Ended(await client.Post($"{Root}/hostile/list/runs"));
        Assert.Equal(["whole"], Values(await Choices("hostile/use")));
    }

    [Fact]
    public async Task EveryWayToStartARun_ChecksTheChoices()
    {
        await Lists("ways");
        await Print("ways", "a\\nb\\n");
        string Body(string value) => $$$"""{"name":"ways/use","parameters":{"x":"{{{value}}}"}}""";

        var workflow = await client.Post("/api/v1/workflows", $$"""{"nodes":[{"name":"n","definition":{{Body("c")}}}]}""");
        Assert.Contains("printed last", Errors(workflow, "nodes[0].definition.parameters.x"), StringComparison.Ordinal);
        Assert.Equal(202, (await client.Post("/api/v1/workflows", $$"""{"nodes":[{"name":"n","definition":{{Body("b")}}}]}""")).Status);

        var schedule = await client.Send(HttpMethod.Put, "/api/v1/schedules/ways", $$$"""{"every":"366d","definition":{{{Body("c")}}}}""");
        Assert.Contains("printed last", Errors(schedule, "definition.parameters.x"), StringComparison.Ordinal);
        Assert.Equal(201, (await client.Send(HttpMethod.Put, "/api/v1/schedules/ways", $$$"""{"every":"366d","definition":{{{Body("b")}}}}""")).Status);
        var nodes = $$$"""{"every":"366d","workflow":{"nodes":[{"name":"n","definition":{{{Body("c")}}}}]}}""";
        Assert.Contains(
            "printed last", Errors(await client.Send(HttpMethod.Put, "/api/v1/schedules/ways-nodes", nodes), "workflow.nodes[0].definition.parameters.x"),
            StringComparison.Ordinal);

        // What is stored does not depend on what has run; each run does.
        await Put("ways/flow", $$$"""{"workflow":{"nodes":[{"name":"n","definition":{{{Body("c")}}}}]}}""");
        Assert.Contains(
            "printed last", Errors(await client.Post($"{Root}/ways/flow/runs"), "workflow.nodes[0].definition.parameters.x"), StringComparison.Ordinal);
        var trigger = """{"definition":"ways/use","signature":{"kind":"gitlab"},"parameters":{"x":{"pointer":"/x"}}}""";
        var stored = await client.Send(HttpMethod.Put, "/api/v1/triggers/ways", trigger);
        Assert.True(stored.Status == 201, stored.Text);
        var token = ("X-Gitlab-Token", stored.Json.GetProperty("secret").GetString()!);
        Assert.Contains("printed last", Errors(await client.Post("/triggers/ways", """{"x":"c"}""", token), "parameters.x"), StringComparison.Ordinal);
        Assert.Equal(202, (await client.Post("/triggers/ways", """{"x":"b"}""", token)).Status);

        // A fixed value is checked by each delivery too.
        var always = await client.Send(
            HttpMethod.Put, "/api/v1/triggers/ways-fixed", """{"definition":"ways/use","signature":{"kind":"gitlab"},"parameters":{"x":{"value":"c"}}}""");
        Assert.True(always.Status == 201, always.Text);
        var fixedToken = ("X-Gitlab-Token", always.Json.GetProperty("secret").GetString()!);
        Assert.Contains("printed last", Errors(await client.Post("/triggers/ways-fixed", "{}", fixedToken), "parameters.x"), StringComparison.Ordinal);

        // A schedule keeps its value.
        await Print("ways", "a\\n");
        Assert.Equal(202, (await client.Post("/api/v1/schedules/ways/trigger")).Status);
        Assert.Equal(422, (await client.Post("/triggers/ways", """{"x":"b"}""", token)).Status);
    }

    [Fact]
    public async Task Schedule_ThatPrintsTheChoices_RenewsThem()
    {
        await Lists("nightly");
        var body = """{"every":"366d","definition":{"name":"nightly/list","parameters":{"text":"new\\n"}}}""";
        Assert.Equal(201, (await client.Send(HttpMethod.Put, "/api/v1/schedules/nightly", body)).Status);
        var started = await client.Post("/api/v1/schedules/nightly/trigger");
        Assert.True(started.Status == 202, started.Text);

        await Eventually.True(() => Values(Choices("nightly/use").GetAwaiter().GetResult()) is ["new"]);
        Assert.Equal(202, (await Run("nightly/use", "new")).Status);
    }

    [Fact]
    public async Task KeyWithTheScopeRun_SeesTheChoices_AndNothingElseOfTheTask()
    {
        await Lists("support");
        var listed = (await Print("support", "a\\n")).GetProperty("id").GetString();
        var key = NewKey.Make("support", Scopes.Run, expiresAt: null, ["support/use"]);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        var header = ("Authorization", $"Bearer {key.Text}");

        var shown = (await client.Get($"{Root}/support/use?choices=true", header)).Json.GetProperty("choices")[0];

        Assert.Equal(["a"], Values(shown));
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("task").ValueKind);
        Assert.Equal(202, (await client.Post($"{Root}/support/use/runs", """{"parameters":{"x":"a"}}""", header)).Status);
        Assert.Equal(422, (await client.Post($"{Root}/support/use/runs", """{"parameters":{"x":"b"}}""", header)).Status);
        (await client.Get($"/api/v1/tasks/{listed}/output/stdout", header)).Problem(404, "not-found");
        (await client.Get($"{Root}/support/list?choices=true", header)).Problem(404, "not-found");
        (await client.Get($"{Root}/support/list/runs", header)).Problem(404, "not-found");
    }

    [Fact]
    public async Task Put_NamesADefinitionOfATask_WhichCannotBeDeletedMeanwhile()
    {
        await Put("made/list", """{"task":{"cmd":"true"}}""");
        await Put("made/flow", """{"workflow":{"nodes":[{"name":"a","task":{"cmd":"true"}}]}}""");
        foreach (var (source, fault) in ((string, string)[])[
            ("made/use", "names the definition itself"), ("made/none", "names no definition: 'made/none' is not stored"),
            ("made/flow", "must name the definition of a task, but 'made/flow' starts a workflow")])
            Assert.Equal(fault, Errors(await client.Send(HttpMethod.Put, $"{Root}/made/use", Use(source)), "parameters[0].choicesFrom"));
        await Put("made/use", Use("made/list"));

        var refused = (await client.Send(HttpMethod.Delete, $"{Root}/made/list")).Problem(409, "definition-in-use");
        Assert.EndsWith("definitions made/use.", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // Two that take choices from each other are harmless.
        await Put("made/list", """{"parameters":[{"name":"y","type":"choice","choicesFrom":"made/use"}],"task":{"cmd":"echo a"}}""");
        await Ended(await client.Post($"{Root}/made/list/runs"));
        await Ended(await Run("made/use", "a"));
        Assert.Equal(202, (await client.Post($"{Root}/made/list/runs", """{"parameters":{"y":"a"}}""")).Status);

        // One that no longer starts a task gives no choices.
        await Put("made/list", """{"workflow":{"nodes":[{"name":"a","task":{"cmd":"echo b"}}]}}""");
        Assert.Equal("has no choices: the definition 'made/list' starts no task that could print them", Fault(await Run("made/use", "a")));
        await Put("made/use", """{"task":{"cmd":"true"}}""");
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, $"{Root}/made/list")).Status);
    }

    private static string Use(string source) =>
        $$$"""{"parameters":[{"name":"x","type":"choice","choicesFrom":"{{{source}}}"}],"task":{"argv":["printf","%s","${param.x}"]}}""";

    private async Task Lists(string folder)
    {
        await Put($"{folder}/list", """
            {"parameters":[{"name":"text"},{"name":"exit","type":"integer","default":0}],
             "task":{"cmd":"printf '%b' \"$PARAM_TEXT\"; exit $PARAM_EXIT"}}
            """);
        await Put($"{folder}/use", Use($"{folder}/list"));
    }

    // Runs the definition that prints the choices. A backslash in a text that is not an escape must be doubled.
    private async Task<JsonElement> Print(string folder, string text, int exit = 0)
    {
        var value = JsonSerializer.Serialize(text.Contains('\u001b') ? text.Replace("\\", "\\\\", StringComparison.Ordinal) : text);
        return await Ended(await client.Post($"{Root}/{folder}/list/runs", $$$"""{"parameters":{"text":{{{value}}},"exit":{{{exit}}}}}"""));
    }

    private Task<Reply> Run(string definition, string value) =>
        client.Post($"{Root}/{definition}/runs", $$$"""{"parameters":{"x":{{{JsonSerializer.Serialize(value)}}}}}""");

    private async Task<JsonElement> Choices(string definition) =>
        Assert.Single((await client.Get($"{Root}/{definition}?choices=true")).Json.GetProperty("choices").EnumerateArray());

    private static string[] Values(JsonElement choices) =>
        [.. choices.GetProperty("values").EnumerateArray().Select(static one => one.GetString()!)];

    private static string Fault(Reply refused) => Errors(refused, "parameters.x");

    private static string Errors(Reply refused, string path)
    {
        Assert.True(refused.Status == 422, refused.Text);
        return refused.Json.GetProperty("errors").GetProperty(path)[0].GetString()!;
    }

    private async Task<string> Output(JsonElement task)
    {
        Assert.True(task.GetProperty("state").GetString() == "succeeded", task.GetRawText());
        return (await client.Get($"/api/v1/tasks/{task.GetProperty("id").GetString()}/output/stdout")).Text;
    }

    private async Task Put(string name, string body)
    {
        var reply = await client.Send(HttpMethod.Put, $"{Root}/{name}", body);
        Assert.True(reply.Status is 200 or 201, reply.Text);
    }

    private async Task<JsonElement> Ended(Reply started)
    {
        Assert.True(started.Status == 202, started.Text);
        return (await client.Get($"/api/v1/tasks/{started.Json.GetProperty("id").GetString()}?wait=60s")).Json;
    }
}
