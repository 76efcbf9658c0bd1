using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.ApiClient;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Jobs that are fed while the service is killed and started again: each item counts once.</summary>
public sealed class FedJobTests : DataFolders
{
    private const int Items = 12_000;
    private static readonly string Pace = (Items / 4).ToString(CultureInfo.InvariantCulture);
    private static readonly string Expected = $$"""{"total":{{Items * (Items + 1L) / 2}},"n":{{Items}}}""";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Feeds_OfAFileAPipeAndTheDotNetClient_OutliveKillsOfTheService()
    {
        var (http, grpc) = (RestartAddress.Next(), RestartAddress.Next());
        var service = await Start();
        try
        {
            var file = In("items");
            await File.WriteAllLinesAsync(file, Enumerable.Range(1, Items).Select(static n => $"{n}"), Cancellation);
            string[] job = ["--pace", Pace, "--aggregate", "total=sum", "--aggregate", "n=count"];
            var ofFile = Otask.Run(service, ["job", "run", "--from", file, "--name", "file", .. job]);
            var ofPipe = Shell(
                $"seq {Items} | {BuiltPrograms.Otask} job run --url {service.Url} --from - --name pipe {string.Join(' ', job)}");
            var ofClient = RunByClient(service.Url);

            foreach (var part in (int[])[Items / 6, Items / 2])
            {
                await Until.Holds("every job has a part of its items", Limit, async () => await LeastRead(service) >= part);
                await service.KillAll();
                await service.DisposeAsync();
                service = await Start();
            }

            foreach (var ended in (Finished[])[await ofFile, await ofPipe])
            {
                Assert.True(ended.ExitCode == 0, ended.Errors);
                Same(ended.Output);
            }

            Same(await ofClient);
        }
        finally
        {
            await service.DisposeAsync();
        }

        Task<Service> Start() => Service.Start(Data, "--slots", "2", "--http", http, "--grpc", grpc);
    }

    [Fact]
    public async Task Feed_WhoseProgramIsKilled_IsContinuedByAnother()
    {
        await using var service = await Service.Start(Data, "--slots", "2");
        var file = In("items");
        await File.WriteAllLinesAsync(file, Enumerable.Range(1, Items).Select(static n => $"{n}"), Cancellation);
        var killed = Shell(
            $"{BuiltPrograms.Otask} job run --url {service.Url} --from {file} --pace {Pace} --aggregate total=sum --aggregate n=count & "
                + $"echo $! > {In("pid")}; wait");
        await Until.Holds("a part of the items is taken", Limit, async () => await LeastRead(service, jobs: 1) >= Items / 6);
        Assert.True(Signals.Send(int.Parse(await File.ReadAllTextAsync(In("pid"), Cancellation), CultureInfo.InvariantCulture), Signals.Kill));
        var id = Regex.Match((await killed).Errors, "otask: job ([0-9a-f-]{36})").Groups[1].Value;
        Assert.Equal("running", (string?)JsonNode.Parse((await Otask.Run(service, "job", "get", id)).Output)!["state"]);

        var ended = await Otask.Run(service, "job", "feed", id, "--from", file, "--upload", id, "--close", "--quiet");

        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        Same(ended.Output);
    }

    [Fact]
    public async Task Feed_OfSeveralFiles_AddsThemAndTellsHowMany()
    {
        await using var service = await Service.Start(Data, "--slots", "2");
        using var client = new OrleansTasksClient(service.Url);
        var id = (await client.Jobs.SubmitAsync(SpecOf("several"), cancellation: Cancellation)).Id;
        var (one, two) = (In("one"), In("two"));
        await File.WriteAllTextAsync(one, "1\n\n2\n", Cancellation);
        await File.WriteAllTextAsync(two, "3\nx\n", Cancellation);
        const string Upload = "0197a2f0-4c1e-7b3a-9d52-6f1c08e4a7b1";

        var first = await Otask.Run(service, "job", "feed", id, "--from", one, "--upload", Upload);
        var again = await Otask.Run(service, "job", "feed", id, "--from", one, "--upload", Upload.ToUpperInvariant(), "--json");
        var bad = await Otask.Run(service, "job", "feed", id, "--from", two);

        Assert.Equal((0, "2 items accepted\n", $"otask: upload {Upload}\n"), (first.ExitCode, first.Output, first.Errors));
        Assert.Equal(2, (int)JsonNode.Parse(again.Output)!["accepted"]!);
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains("Line 2:", bad.Errors, StringComparison.Ordinal);
        // The job is not this command's own: it stays open.
        await client.Jobs.CloseAsync(id, Cancellation);
        var job = await client.Jobs.WaitAsync(id, Cancellation);
        Assert.Equal((TaskState.Succeeded, 3, 6), (job.State, job.ItemsDone, job.Aggregate["total"].GetInt32()));
    }

    private static Task<Finished> Shell(string script) => Finished.Run("/bin/sh", ["-c", script], [], Limit);

    private static void Same(string aggregate) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected), JsonNode.Parse(aggregate)), aggregate);

    private static JobSpec SpecOf(string name) => new()
    {
        Name = name,
        Source = JobSource.OfUploads(),
        Process = JobProcess.OfBuiltin("identity"),
        Aggregate = [new JobAggregate("sum") { As = "total" }, new JobAggregate("count") { As = "n" }],
    };

    private static async Task<string> RunByClient(Uri url)
    {
        using var client = new OrleansTasksClient(url);
        var job = await client.Jobs.SubmitAsync(
            SpecOf("client") with { Pace = new JobPace(Items / 4) }, cancellation: Cancellation);
        var items = AsyncEnumerable.Range(1, Items).Select(static n => JsonSerializer.SerializeToElement(n));
        Assert.Equal(Items, await client.Jobs.UploadAsync(job.Id, items, ApiJson.Default.JsonElement, Cancellation));
        await client.Jobs.CloseAsync(job.Id, Cancellation);
        job = await client.Jobs.WaitAsync(job.Id, Cancellation);
        return new JsonObject
        { ["total"] = job.Aggregate["total"].GetInt64(), ["n"] = job.Aggregate["n"].GetInt64() }.ToJsonString();
    }

    private static async Task<long> LeastRead(Service service, int jobs = 3)
    {
        var list = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/jobs", Cancellation))!["items"]!.AsArray();
        if (list.Count < jobs)
            return 0;
        var read = await Task.WhenAll(list.Select(async job =>
            (long)JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/jobs/{job!["id"]}", Cancellation))!["itemsRead"]!));
        return read.Min();
    }
}
