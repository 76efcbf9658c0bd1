using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>A schedule that watches a folder of a real worker. Its tasks write the file that they are for into a journal.</summary>
public sealed class FolderScheduleTests : DataFolders
{
    private const int Rounds = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private string Incoming => In("incoming");

    private string Journal => In("journal");

    [Fact]
    public async Task Kill_WhileFilesAreWritten_EachFileStartsOnce_WithItsWholeContent()
    {
        Directory.CreateDirectory(Incoming);
        var names = new List<string>();
        for (var round = 0; round <= Rounds; round++)
        {
            await using var service = await Service.Start(Data, "--lease", "8s");
            if (round == 0)
                Assert.Equal(HttpStatusCode.Created, await Put(service, "5s"));
            // Each file is written in ten pieces, while the service looks at the folder.
            string[] written = [.. Enumerable.Range(0, 4).Select(i => $"{round}-{i}.csv")];
            await Task.WhenAll(written.Select(WriteSlowly));
            names.AddRange(written);
            // Files of other kinds start nothing.
            await File.WriteAllTextAsync(Path.Combine(Incoming, $"{round}.txt"), "", TestContext.Current.CancellationToken);
            if (round < Rounds)
            {
                // The kill comes while some files of the round have started and others have not.
                await Until.Holds("a file of the round has started", Limit, () => Task.FromResult(
                    Started().Any(line => line.Contains($"/{round}-", StringComparison.Ordinal))));
                await service.KillAll();
                continue;
            }

            await Until.Holds("all files have started", Limit, async () =>
                (await Occurrences(service)).Count(static one => (string?)one!["state"] == "succeeded") == names.Count);
            await CheckJournal(service, names);
        }
    }

    [Fact]
    public async Task Folder_ThatIsMissing_IsShownUntilItIsThere()
    {
        await using var service = await Service.Start(Data);
        Assert.Equal(HttpStatusCode.Created, await Put(service, "0s"));
        await Until.Holds("the problem is shown", Limit, async () => await Problem(service) is { } problem
            && problem.Contains("No such file or directory", StringComparison.Ordinal));
        await Until.Holds("it needs attention", Limit, async () => (await service.Http.GetStringAsync(
            "/api/v1/attention", TestContext.Current.CancellationToken)).Contains("schedule-folder", StringComparison.Ordinal));
        Directory.CreateDirectory(Incoming);
        await File.WriteAllTextAsync(Path.Combine(Incoming, "a.csv"), "1", TestContext.Current.CancellationToken);
        await Until.Holds("the file has started", Limit, () => Task.FromResult(Started().Length == 1));
        await Until.Holds("the problem is gone", Limit, async () => await Problem(service) is null);
        using var backfill = await service.Http.PostAsJsonAsync(
            "/api/v1/schedules/import/backfill", new { from = "2026-01-01T00:00:00Z", to = "2026-01-02T00:00:00Z" },
            TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, backfill.StatusCode);
    }

    [Fact]
    public async Task Folder_OutsideTheWorkersRoots_IsRefused()
    {
        Directory.CreateDirectory(Incoming);
        Directory.CreateDirectory(In("allowed"));
        await File.WriteAllTextAsync(Path.Combine(Incoming, "a.csv"), "1", TestContext.Current.CancellationToken);
        await using var service = await Service.Start(Data, "--file-root", In("allowed"));
        Assert.Equal(HttpStatusCode.Created, await Put(service, "0s"));
        await Until.Holds("the problem is shown", Limit, async () => await Problem(service) is { } problem
            && problem.Contains("--file-root", StringComparison.Ordinal));
        Assert.Empty(Started());
    }

    private async Task<HttpStatusCode> Put(Service service, string settled)
    {
        var nodes = await service.Http.GetFromJsonAsync<JsonObject>("/api/v1/nodes", TestContext.Current.CancellationToken);
        using var answer = await service.Http.PutAsJsonAsync("/api/v1/schedules/import", new
        {
            every = "1s",
            overlap = "allow",
            files = new { node = (string)nodes!["items"]![0]!["id"]!, folder = Incoming, match = "*.csv", settled },
            task = new { cmd = $"printf '%s %s\\n' \"$SCHEDULE_FILE\" \"$(wc -l < \"$SCHEDULE_FILE\")\" >> '{Journal}'" },
        }, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    // A program that takes two seconds for its file.
    private async Task WriteSlowly(string name)
    {
        var written = await Finished.Run(
            "/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line; sleep 0.2; done > \"$0\"", Path.Combine(Incoming, name));
        Assert.Equal(0, written.ExitCode);
    }

    // A task whose worker was killed runs again, so a file may be in the journal twice, but by one task.
    private async Task CheckJournal(Service service, List<string> names)
    {
        var occurrences = await Occurrences(service);
        string[] expected = [.. names.Select(name => Path.Combine(Incoming, name)).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, occurrences.Select(static one => (string)one!["file"]!).Order(StringComparer.Ordinal));
        Assert.Equal(names.Count, occurrences.Select(static one => (string)one!["task"]!).Distinct().Count());
        Assert.All(occurrences, static one => Assert.Equal("file", (string?)one!["kind"]));
        Assert.Equal(expected.Select(static path => path + " 10"), Started().Distinct().Order(StringComparer.Ordinal));
    }

    private string[] Started() => File.Exists(Journal) ? File.ReadAllLines(Journal) : [];

    private static async Task<JsonArray> Occurrences(Service service) =>
        (await service.Http.GetFromJsonAsync<JsonObject>(
            "/api/v1/schedules/import/occurrences?limit=1000", TestContext.Current.CancellationToken))!["items"]!.AsArray();

    private static async Task<string?> Problem(Service service) =>
        (string?)(await service.Http.GetFromJsonAsync<JsonObject>(
            "/api/v1/schedules/import", TestContext.Current.CancellationToken))!["folderProblem"]?["detail"];
}
