using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>The artifacts of the earliest ends go while the stored files exceed --retention-files.</summary>
public sealed class ArtifactRetentionProcessTests : DataFolders
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Artifacts_BeyondTheBound_ExpireFromTheOldestOn()
    {
        // The period of retention is a quarter of the time for which tasks are kept.
        await using var service = await Service.Start(
            Data, "--retention-files", "250KiB", "--retention", "16s", "--retention-failed", "1h");
        var ids = new List<string>();
        for (var n = 0; n < 4; n++)
            ids.Add((string)(await Left(service, n))["id"]!);

        await Until.Holds(
            "the two oldest expire", Limit, async () => (bool)(await service.Get(ids[1]))["artifactsExpired"]!);

        foreach (var (id, isExpired) in ids.Zip([true, true, false, false]))
        {
            var task = await service.Get(id);
            Assert.Equal(
                (isExpired, 1, 102_400L),
                ((bool)task["artifactsExpired"]!, (int)task["artifactCount"]!, (long)task["artifactBytes"]!));
            foreach (var path in (string[])["artifacts", "artifacts/out", "artifacts.tar", "artifacts.zip"])
            {
                using var answer = await service.Http.GetAsync($"/api/v1/tasks/{id}/{path}", Cancellation);
                Assert.Equal(isExpired ? 410 : 200, (int)answer.StatusCode);
                if (isExpired)
                    Assert.Equal("artifacts-expired", (string?)(await Read(answer))["code"]);
            }
        }

        var brought = await Otask.Run(service, "files", "get", ids[0], "--to", In("got"));
        Assert.Equal(1, brought.ExitCode);
        Assert.Contains("removed these artifacts", brought.Errors, StringComparison.Ordinal);
        Assert.Matches("\nartifacts +expired\n", (await Otask.Run(service, "get", ids[0])).Output);
        using var posted = await service.Post("/api/v1/tasks", JsonNode.Parse(
            $$"""{"cmd":"true","files":[{"path":"in/","task":"{{ids[0]}}","artifacts":"*"}]}""")!);
        var next = await service.Ended((string)(await Read(posted))["id"]!);
        Assert.Equal("file-unavailable", (string?)next["reason"]);
    }

    // Tasks that failed are kept longer than the test takes.
    private static async Task<JsonNode> Left(Service service, int n)
    {
        using var posted = await service.Post("/api/v1/tasks", JsonNode.Parse(
            $$"""
            {"cmd":"head -c 102400 /dev/urandom > out; exit 1","name":"t{{n}}",
             "artifacts":[{"path":"out","on":"ended"}]}
            """)!);
        return await service.Ended((string)(await Read(posted.EnsureSuccessStatusCode()))["id"]!);
    }

    private static async Task<JsonNode> Read(HttpResponseMessage answer) =>
        JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
}
