using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Retention while a job reads what its source command wrote.</summary>
public sealed class SourceRetentionTests : DataFolders
{
    [Theory]
    [InlineData("seq 1 200")]
    [InlineData("seq 1 200; head -c 20000 /dev/zero >&2")]
    public async Task Retention_ShorterThanAPacedJob_LeavesItsInput(string source)
    {
        await using var service = await Service.Start(Data, "--retention", "1s");
        using var posted = await service.Post("/api/v1/jobs", JsonNode.Parse(
            $$$"""
            {"source":{"command":{"cmd":"{{{source}}}"}},"process":{"builtin":"json"},
             "pace":{"itemsPerSecond":40},"aggregate":[{"as":"sum","op":"sum"}]}
            """)!);
        var location = posted.EnsureSuccessStatusCode().Headers.Location!;
        var other = await service.Submit("true");

        var job = JsonNode.Parse(await service.Http.GetStringAsync($"{location}?wait=60s", TestContext.Current.CancellationToken))!;

        Assert.Equal(("succeeded", 200, 20_100), ((string?)job["state"], (int)job["itemsDone"]!, (int)job["aggregate"]!["sum"]!));
        // What belongs to no job went meanwhile.
        using var gone = await service.Http.GetAsync($"/api/v1/tasks/{other}", TestContext.Current.CancellationToken);
        Assert.Equal(404, (int)gone.StatusCode);
    }
}
