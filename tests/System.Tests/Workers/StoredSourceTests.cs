using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Data jobs read files of the service, on workers that have no folder in common with it.</summary>
public sealed class StoredSourceTests(StoredSourceTests.Scene scene, SharedServices shared)
    : SceneTests(scene), IClassFixture<StoredSourceTests.Scene>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_OfStoredFiles_ReadsEachLineOnceThroughTheCachesOfItsWorkers()
    {
        await using var one = await WorkerProcess.Start(Service, "w1", In("w1"), "--slots", "2");
        await using var two = await WorkerProcess.Start(Service, "w2", In("w2"), "--slots", "2");
        var large = await Put(Service, string.Concat(Enumerable.Range(0, 400_000).Select(static n => $"{n}\n")));
        var (first, second) = (await Put(Service, "name,n\na,1\nb,2\n"), await Put(Service, "name,n\nc,3\n\"d\nd\",4"));

        var numbers = await Ended(Service, $$$"""{"source":{"file":{"file":"{{{large}}}","format":"ndjson"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"},{"op":"sum"}],"chunkSize":1000}""");
        Assert.Equal(("succeeded", 400_000L, 79_999_800_000L), (State(numbers), (long)numbers["aggregate"]!["count"]!, (long)numbers["aggregate"]!["sum"]!));
        Assert.True((long)numbers["chunksDone"]! > 4, numbers.ToJsonString());
        // Each has the header of its own, and the second begins anew.
        var rows = await Ended(Service, $$$"""{"source":{"file":{"files":["{{{first}}}",{"file":"{{{second}}}"}],"format":"csv"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"},{"op":"sum","value":"/n"}],"chunkSize":1}""");
        Assert.Equal(("succeeded", 4L, 10L), (State(rows), (long)rows["aggregate"]!["count"]!, (long)rows["aggregate"]!["sum"]!));
        Assert.Contains($"job {numbers["id"]}", await ReferencesTo(Service, large));
        Assert.Single(Directory.GetFiles(In("w1/cache/files"), "*", SearchOption.AllDirectories), static file => new FileInfo(file).Length > 1 << 20);
    }

    [Fact]
    public async Task Job_OfALargeStoredFile_FetchesPartsOfIt_AndNoWorkerHasTheFile()
    {
        await using var one = await WorkerProcess.Start(Service, "w1", In("w1"), "--slots", "1");
        await using var two = await WorkerProcess.Start(Service, "w2", In("w2"), "--slots", "1");
        const int Lines = 1_200_000;
        foreach (var (format, header, value) in new[] { ("ndjson", "", ""), ("csv", "n\n", """, "value":"/n" """) })
        {
            var large = await Put(
                Service, header + string.Concat(Enumerable.Range(0, Lines).Select(static n => $"{n}\n")));

            var job = await Ended(
                Service,
                $$$"""
                {"source":{"file":{"file":"{{{large}}}","format":"{{{format}}}"}},"process":{"builtin":"identity"},
                 "aggregate":[{"op":"count"},{"op":"sum"{{{value}}}}]}
                """);
            Assert.Equal(
                (format, "succeeded", Lines, Lines * (Lines - 1L) / 2),
                (format, State(job), (long)job["aggregate"]!["count"]!, (long)job["aggregate"]!["sum"]!));
            Assert.True(
                job["perNode"]!.AsArray().Count(static share => (long)share!["items"]! > 0) == 2, $"{format}: {job}");
            foreach (var worker in (string[])["w1", "w2"])
            {
                var files = Directory.GetFiles(In($"{worker}/cache"), "*", SearchOption.AllDirectories);
                Assert.True(files.Length == 0, $"{worker} after {format}: {string.Join(' ', files)}");
            }
        }
    }

    [Fact]
    public async Task Job_OfATasksArtifacts_ReadsThoseThatMatch_AndOthersAreRefused()
    {
        await using var worker = await WorkerProcess.Start(Service, "w1", In("w1"), "--slots", "2");
        using var submitted = await Service.Post("/api/v1/tasks", JsonNode.Parse("""{"cmd":"seq 3 > a.txt; seq 10 12 > b.txt; echo x > c","artifacts":["*"]}""")!.AsObject());
        var task = (string)(await Service.Ended((string)JsonNode.Parse(await submitted.Content.ReadAsStringAsync(Cancellation))!["id"]!))["id"]!;

        var job = await Ended(Service, $$$"""{"source":{"file":{"task":"{{{task}}}","artifact":"*.txt","format":"ndjson"}},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}]}""");
        Assert.Equal(("succeeded", 39L), (State(job), (long)job["aggregate"]!["sum"]!));

        foreach (var source in (string[])
        [
            $$$"""{"task":"{{{task}}}","artifact":"*.csv"}""", """{"task":"019f5a2c-7d10-7c3a-8b00-0342ab12cd33","artifact":"*"}""",
            $$$"""{"file":"sha256:{{{new string('7', 64)}}}"}""",
        ])
        {
            using var refused = await Service.Post("/api/v1/jobs", JsonNode.Parse($$$"""{"source":{"file":{{{source}}}},"process":{"builtin":"length"}}""")!.AsObject());
            var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancellation))!;
            Assert.Equal((422, "invalid-job", "source.file"), ((int)refused.StatusCode, (string?)problem["code"], Assert.Single(problem["errors"]!.AsObject()).Key));
        }
    }

    [Fact]
    public async Task Job_ThatKeepsItsResults_LeavesThemAsAnArtifact()
    {
        var service = await shared.Running;
        var job = await Ended(
            service, """{"queue":"kept-results","source":{"range":{"from":0,"to":5000}},"process":{"builtin":"square"},"aggregate":[{"op":"collect"}],"order":"source","chunkSize":700,"results":{"artifact":"ndjson"}}""");
        Assert.Equal("succeeded", State(job));
        var other = await Ended(service, """{"queue":"kept-results","source":{"range":{"from":0,"to":5}},"process":{"builtin":"square"},"aggregate":[{"op":"collect"}]}""");

        var list = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{job["id"]}/artifacts", Cancellation))!;
        var file = Assert.Single(list["items"]!.AsArray())!;
        Assert.Equal("results.ndjson", (string?)file["path"]);
        var content = await service.Http.GetStringAsync($"/api/v1/files/{file["file"]}", Cancellation);
        Assert.Equal(await service.Http.GetStringAsync($"/api/v1/jobs/{job["id"]}/results", Cancellation), content);
        Assert.Equal(5_000, content.Count(static one => one == '\n'));
        var got = await Otask.Run(service, "files", "get", (string)job["id"]!, "--to", In("got"));
        Assert.True(got.ExitCode == 0, got.Errors);
        Assert.Equal(content, await File.ReadAllTextAsync(In("got/results.ndjson"), Cancellation));
        using var none = await service.Http.GetAsync($"/api/v1/jobs/{other["id"]}/artifacts", Cancellation);
        Assert.Contains("no-artifacts", await none.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static string? State(JsonNode job) => (string?)job["state"];

    private static async Task<string> Put(Service service, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var name = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        using var answer = await service.Http.PutAsync($"/api/v1/files/{name}", new ByteArrayContent(bytes), Cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        return name;
    }

    private static async Task<JsonNode> Ended(Service service, string spec)
    {
        using var accepted = await service.Post("/api/v1/jobs", JsonNode.Parse(spec)!.AsObject());
        var text = await accepted.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)accepted.StatusCode == 202, text);
        return JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{JsonNode.Parse(text)!["id"]}?wait=60s", Cancellation))!;
    }

    private static async Task<string[]> ReferencesTo(Service service, string name)
    {
        var list = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/files?limit=1000", Cancellation))!;
        var file = list["items"]!.AsArray().Single(file => (string?)file!["file"] == name)!;
        return [.. file["referencedBy"]!.AsArray().Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one!["kind"]} {one["id"]}"))];
    }

    public sealed class Scene() : ServiceScene();
}
