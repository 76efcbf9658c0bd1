using System.Text.Json;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>Workflows over HTTP, through the real silo, store and worker.</summary>
public sealed class WorkflowTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Root = "/api/v1/workflows";
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Post_RunsNodesInOrder_AndShowsThem()
    {
        var log = Path.Combine(service.Folder, "order");
        var made = await client.Post(Root, $$$"""
            {"name":"site","queue":"flows","labels":{"team":"a"},"nodes":[
              {"name":"deploy","task":{"cmd":"echo deploy >> {{{log}}}"},"after":["test","docs"]},
              {"name":"test","task":{"cmd":"echo test >> {{{log}}}","name":"own"},"after":["build"]},
              {"name":"docs","task":{"cmd":"echo docs >> {{{log}}}"},"after":[{"node":"build","on":"ended"}]},
              {"name":"build","task":{"cmd":"echo $WORKFLOW_NODE >> {{{log}}}"}}]}
            """);
        Assert.Equal(202, made.Status);
        var id = Text(made, "id");
        Assert.Equal($"{Root}/{id}", made.Headers["Location"]);
        Assert.Equal(("site", "flows", "running", 1, 4, 0), (
            Text(made, "name"), Text(made, "queue"), Text(made, "state"), Int(made, "run"), Int(made, "nodes"),
            Int(made, "ended")));
        Assert.Equal("""{"scheduled":3,"queued":1}""", made.Json.GetProperty("byState").ToString());

        var ended = await Ended(id);
        Assert.Equal(
            ("succeeded", """{"succeeded":4}"""), (Text(ended, "state"), ended.Json.GetProperty("byState").ToString()));
        Assert.Equal(JsonValueKind.String, ended.Json.GetProperty("endedAt").ValueKind);
        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.Equal(("build", "deploy", 4), (lines[0], lines[3], lines.Length));

        var nodes = (await client.Get($"{Root}/{id}/nodes?limit=2")).Json;
        Assert.Equal(["deploy", "test"],
            nodes.GetProperty("items").EnumerateArray().Select(static node => node.GetProperty("name").GetString()));
        var rest = (await client.Get($"{Root}/{id}/nodes?cursor={nodes.GetProperty("nextCursor").GetString()}")).Json;
        var docs = rest.GetProperty("items")[0];
        Assert.Equal("""[{"node":"build","on":"ended"}]""", docs.GetProperty("after").ToString());
        var task = await client.Get($"/api/v1/tasks/{docs.GetProperty("task").GetString()}");
        Assert.True(task.Json.GetProperty("spec").GetProperty("result").GetBoolean());
        Assert.Equal(("docs", "flows"), (Text(task, "name"), Text(task, "queue")));
        Assert.Equal($$"""{"id":"{{id}}","node":"docs","item":null}""", task.Json.GetProperty("workflow").ToString());
        Assert.Equal(
            4, (await client.Get($"/api/v1/tasks?workflow={id}&view=row")).Json.GetProperty("items").GetArrayLength());
        Assert.Equal(
            "succeeded", Text(await client.Get($"{Root}?label=team%3Da&state=succeeded"), "items", 0, "state"));
        Assert.Equal(0, (await client.Get($"{Root}?name=other")).Json.GetProperty("items").GetArrayLength());
        (await client.Send(HttpMethod.Post, $"{Root}/{id}/cancel")).Problem(409, "workflow-finished");
        (await client.Send(HttpMethod.Post, $"{Root}/{id}/retry")).Problem(409, "not-retryable");
    }

    [Fact]
    public async Task Results_OfNodes_AreInputsOfThoseThatWaitForThem()
    {
        var (seen, flag) = (Path.Combine(service.Folder, "seen"), Path.Combine(service.Folder, "go"));
        var made = await client.Post(Root, $$$"""
            {"nodes":[{"name":"tag","task":{"cmd":"cat $TASK_INPUTS >> {{{seen}}}; printf '{ \"tag\": \"v1\" }' > $TASK_RESULT"}},
              {"name":"none","task":{"cmd":"true","result":false},"after":["tag"]},
              {"name":"use","task":{"cmd":"cat $TASK_INPUTS >> {{{seen}}}; echo $WORKFLOW_RUN >> {{{seen}}}; test -e {{{flag}}}"},"after":["none","tag"]}]}
            """);
        var id = Text(made, "id");
        Assert.Equal("failed", Text(await Ended(id), "state"));
        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
        await client.Send(HttpMethod.Post, $"{Root}/{id}/retry");
        Assert.Equal("succeeded", Text(await Ended(id), "state"));

        const string Inputs = """{"none":null,"tag":{ "tag": "v1" }}""";
        Assert.Equal(
            $"{{}}{Inputs}1\n{Inputs}2\n", await File.ReadAllTextAsync(seen, TestContext.Current.CancellationToken));
        var tag = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[0].GetProperty("task").GetString();
        Assert.Equal("""{ "tag": "v1" }""", (await client.Get($"/api/v1/tasks/{tag}/result")).Text);
    }

    [Fact]
    public async Task Retry_RunsWhatDidNotSucceedAgain_FromTheFailedPart()
    {
        var (log, flag) = (Path.Combine(service.Folder, "runs"), Path.Combine(service.Folder, "flag"));
        var made = await client.Post(Root, $$$"""
            {"nodes":[{"name":"a","task":{"cmd":"echo a >> {{{log}}}"}},
              {"name":"b","task":{"cmd":"echo b >> {{{log}}}; test -e {{{flag}}}"},"after":["a"]},
              {"name":"c","task":{"cmd":"echo c >> {{{log}}}"},"after":["b"]}]}
            """);
        var id = Text(made, "id");
        var failed = await Ended(id);
        Assert.Equal(
            ("failed", """["b"]"""), (Text(failed, "state"), failed.Json.GetProperty("failedNodes").ToString()));
        var skipped = (await client.Get($"{Root}/{id}/nodes?state=cancelled")).Json.GetProperty("items")[0];
        Assert.Equal(
            ("c", "skipped"), (skipped.GetProperty("name").GetString(), skipped.GetProperty("reason").GetString()));
        (await client.Send(HttpMethod.Post, $"/api/v1/tasks/{skipped.GetProperty("task").GetString()}/retry"))
            .Problem(409, "workflow-finished");

        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
        var retried = await client.Send(HttpMethod.Post, $"{Root}/{id}/retry");
        Assert.Equal((202, 2), (retried.Status, Int(retried, "run")));
        Assert.Equal("succeeded", Text(await Ended(id), "state"));
        Assert.Equal(["a", "b", "b", "c"], await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Cancel_EndsWhatRunsAndWaits_AndThenCleansUp()
    {
        var made = await client.Post(Root, """
            {"nodes":[{"name":"long","task":{"cmd":"sleep 600"}},{"name":"next","task":{"cmd":"true"},"after":["long"]},
              {"name":"clean","task":{"cmd":"true"},"after":[{"node":"long","on":"ended"}]}]}
            """);
        var id = Text(made, "id");
        Assert.Equal(202, (await client.Send(HttpMethod.Post, $"{Root}/{id}/cancel")).Status);
        var ended = await Ended(id);
        Assert.Equal(("cancelled", """{"succeeded":1,"cancelled":2}"""),
            (Text(ended, "state"), ended.Json.GetProperty("byState").ToString()));
    }

    [Fact]
    public async Task FailedNodes_AreTheCulpritsAlone_NotWhatOnFailureCancelled()
    {
        var flag = Path.Combine(service.Folder, "begun");
        var made = await client.Post(Root, $$$"""
            {"onFailure":"cancel","nodes":[{"name":"long","task":{"cmd":"touch {{{flag}}}; sleep 600","killGrace":"0ms"}},
              {"name":"bad","task":{"cmd":"until test -e {{{flag}}}; do sleep 0.05; done; exit 1"}},
              {"name":"next","task":{"cmd":"true"},"after":["long"]}]}
            """);
        var ended = await Ended(Text(made, "id"));
        Assert.Equal(
            ("failed", """["bad"]""", """{"failed":1,"cancelled":2}"""),
            (Text(ended, "state"), ended.Json.GetProperty("failedNodes").ToString(), ended.Json.GetProperty("byState").ToString()));
    }

    [Theory]
    [InlineData("cancel the workflow", "cancelled", "[]")]
    [InlineData("cancel the node", "failed", """["long"]""")]
    [InlineData("cancel the node beside a failed one", "failed", """["bad"]""")]
    public async Task FailedNodes_LeaveOutCancelledOnes_UnlessTheCancelFailedTheWorkflow(
        string done, string state, string named)
    {
        var bad = done.EndsWith("failed one", StringComparison.Ordinal)
            ? """{"name":"bad","task":{"cmd":"exit 1"}},"""
            : "";
        var made = await client.Post(Root, $$$"""
            {"nodes":[{{{bad}}}{"name":"long","task":{"cmd":"sleep 600","killGrace":"0ms"}},
                {"name":"next","task":{"cmd":"true"},"after":["long"]}]}
            """);
        var id = Text(made, "id");
        if (bad.Length > 0)
        {
            var failing = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[0];
            await client.Get($"/api/v1/tasks/{failing.GetProperty("task").GetString()}?wait=30s");
        }

        var cancelled = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items").EnumerateArray()
            .Single(static node => node.GetProperty("name").GetString() == "long").GetProperty("task").GetString();
        var path = done == "cancel the workflow" ? $"{Root}/{id}/cancel" : $"/api/v1/tasks/{cancelled}/cancel";
        Assert.Equal(202, (await client.Send(HttpMethod.Post, path)).Status);

        var ended = await Ended(id);
        Assert.Equal((state, named), (Text(ended, "state"), ended.Json.GetProperty("failedNodes").ToString()));
    }

    [Fact]
    public async Task ForEach_RunsATaskForEachItem_AndARetryTheFailedOnesAlone()
    {
        var (log, flag) = (Path.Combine(service.Folder, "items"), Path.Combine(service.Folder, "all"));
        var made = await client.Post(Root, $$$"""
            {"nodes":[
              {"name":"list","task":{"cmd":"printf '{\"files\": [\"a b\", 7, {\"x\":[1]}, null]}' > $TASK_RESULT"}},
              {"name":"each","after":["list"],"forEach":{"node":"list","select":"/files"},"task":{
                "cmd":"echo \"$TASK_ITEM_INDEX $TASK_ITEM\" >> {{{log}}}; test $TASK_ITEM_INDEX != 2 -o -e {{{flag}}} && echo \"[$TASK_ITEM_INDEX]\" > $TASK_RESULT"}},
              {"name":"join","after":["each"],"task":{"cmd":"cat $TASK_INPUTS > {{{log}}}.joined"}}]}
            """);
        Assert.Equal(202, made.Status);
        var id = Text(made, "id");
        var failed = await Ended(id);
        Assert.Equal(("failed", 3, """["each"]"""), (
            Text(failed, "state"), Int(failed, "nodes"), failed.Json.GetProperty("failedNodes").ToString()));
        Assert.Equal(
            ["0 a b", "1 7", """2 {"x":[1]}""", "3 null"],
            (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Order(StringComparer.Ordinal));
        var each = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[1];
        Assert.Equal(
            ("failed", "exit", """{"total":4,"byState":{"succeeded":3,"failed":1}}"""),
            (each.GetProperty("state").GetString(), each.GetProperty("reason").GetString(),
                each.GetProperty("elements").ToString()));
        var items = (await client.Get($"/api/v1/tasks?workflow={id}&state=failed&view=row")).Json.GetProperty("items");
        Assert.Contains(
            $$"""{"id":"{{id}}","node":"each","item":2}""", items.EnumerateArray().Select(static one => one.GetProperty("workflow").ToString()));

        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
        Assert.Equal(202, (await client.Send(HttpMethod.Post, $"{Root}/{id}/retry")).Status);
        Assert.Equal("succeeded", Text(await Ended(id), "state"));
        var lines = await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken);
        Assert.Equal((5, """2 {"x":[1]}"""), (lines.Length, lines[4]));
        Assert.Equal(
            "{\"each\":[[0]\n,[1]\n,[2]\n,[3]\n]}", await File.ReadAllTextAsync(log + ".joined",
                TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ForEach_ExampleOfTheDocumentation_Runs()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "docs", "workflows.md")))
            folder = folder.Parent!;
        var page = await File.ReadAllTextAsync(
            Path.Combine(folder.FullName, "docs", "workflows.md"), TestContext.Current.CancellationToken);
        var example = page[page.IndexOf("{\"name\": \"thumbnails\"", StringComparison.Ordinal)..];
        var made = await client.Post(Root, example[..example.IndexOf("```", StringComparison.Ordinal)]);
        var id = Text(made, "id");
        Assert.Equal("succeeded", Text(await Ended(id), "state"));
        var nodes = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items");
        Assert.Equal("""{"node":"list","from":"result","select":"/files"}""", nodes[1].GetProperty("forEach").ToString());
        Assert.Equal("""{"total":3,"byState":{"succeeded":3}}""", nodes[1].GetProperty("elements").ToString());
        var index = await client.Get($"/api/v1/tasks/{nodes[2].GetProperty("task").GetString()}");
        Assert.Equal("{\"scale\":[0\n,1\n,2\n]}", index.Json.GetProperty("output").GetProperty("tail").GetString());
    }

    [Fact]
    public async Task Job_IsANode_WhoseAggregateLaterNodesFind()
    {
        var made = await client.Post(Root, """
            {"nodes":[{"name":"list","task":{"cmd":"true"}},
              {"name":"sum","after":["list"],"job":{"source":{"range":{"from":0,"to":10}},"process":{"command":{"cmd":"while read x; do echo \"$x\"; done"}},
                "aggregate":[{"as":"total","op":"sum"},{"as":"seen","op":"collect"}]}},
              {"name":"tell","after":["sum"],"task":{"cmd":"cat $TASK_INPUTS"}}]}
            """);
        Assert.Equal((202, """{"scheduled":2,"queued":1}"""), (made.Status, made.Json.GetProperty("byState").ToString()));
        var id = Text(made, "id");
        var ended = await Ended(id);
        Assert.Equal(("succeeded", """{"succeeded":3}"""), (Text(ended, "state"), ended.Json.GetProperty("byState").ToString()));
        var nodes = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items");
        Assert.False(nodes[0].TryGetProperty("job", out _));
        var job = await client.Get($"/api/v1/jobs/{nodes[1].GetProperty("job").GetString()}");
        Assert.Equal(("sum", "succeeded", $$"""{"id":"{{id}}","node":"sum"}"""),
            (Text(job, "name"), Text(job, "state"), job.Json.GetProperty("workflow").ToString()));
        var own = nodes[1].GetProperty("task").GetString();
        var aggregate = job.Json.GetProperty("aggregate").ToString();
        Assert.StartsWith("{\"total\":45", aggregate, StringComparison.Ordinal);
        Assert.Equal(aggregate, (await client.Get($"/api/v1/tasks/{own}/result")).Text);
        var tell = await client.Get($"/api/v1/tasks/{nodes[2].GetProperty("task").GetString()}");
        Assert.Equal("{\"sum\":" + aggregate + "}", tell.Json.GetProperty("output").GetProperty("tail").GetString());
        Assert.Equal("sum", (await client.Get($"/api/v1/tasks/{own}")).Json.GetProperty("workflow").GetProperty("node").GetString());
    }

    [Fact]
    public async Task Job_ThatFails_FailsItsNode_AndARetryRunsAnotherOne()
    {
        var flag = Path.Combine(service.Folder, "job-may-succeed");
        var made = await client.Post(Root, $$$"""
            {"nodes":[{"name":"sum","job":{"source":{"range":{"from":0,"to":3}},"process":{"chunkCommand":{"cmd":"test -e {{{flag}}} && cat"}},
                "retry":{"maxAttempts":1},"aggregate":[{"as":"total","op":"sum"}]}},
              {"name":"next","after":["sum"],"task":{"cmd":"true"}},
              {"name":"tidy","after":[{"node":"sum","on":"failed"}],"task":{"cmd":"true"}}]}
            """);
        Assert.Equal("""{"scheduled":2,"queued":1}""", made.Json.GetProperty("byState").ToString());
        var id = Text(made, "id");
        Assert.Equal("failed", Text(await Ended(id), "state"));
        var nodes = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items");
        Assert.Equal(
            ["failed job-failed", "cancelled skipped", "succeeded exit"],
            nodes.EnumerateArray().Select(static node => $"{node.GetProperty("state").GetString()} {node.GetProperty("reason").GetString()}"));
        var first = nodes[0].GetProperty("job").GetString();
        await File.WriteAllTextAsync(flag, "", TestContext.Current.CancellationToken);
        Assert.Equal(202, (await client.Post($"{Root}/{id}/retry")).Status);
        Assert.Equal("succeeded", Text(await Ended(id), "state"));
        var second = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[0].GetProperty("job").GetString();
        Assert.NotEqual(first, second);
        Assert.Equal(("failed", "succeeded"), (
            Text(await client.Get($"/api/v1/jobs/{first}"), "state"), Text(await client.Get($"/api/v1/jobs/{second}"), "state")));
    }

    [Fact]
    public async Task Job_OfACancelledWorkflow_IsCancelled()
    {
        var made = await client.Post(Root, """
            {"nodes":[{"name":"slow","job":{"source":{"range":{"from":0,"to":3}},"process":{"chunkCommand":{"cmd":"sleep 60"}}}},
              {"name":"next","after":["slow"],"task":{"cmd":"true"}}]}
            """);
        var id = Text(made, "id");
        string? job = null;
        while (job is null)
            job = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[0].GetProperty("job").GetString();
        Assert.Equal("""{"scheduled":1,"running":1}""", (await client.Get($"{Root}/{id}")).Json.GetProperty("byState").ToString());
        Assert.Equal(202, (await client.Post($"{Root}/{id}/cancel")).Status);
        Assert.Equal(("cancelled", """{"cancelled":2}"""), (Text(await Ended(id), "state"),
            (await client.Get($"{Root}/{id}")).Json.GetProperty("byState").ToString()));
        Assert.Equal("cancelled", Text(await client.Get($"/api/v1/jobs/{job}"), "state"));
    }

    [Fact]
    public async Task ForEach_LinesOfOutput_AreItems_AndEmptyOnesToo()
    {
        var log = Path.Combine(service.Folder, "lines");
        var made = await client.Post(Root, $$$"""
            {"nodes":[{"name":"list","task":{"cmd":"printf '\\357\\273\\277x y\\r\n\nlast'"}},
              {"name":"each","after":["list"],"forEach":{"node":"list","from":"stdout"},"task":{"cmd":"echo \"$TASK_ITEM_INDEX:$TASK_ITEM\" >> {{{log}}}"}},
              {"name":"none","after":["each"],"task":{"cmd":"true"}},
              {"name":"nothing","after":["none"],"forEach":{"node":"none","from":"stdout"},"task":{"cmd":"false"}}]}
            """);
        var id = Text(made, "id");
        Assert.Equal("succeeded", Text(await Ended(id), "state"));
        Assert.Equal(
            ["0:x y", "1:", "2:last"],
            (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Order(StringComparer.Ordinal));
        var nothing = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[3];
        Assert.Equal(
            ("succeeded", """{"total":0,"byState":{}}"""),
            (nothing.GetProperty("state").GetString(), nothing.GetProperty("elements").ToString()));
    }

    [Theory]
    [InlineData("true", "", "The node 'list' wrote no result.")]
    [InlineData("echo 4 > $TASK_RESULT", "", "The node 'list' wrote a result that is not an array.")]
    [InlineData("echo [] > $TASK_RESULT", "/a", "The node 'list' wrote a result with no value at /a.")]
    [InlineData("seq -s, 10001 | sed 's/.*/[&]/' > $TASK_RESULT", "", "The node 'list' wrote 10001 items; at most 10000 are allowed.")]
    public async Task ForEach_WithoutAUsableList_FailsTheNode_AndSaysWhy(string command, string select, string detail)
    {
        var made = await client.Post(Root, $$$"""
            {"nodes":[{"name":"list","task":{"cmd":"{{{command}}}"}},
              {"name":"each","after":["list"],"forEach":{"node":"list","select":"{{{select}}}"},"task":{"cmd":"true"}}]}
            """);
        var id = Text(made, "id");
        Assert.Equal("failed", Text(await Ended(id), "state"));
        var each = (await client.Get($"{Root}/{id}/nodes")).Json.GetProperty("items")[1];
        Assert.Equal(
            ("failed", "bad-result", detail, """{"total":null,"byState":{}}"""),
            (each.GetProperty("state").GetString(), each.GetProperty("reason").GetString(),
                each.GetProperty("detail").GetString(),
                each.GetProperty("elements").ToString()));
    }

    [Fact]
    public async Task Post_WithAKey_IsAcceptedOnce()
    {
        const string Body = """{"nodes":[{"name":"a","task":{"cmd":"true"}}]}""";
        var key = ("Idempotency-Key", "workflow-once");
        var first = await client.Send(HttpMethod.Post, Root, Body, key);
        var second = await client.Send(HttpMethod.Post, Root, Body, key);
        Assert.Equal((202, 202, first.Text), (first.Status, second.Status, second.Text));
        Assert.Equal("true", second.Headers["Idempotency-Replayed"]);
        (await client.Send(HttpMethod.Post, Root, Body.Replace("true", "false", StringComparison.Ordinal), key))
            .Problem(422, "idempotency-key-reuse");
    }

    [Fact]
    public async Task Post_BadWorkflow_IsRefusedWithItsPlaces_AndUnknownOnesAreNotFound()
    {
        var refused = (await client.Post(Root, """{"nodes":[{"name":"a","task":{"cmd":"true"},"after":["b"]}]}"""))
            .Problem(422, "invalid-workflow");
        Assert.Contains("nodes[0].after[0]", refused.ToString(), StringComparison.Ordinal);
        const string Unknown = Root + "/019f5a2c-7d10-7c3a-8b00-0342ab12cd34";
        (await client.Get(Unknown)).Problem(404, "not-found");
        (await client.Get(Unknown + "/nodes")).Problem(404, "not-found");
        (await client.Send(HttpMethod.Post, Unknown + "/cancel")).Problem(404, "not-found");
        (await client.Send(HttpMethod.Post, Unknown + "/retry")).Problem(404, "not-found");
        (await client.Get(Root + "?state=ended")).Problem(400, "bad-parameter");
    }

    private static string Text(Reply answer, string name) => answer.Json.GetProperty(name).GetString()!;

    private static string Text(Reply answer, string list, int index, string name) =>
        answer.Json.GetProperty(list)[index].GetProperty(name).GetString()!;

    private static int Int(Reply answer, string name) => answer.Json.GetProperty(name).GetInt32();

    private async Task<Reply> Ended(string id)
    {
        var answer = await client.Get($"{Root}/{id}?wait=30s");
        Assert.NotEqual("running", Text(answer, "state"));
        return answer;
    }
}
