using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A command's progress reaches the task, lists and the live stream.</summary>
public sealed class ProgressTests(ProgressTests.Scene scene) : DataFolders, IClassFixture<ProgressTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Service service = scene.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Progress_OfACommand_IsShownWhileItRuns_AndTheLastOneAfterwards()
    {
        var gate = In("gate");
        using var live = await service.Http.GetAsync(
            "/api/v1/live?topics=progress&every=250ms", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var id = await Submit(new JsonObject
        {
            ["cmd"] = $"echo begun; sleep 0.3; echo '::progress 25% reading users'; until [ -e {gate} ]; do sleep 0.1; done; "
                + "printf '::progress 99.5 writing\\n' >&2; exit 3",
            ["retry"] = new JsonObject { ["maxAttempts"] = 1 },
        });
        await Shows(id, 25m, "reading users");

        var running = await Task(id);
        var (started, ends) = ((DateTimeOffset)running["startedAt"]!, (DateTimeOffset?)running["progress"]!["endsAt"]);
        Assert.InRange(ends!.Value, started, started + TimeSpan.FromHours(1));
        var listed = (await Get("/api/v1/tasks?limit=1"))["items"]![0]!["progress"]!;
        Assert.Equal(("reading users", 25m), ((string?)listed["message"], (decimal)listed["percent"]!));
        Assert.Contains($"\"id\":\"{id}\",\"percent\":25", await TickWith(live, id), StringComparison.Ordinal);

        await File.WriteAllTextAsync(gate, "", Cancellation);
        await service.Ended(id);
        await Shows(id, 99.5m, "writing");
        Assert.Null((await Task(id))["progress"]!["endsAt"]);
        var tail = (string?)(await Task(id))["output"]!["tail"];
        Assert.Contains("::progress 25% reading users", tail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_ReportedThousandsOfTimes_IsTheLast_AndOthersHaveNone()
    {
        var fast = await Submit(new JsonObject
        {
            ["cmd"] = "for i in $(seq 1 20000); do echo \"::progress $(( i / 200 )) item $i\"; done",
        });
        var silent = await Submit(new JsonObject { ["cmd"] = "echo hello" });

        await service.Ended(fast);
        await service.Ended(silent);

        await Shows(fast, 100m, "item 20000");
        Assert.Null((await Task(silent))["progress"]);
    }

    [Fact]
    public async Task Progress_ThatIsHidden_IsReported_AndIsNoOutput()
    {
        const string Command = """
            i=0; while [ $i -lt 2000 ]; do echo '::progress 1% many'; i=$((i+1)); done
            printf 'a\n::progress 10%% x\nb\n::pro'; sleep 0.2; printf 'gress 20%% last\nend ::progress 3%%\n::progress 30%%'
            """;
        var id = await Submit(new JsonObject { ["cmd"] = Command, ["hideProgress"] = true, ["maxOutputBytes"] = 100 });

        await service.Ended(id);

        await Shows(id, 20m, "last");
        Assert.Equal(
            "a\nb\nend ::progress 3%\n::progress 30%",
            await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
        Assert.False((bool)(await Task(id))["output"]!["truncated"]!);
    }

    private async Task Shows(string id, decimal percent, string message)
    {
        JsonNode? found = null;
        await Until.Holds($"{percent}% {message}", Patience, async () =>
        {
            found = (await Task(id))["progress"];
            return found is not null && (decimal)found["percent"]! == percent && (string?)found["message"] == message;
        }, () => $"{found}\n{service.Log}");
    }

    private static async Task<string> TickWith(HttpResponseMessage live, string id)
    {
        using var reader = new StreamReader(await live.Content.ReadAsStreamAsync(Cancellation));
        while (await reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal))
                return line;
        }

        throw new EndOfStreamException("The live stream ended.");
    }

    private Task<JsonNode> Task(string id) => Get($"/api/v1/tasks/{id}");

    private async Task<JsonNode> Get(string path) =>
        JsonNode.Parse(await service.Http.GetStringAsync(path, Cancellation))!;

    private async Task<string> Submit(JsonObject spec)
    {
        using var answer = await service.Post("/api/v1/tasks", spec);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == 202, text);
        return (string)JsonNode.Parse(text)!["id"]!;
    }

    /// <summary>A service and its only worker, which has a slot for each task of a test.</summary>
    public sealed class Scene : DataFolders, IAsyncLifetime
    {
        private WorkerProcess worker = null!;

        internal Service Service { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Service = await Service.Start(Data, "--slots", "0");
            worker = await WorkerProcess.Start(Service, "w1", In("w1"), "--slots", "4");
        }

        public async ValueTask DisposeAsync()
        {
            await worker.DisposeAsync();
            await Service.DisposeAsync();
            Dispose();
        }
    }
}
