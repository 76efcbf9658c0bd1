using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A container from the HTTP call to the process.</summary>
public sealed class ContainerTests : DataFolders
{
    [Fact]
    public async Task Task_AsksForAContainer_WaitsForANodeThatCan()
    {
        await using var service = await Service.Start(Data, "--slots", "1", "--container-engine", "none");
        var id = await Submit(service, new() { ["cmd"] = "true", ["isolation"] = Container("localhost/otask-no-such:1", "never") });

        var why = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/why?nodes=true"))!;

        Assert.Equal("no-matching-node", (string?)why["reasons"]![0]!["code"]);
        Assert.Contains("can run commands in containers", (string?)why["reasons"]![0]!["detail"], StringComparison.Ordinal);
        Assert.Contains("isolation", why.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "containers")]
    public async Task Image_IsMissing_FailsTheAttemptForThatReason_AndNodesSayWhatTheyCan()
    {
        await File.WriteAllTextAsync(In("containers.conf"), Settings, TestContext.Current.CancellationToken);
        await using var service = await Service.Start(
            BuiltPrograms.AllInOne,
            ["--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--slots", "1", "--container-engine", "podman"], Data,
            ("CONTAINERS_CONF", In("containers.conf")));
        await SkipUnlessItRunsContainers(service);

        var task = await service.Ended(await Submit(service, new()
        {
            ["cmd"] = "true", ["isolation"] = Container("localhost/otask-no-such:1", "never"),
            ["retry"] = new JsonObject { ["backoff"] = "1ms", ["on"] = new JsonObject { ["image-unavailable"] = new JsonObject { ["maxAttempts"] = 2 } } },
        }));

        Assert.Equal(("failed", "image-unavailable", 2), ((string?)task["state"], (string?)task["reason"], (int)task["attempt"]!));
        Assert.Contains("never to pull it", (string?)task["output"]!["tail"], StringComparison.Ordinal);
    }

    // Where there is no systemd, and where the newest engine does not know the machine's control groups.
    private static string Settings => $"""
        [engine]
        cgroup_manager = "cgroupfs"
        events_logger = "file"
        {(File.Exists("/usr/sbin/runc") ? "runtime = \"runc\"" : "")}
        """;

    private static JsonObject Container(string image, string pull) => new() { ["kind"] = "container", ["image"] = image, ["pull"] = pull };

    private static async Task SkipUnlessItRunsContainers(Service service)
    {
        // The worker tries it in the background, and has a minute for that.
        for (var waited = 0; waited < 600; waited++)
        {
            var node = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes"))!["items"]![0]!;
            if (node["isolates"]!.AsArray().Any(static kind => (string?)kind == "container"))
                return;
            if (waited == 100 && !File.Exists("/usr/bin/podman"))
                break;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Skip("no containers here");
    }

    private static async Task<string> Submit(Service service, JsonObject spec)
    {
        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
    }
}
