using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Files travel with a task to a remote worker, and what it leaves comes back.</summary>
public sealed class TaskFileTests(TaskFileTests.OwnService own) : DataFolders, IClassFixture<TaskFileTests.OwnService>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private HttpClient Http => own.Service.Http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Task_WithFiles_FindsThemAndItsArtifactsComeBack()
    {
        var script = await Put("#!/bin/sh\nmkdir -p $2/deep\nwc -l < $1 > $2/n.txt\ncp $1 $2/deep/x.csv\necho '<html>' > $2/p.html\nprintf '#!/bin/sh' > $2/tool\nchmod +x $2/tool\nexec > /dev/null\n");
        var csv = await Put("a,b\n1,2\n");

        var task = await Ended(new JsonObject
        {
            ["cmd"] = "./lib/report.sh data/sales.csv out; find . -type f ! -path './out/*' | sort; touch left-out",
            ["files"] = new JsonArray(
                new JsonObject { ["path"] = "lib/report.sh", ["file"] = script, ["executable"] = true },
                new JsonObject { ["path"] = "data/sales.csv", ["file"] = csv }),
            ["artifacts"] = new JsonArray("out/**"),
        });

        Assert.Equal(("succeeded", 4, 26L), ((string?)task["state"], (int?)task["artifactCount"], (long?)task["artifactBytes"]));
        Assert.Equal("./data/sales.csv\n./lib/report.sh\n", (string?)task["output"]!["tail"]);
        var root = $"/api/v1/tasks/{task["id"]}/artifacts";
        var list = await Get(root);
        Assert.Equal(
            ["out/deep/x.csv 8 False", "out/n.txt 2 False", "out/p.html 7 False", "out/tool 9 True"],
            list["items"]!.AsArray().Select(static item => $"{item!["path"]} {item["bytes"]} {(bool)item["executable"]!}"));
        Assert.Equal((4, 26L, null), ((int)list["count"]!, (long)list["totalBytes"]!, list["nextCursor"]));
        Assert.Equal(csv, (string?)list["items"]![0]!["file"]);
        await AssertSent(root, csv);
        await AssertArchives(root);
        var again = await Get($"{root}?limit=3");
        Assert.Equal("out/tool", (string?)(await Get($"{root}?limit=3&cursor={again["nextCursor"]}"))["items"]![0]!["path"]);
    }

    [Fact]
    public async Task Task_WithArtifactsOfAnotherTask_FindsThem()
    {
        var first = await Submit(new JsonObject
        {
            ["cmd"] = "mkdir -p parts/b; echo one > parts/a.txt; echo two > parts/b/c.txt; printf '#!/bin/sh\necho ran' > parts/run; chmod +x parts/run",
            ["artifacts"] = new JsonArray("parts/**"),
        });

        // It is accepted before the other one has ended, because it waits for it.
        var task = await Ended(new JsonObject
        {
            ["cmd"] = "find . -type f | sort; in/parts/run",
            ["after"] = new JsonArray(first),
            ["files"] = new JsonArray(
                new JsonObject { ["path"] = "in/", ["task"] = first, ["artifacts"] = "parts/**" },
                new JsonObject { ["path"] = "one", ["task"] = first, ["artifacts"] = "parts/a.txt" }),
        });

        Assert.Equal("./in/parts/a.txt\n./in/parts/b/c.txt\n./in/parts/run\n./one\nran\n", (string?)task["output"]!["tail"]);
        Assert.Equal(("succeeded", null), ((string?)task["state"], task["artifactCount"]));
        var unmatched = await Ended(new JsonObject
        {
            ["cmd"] = "true",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "in/", ["task"] = first, ["artifacts"] = "*.csv" }),
        });
        Assert.Equal(("failed", "file-unavailable", null), ((string?)unmatched["state"], (string?)unmatched["reason"], unmatched["exitCode"]));
        Assert.Contains("No artifact of task", (string?)unmatched["output"]!["tail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", "artifact-missing", "out")]
    [InlineData("head -c 2000 /dev/zero > out", "artifact-too-large", "1,?000|1000")]
    public async Task Artifacts_ThatCannotBeKept_FailTheAttempt(string cmd, string reason, string said)
    {
        var task = await Ended(new JsonObject { ["cmd"] = cmd, ["artifacts"] = new JsonArray("out"), ["maxArtifactBytes"] = 1_000 });

        Assert.Equal(("failed", reason, 0), ((string?)task["state"], (string?)task["reason"], (int?)task["exitCode"]));
        Assert.Matches(said, (string?)task["output"]!["tail"]);
        Assert.Equal(0, await Count(task));
    }

    [Theory]
    [InlineData("""[ $TASK_ATTEMPT != 3 ] || echo > out""", "artifact-missing")]
    [InlineData("""head -c $((3000 / TASK_ATTEMPT)) /dev/zero > out""", "artifact-too-large")]
    public async Task Artifacts_ThatCannotBeKept_AreACauseOfRetries(string cmd, string cause)
    {
        var task = await Ended(new JsonObject
        {
            ["cmd"] = cmd, ["artifacts"] = new JsonArray("out"), ["maxArtifactBytes"] = 1_000,
            ["retry"] = new JsonObject { ["backoff"] = "1ms", ["on"] = new JsonObject { [cause] = new JsonObject { ["maxAttempts"] = 3 } } },
        });

        Assert.Equal(("succeeded", 3, 1), ((string?)task["state"], (int)task["attempt"]!, (int?)task["artifactCount"]));
    }

    [Fact]
    public async Task Input_WhoseBytesAreLost_IsAReasonAndACauseOfRetries()
    {
        var name = await Put("lost " + Guid.NewGuid());
        var digits = name["sha256:".Length..];
        File.Delete(Path.Combine(own.Service.Data, "files", digits[..2], digits[2..]));

        var task = await Ended(new JsonObject
        {
            ["cmd"] = "true",
            ["files"] = new JsonArray(new JsonObject { ["path"] = "a", ["file"] = name }),
            ["retry"] = new JsonObject { ["backoff"] = "1ms", ["on"] = new JsonObject { ["file-unavailable"] = new JsonObject { ["maxAttempts"] = 2 } } },
        });

        Assert.Equal(("failed", "file-unavailable", null, 2), ((string?)task["state"], (string?)task["reason"], task["exitCode"], (int)task["attempt"]!));
        Assert.Contains(name, (string?)task["output"]!["tail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submission_OfFilesThatAreNotThere_IsRefusedByName()
    {
        var (known, unknown) = (await Put("known"), "sha256:" + new string('7', 64));
        var open = await Submit(new JsonObject { ["cmd"] = "true", ["runAt"] = "2999-01-01T00:00:00Z", ["artifacts"] = new JsonArray("x") });
        JsonObject File(string source, string value, string? artifacts = null)
        {
            var file = new JsonObject { ["path"] = artifacts is null ? Guid.NewGuid().ToString() : "in/", [source] = value };
            if (artifacts is not null)
                file["artifacts"] = artifacts;
            return file;
        }

        using var answer = await own.Service.Post("/api/v1/tasks", new JsonObject
        {
            ["cmd"] = "true",
            ["files"] = new JsonArray(
                File("file", known), File("file", unknown), File("task", "019f5a2c-7d10-7c3a-8b00-0342ab12cd33", "*"), File("task", open, "*")),
        });

        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal((422, "invalid-task"), ((int)answer.StatusCode, (string?)problem["code"]));
        Assert.Equal(["files[1]", "files[2]", "files[3]"], problem["errors"]!.AsObject().Select(static error => error.Key));
        using var batch = await own.Service.Post("/api/v1/tasks/batch", new JsonObject
        {
            ["tasks"] = new JsonArray(new JsonObject { ["cmd"] = "true" }, new JsonObject { ["cmd"] = "true", ["files"] = new JsonArray(File("file", unknown)) }),
        });
        Assert.Contains("tasks[1].files[0]", await batch.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(422, (int)batch.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync($"/api/v1/tasks/{open}/artifacts", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Workflow_OfFilesThatAreNotThere_IsRefusedByName_AndOneWithFilesRuns()
    {
        var name = await Put("of a node");
        JsonObject Workflow(string file) => new()
        {
            ["nodes"] = new JsonArray(
                new JsonObject { ["name"] = "a", ["task"] = new JsonObject { ["cmd"] = "true" } },
                new JsonObject
                {
                    ["name"] = "b", ["after"] = new JsonArray("a"),
                    ["task"] = new JsonObject
                    {
                        ["cmd"] = "cp in out", ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = file }), ["artifacts"] = new JsonArray("out"),
                    },
                }),
        };

        using var refused = await own.Service.Post("/api/v1/workflows", Workflow("sha256:" + new string('7', 64)));
        var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal((422, "invalid-workflow"), ((int)refused.StatusCode, (string?)problem["code"]));
        Assert.Equal("nodes[1].task.files[0]", Assert.Single(problem["errors"]!.AsObject()).Key);

        using var accepted = await own.Service.Post("/api/v1/workflows", Workflow(name));
        var text = await accepted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)accepted.StatusCode == 202, text);
        var ended = await Get($"/api/v1/workflows/{JsonNode.Parse(text)!["id"]}?wait=60s");
        Assert.Equal("succeeded", (string?)ended["state"]);
        var tasks = await Get("/api/v1/tasks?workflow=" + ended["id"]);
        var node = tasks["items"]!.AsArray().Single(static task => (int?)task!["artifactCount"] == 1)!;
        Assert.Equal("of a node", await Http.GetStringAsync($"/api/v1/tasks/{node["id"]}/artifacts/out", Cancellation));
    }

    [Fact]
    public async Task Workflow_HandsArtifactsOn_FromNodeToItemsToNode_AndListsThem()
    {
        using var accepted = await own.Service.Post("/api/v1/workflows", JsonNode.Parse("""
            {"nodes": [
              {"name": "split", "task": {"cmd": "mkdir parts; echo b > parts/2.txt; echo a > 'parts/1 [x].txt'; echo no > parts/z", "artifacts": ["parts/**"]}},
              {"name": "each", "after": ["split"], "forEach": {"node": "split", "from": "artifacts", "select": "parts/*.txt"},
               "task": {"cmd": "cat \"$TASK_ITEM\" > out; echo $TASK_ITEM_INDEX >> out; [ $TASK_ITEM_INDEX = 0 ] || touch more", "artifacts": ["out", {"path": "more", "optional": true}]}},
              {"name": "join", "after": ["each", "split"],
               "task": {"cmd": "find . -type f | sort; cat in/*/out", "files": [
                 {"path": "in/", "node": "each", "artifacts": "*"}, {"path": "z", "node": "split", "artifacts": "parts/z"}], "artifacts": ["z"]}}]}
            """)!.AsObject());
        var text = await accepted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)accepted.StatusCode == 202, text);
        var id = (string)JsonNode.Parse(text)!["id"]!;
        Assert.Equal("succeeded", (string?)(await Get($"/api/v1/workflows/{id}?wait=60s"))["state"]);

        var join = (await Get($"/api/v1/workflows/{id}/nodes"))["items"]![2]!["task"];
        Assert.Equal("./in/0/out\n./in/1/more\n./in/1/out\n./z\na\n0\nb\n1\n", (string?)(await own.Service.Get((string)join!))["output"]!["tail"]);
        string[] all = ["split  parts/1 [x].txt 2", "split  parts/2.txt 2", "split  parts/z 3", "each 0 out 4", "each 1 more 0", "each 1 out 4", "join  z 3"];
        var list = await Get($"/api/v1/workflows/{id}/artifacts");
        Assert.Equal(all, Lines(list));
        Assert.Equal((7, 18, null), ((int)list["count"]!, (int)list["totalBytes"]!, list["nextCursor"]));
        var pages = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await Get($"/api/v1/workflows/{id}/artifacts?limit=2{cursor}");
            pages.AddRange(Lines(page));
            cursor = page["nextCursor"] is { } next ? $"&cursor={next}" : null;
        }

        Assert.Equal(all, pages);
        var got = await Otask.Run(own.Service, "files", "get", id, "--to", In("got"));
        Assert.True(got.ExitCode == 0, got.Errors);
        Assert.Equal("b\n1\n", await File.ReadAllTextAsync(In("got/each/1/out"), Cancellation));
        Assert.Equal(7, Directory.GetFiles(In("got"), "*", SearchOption.AllDirectories).Length);
        var listed = await Otask.Run(own.Service, "files", "list", id);
        Assert.Matches(@"each +1 +out +4 B", listed.Output);

        static IEnumerable<string> Lines(JsonNode page) =>
            page["items"]!.AsArray().Select(static file => $"{file!["node"]} {file["item"]} {file["path"]} {file["bytes"]}");
    }

    [Fact]
    public async Task Workflow_OfItemsThatAreNone_HandsNothingOn()
    {
        using var accepted = await own.Service.Post("/api/v1/workflows", JsonNode.Parse("""
            {"nodes": [
              {"name": "split", "task": {"cmd": "true", "artifacts": [{"path": "*", "optional": true}]}},
              {"name": "each", "after": ["split"], "forEach": {"node": "split", "from": "artifacts"}, "task": {"cmd": "false", "artifacts": ["*"]}},
              {"name": "join", "after": ["each"], "task": {"cmd": "ls", "files": [{"path": "in/", "node": "each", "artifacts": "*"}]}}]}
            """)!.AsObject());
        var id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync(Cancellation))!["id"]!;

        Assert.Equal("succeeded", (string?)(await Get($"/api/v1/workflows/{id}?wait=60s"))["state"]);
        var list = await Get($"/api/v1/workflows/{id}/artifacts");
        Assert.Equal((0, 0), ((int)list["count"]!, list["items"]!.AsArray().Count));
    }

    [Fact]
    public async Task Workflow_WithoutArtifacts_HasNone()
    {
        using var accepted = await own.Service.Post("/api/v1/workflows", JsonNode.Parse("""{"nodes": [{"name": "a", "task": {"cmd": "true"}}]}""")!.AsObject());
        var id = (string)JsonNode.Parse(await accepted.Content.ReadAsStringAsync(Cancellation))!["id"]!;
        await Get($"/api/v1/workflows/{id}?wait=60s");

        Assert.Equal((404, "no-artifacts"), await Refusal($"/api/v1/workflows/{id}/artifacts"));
        Assert.Equal((404, "not-found"), await Refusal("/api/v1/workflows/019f5a2c-7d10-7c3a-8b00-0342ab12cd33/artifacts"));
        Assert.NotEqual(0, (await Otask.Run(own.Service, "files", "list", id)).ExitCode);
        var absent = await Otask.Run(own.Service, "files", "get", "019f5a2c-7d10-7c3a-8b00-0342ab12cd33");
        Assert.NotEqual(0, absent.ExitCode);
        Assert.Contains("No task, workflow or job has this id.", absent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Workflow_WithAJobThatKeepsItsResults_HandsThemOnAsAFile()
    {
        using var accepted = await own.Service.Post("/api/v1/workflows", JsonNode.Parse("""
            {"nodes": [
              {"name": "collect", "job": {"source": {"items": [1, 2]}, "process": {"builtin": "identity"},
                 "aggregate": [{"op": "collect"}], "results": {"artifact": "ndjson"}}},
              {"name": "use", "after": ["collect"], "task": {"cmd": "sort in/results.ndjson && sort one",
                 "files": [{"path": "in/", "node": "collect", "artifacts": "*.ndjson"},
                   {"path": "one", "node": "collect", "artifacts": "results.ndjson"}]}}]}
            """)!);
        var text = await accepted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)accepted.StatusCode == 202, text);
        var id = (string)JsonNode.Parse(text)!["id"]!;

        Assert.Equal("succeeded", (string?)(await Get($"/api/v1/workflows/{id}?wait=60s"))["state"]);
        var tasks = await Get($"/api/v1/tasks?workflow={id}&limit=10");
        Assert.Contains(
            "1\n2\n1\n2\n", tasks["items"]!.AsArray().Select(static task => (string)task!["output"]!["tail"]!));
        var left = Assert.Single((await Get($"/api/v1/workflows/{id}/artifacts"))["items"]!.AsArray())!;
        Assert.Equal(
            ("collect", "results.ndjson", 4), ((string)left["node"]!, (string)left["path"]!, (int)left["bytes"]!));
        using var refused = await own.Service.Post("/api/v1/workflows", JsonNode.Parse("""
            {"nodes": [
              {"name": "count", "job": {"source": {"items": [1]}, "process": {"builtin": "identity"},
                 "aggregate": [{"op": "count"}]}},
              {"name": "use", "after": ["count"], "task": {"cmd": "true",
                 "files": [{"path": "in/", "node": "count", "artifacts": "*"}]}}]}
            """)!);
        var problem = await refused.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("keeps no artifacts", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schedule_WithFiles_KeepsThemAndItsOccurrencesFindThem()
    {
        var (name, id) = (await Put("of a schedule"), "files-" + Guid.NewGuid());
        JsonObject Body(string file) => new()
        {
            ["every"] = "300d", ["task"] = new JsonObject { ["cmd"] = "cat in", ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = file }) },
        };

        using var refused = await Http.PutAsync($"/api/v1/schedules/{id}", Json(Body("sha256:" + new string('7', 64))), Cancellation);
        var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal((422, "invalid-schedule"), ((int)refused.StatusCode, (string?)problem["code"]));
        Assert.Equal("task.files[0]", Assert.Single(problem["errors"]!.AsObject()).Key);
        using var stored = await Http.PutAsync($"/api/v1/schedules/{id}", Json(Body(name)), Cancellation);
        Assert.Equal(HttpStatusCode.Created, stored.StatusCode);
        Assert.Equal([$"schedule {id}"], await ReferencesTo(name));

        using var triggered = await Http.PostAsync($"/api/v1/schedules/{id}/trigger", null, Cancellation);
        var task = await own.Service.Ended((string)JsonNode.Parse(await triggered.Content.ReadAsStringAsync(Cancellation))!["id"]!);
        Assert.Equal(("succeeded", "of a schedule"), ((string?)task["state"], (string?)task["output"]!["tail"]));
        await Http.DeleteAsync($"/api/v1/schedules/{id}", Cancellation);
        Assert.Equal([$"task {task["id"]}"], await ReferencesTo(name));
    }

    [Fact]
    public async Task Rollout_WithFiles_KeepsThemAndItsTasksFindThem()
    {
        var name = await Put("of a rollout");
        JsonObject Body(string file) => new()
        {
            ["task"] = new JsonObject { ["cmd"] = "cat in", ["files"] = new JsonArray(new JsonObject { ["path"] = "in", ["file"] = file }) },
        };

        using var refused = await own.Service.Post("/api/v1/rollouts", Body("sha256:" + new string('7', 64)));
        Assert.Equal(422, (int)refused.StatusCode);
        Assert.Contains("task.files[0]", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var accepted = await own.Service.Post("/api/v1/rollouts", Body(name));
        var text = await accepted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)accepted.StatusCode == 202, text);
        var id = (string)JsonNode.Parse(text)!["id"]!;

        Assert.Equal("succeeded", (string?)(await Get($"/api/v1/rollouts/{id}?wait=60s"))["state"]);
        var references = await ReferencesTo(name);
        Assert.Equal(["rollout", "task"], references.Select(static reference => reference.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Contains($"rollout {id}", references);
    }

    [Fact]
    public async Task Batch_OfMoreFilesThanOneQuestionHas_IsChecked()
    {
        var names = Enumerable.Range(0, 12_000).Select(static n => $"sha256:{n:x64}").Chunk(4_000);
        using var answer = await own.Service.Post("/api/v1/tasks/batch", new JsonObject
        {
            ["tasks"] = new JsonArray([.. names.Select(static some => (JsonNode)new JsonObject
            {
                ["cmd"] = "true",
                ["files"] = new JsonArray([.. some.Select(static (name, i) => (JsonNode)new JsonObject { ["path"] = $"{i}", ["file"] = name })]),
            })]),
        });

        Assert.Equal(422, (int)answer.StatusCode);
        Assert.Contains("tasks[0].files[0]", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WorkerKilledWhileItStoresArtifacts_AnotherRunsTheTaskAndOnlyItsArtifactsCount()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"), "--slots", "1");
        using var submitted = await service.Post("/api/v1/tasks", new JsonObject
        {
            // Nearly all of it is nothing, which is soon made and takes long to send.
            ["cmd"] = "mkdir out; echo $NODE_ID > out/who; [ $TASK_ATTEMPT != 1 ] || { touch out/first; truncate -s 1G out/large; }",
            ["artifacts"] = new JsonArray("out/**"), ["maxArtifactBytes"] = "2GiB",
        });
        var text = await submitted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)submitted.StatusCode == 202, text);
        var id = (string)JsonNode.Parse(text)!["id"]!;
        var arriving = Path.Combine(Data, "files", "arriving");
        await Until.Holds("a part of the artifact is on the disk", Patience,
            () => Task.FromResult(Directory.Exists(arriving) && Directory.GetFiles(arriving).Any(static file => new FileInfo(file).Length > 1 << 20)));

        Assert.Equal("running", (string?)(await service.Get(id))["state"]);
        var agent = worker.Agent;
        worker.Send(Signals.Kill);
        Signals.Send(agent, Signals.Kill);
        await worker.End();
        await using var other = await WorkerProcess.Start(service, "w2", In("w2"), "--slots", "1");
        var task = await service.Ended(id);

        Assert.Equal(("succeeded", "w2", 1, 3L),
            ((string?)task["state"], (string?)task["node"], (int?)task["artifactCount"], (long?)task["artifactBytes"]));
        var list = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts", Cancellation))!;
        Assert.Equal("out/who", (string?)Assert.Single(list["items"]!.AsArray())!["path"]);
        Assert.Equal("w2\n", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/artifacts/out/who", Cancellation));
        await Until.Holds("the part is gone", Patience, () => Task.FromResult(Directory.GetFiles(arriving).Length == 0));
    }

    private async Task AssertSent(string root, string csv)
    {
        using var text = await Http.GetAsync($"{root}/out/n.txt", Cancellation);
        Assert.Equal("2\n", await text.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(
            ("text/plain; charset=utf-8", "inline", "sandbox", "nosniff", "private, immutable"),
            (text.Content.Headers.ContentType?.ToString(), text.Content.Headers.ContentDisposition?.ToString(), Header(text, "Content-Security-Policy"),
                Header(text, "X-Content-Type-Options"), Header(text, "Cache-Control")?.Replace("immutable, private", "private, immutable", StringComparison.Ordinal)));
        using var page = await Http.GetAsync($"{root}/out/p.html", Cancellation);
        Assert.Equal(
            ("application/octet-stream", "attachment", "nosniff"),
            (page.Content.Headers.ContentType?.ToString(), page.Content.Headers.ContentDisposition?.ToString(), Header(page, "X-Content-Type-Options")));

        using var ask = new HttpRequestMessage(HttpMethod.Get, $"{root}/out/deep/x.csv") { Headers = { Range = new RangeHeaderValue(4, 6) } };
        using var part = await Http.SendAsync(ask, Cancellation);
        Assert.Equal(
            (HttpStatusCode.PartialContent, "1,2", "bytes 4-6/8", "text/csv; charset=utf-8", $"\"{csv["sha256:".Length..]}\""),
            (part.StatusCode, await part.Content.ReadAsStringAsync(Cancellation), part.Content.Headers.ContentRange?.ToString(),
                part.Content.Headers.ContentType?.ToString(), part.Headers.ETag?.ToString()));
        using var known = new HttpRequestMessage(HttpMethod.Get, $"{root}/out/deep/x.csv") { Headers = { IfNoneMatch = { part.Headers.ETag! } } };
        using var unchanged = await Http.SendAsync(known, Cancellation);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        using var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"{root}/out/deep/x.csv"), Cancellation);
        Assert.Equal((HttpStatusCode.OK, 8L), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync($"{root}/left-out", Cancellation)).StatusCode);
    }

    private async Task AssertArchives(string root)
    {
        var names = new List<string>();
        await using (var tar = new TarReader(await Http.GetStreamAsync(root + ".tar", Cancellation)))
        {
            while (await tar.GetNextEntryAsync(copyData: true, Cancellation) is { } entry)
                names.Add($"{entry.Name} {entry.Length} {entry.Mode.HasFlag(UnixFileMode.UserExecute)}");
        }

        Assert.Equal(["out/deep/x.csv 8 False", "out/n.txt 2 False", "out/p.html 7 False", "out/tool 9 True"], names);
        await using var zip = await ZipArchive.CreateAsync(
            new MemoryStream(await Http.GetByteArrayAsync(root + ".zip", Cancellation)), ZipArchiveMode.Read, false, null, Cancellation);
        Assert.Equal(["out/deep/x.csv 8", "out/n.txt 2", "out/p.html 7", "out/tool 9"], zip.Entries.Select(static entry => $"{entry.FullName} {entry.Length}"));
        using var content = new StreamReader(await zip.GetEntry("out/deep/x.csv")!.OpenAsync(Cancellation));
        Assert.Equal("a,b\n1,2\n", await content.ReadToEndAsync(Cancellation));
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private async Task<int> Count(JsonNode task)
    {
        using var answer = await Http.GetAsync($"/api/v1/tasks/{task["id"]}/artifacts", Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return answer.IsSuccessStatusCode ? (int)JsonNode.Parse(text)!["count"]! : text.Contains("no-artifacts", StringComparison.Ordinal) ? 0 : -1;
    }

    private async Task<string> Put(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        using var answer = await Http.PutAsync($"/api/v1/files/{name}", new ByteArrayContent(bytes), Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        return name;
    }

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");

    private async Task<string[]> ReferencesTo(string name)
    {
        var list = await Get("/api/v1/files?limit=1000");
        var file = list["items"]!.AsArray().Single(file => (string?)file!["file"] == name)!;
        return [.. file["referencedBy"]!.AsArray().Select(static one => $"{one!["kind"]} {one["id"]}")];
    }

    private async Task<(int Status, string? Code)> Refusal(string path)
    {
        using var answer = await Http.GetAsync(path, Cancellation);
        return ((int)answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!["code"]);
    }

    private async Task<JsonNode> Get(string path) => JsonNode.Parse(await Http.GetStringAsync(path, Cancellation))!;

    private async Task<JsonNode> Ended(JsonObject spec) => await own.Service.Ended(await Submit(spec));

    private async Task<string> Submit(JsonObject spec)
    {
        using var answer = await own.Service.Post("/api/v1/tasks", spec);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    /// <summary>A service without slots, and its worker.</summary>
    public sealed class OwnService : DataFolders, IAsyncLifetime
    {
        private WorkerProcess? worker;

        internal Service Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await Service.Start(Data, "--slots", "0");
            worker = await WorkerProcess.Start(Service, "w1", In("w1"), "--slots", "4");
        }

        public async ValueTask DisposeAsync()
        {
            if (worker is not null)
                await worker.DisposeAsync();
            await Service.DisposeAsync();
            Dispose();
        }
    }
}
