using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>A container from the HTTP call to the process.</summary>
public sealed class ContainerTests : DataFolders
{
    // A worker tests its engine in the background, and each of the two test containers may take a minute.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Task_AsksForAContainer_WaitsForANodeThatCan()
    {
        await using var service = await Service.Start(Data, "--slots", "1", "--container-engine", "none");
        var id = await Submit(service, new()
        {
            ["cmd"] = "true", ["isolation"] = Container("localhost/otask-no-such:1"),
        });

        var why = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/tasks/{id}/why?nodes=true"))!;

        var reason = why["reasons"]![0]!;
        Assert.Equal("no-matching-node", (string?)reason["code"]);
        Assert.Contains("can run commands in containers", (string?)reason["detail"], StringComparison.Ordinal);
        Assert.Contains("isolation", why.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "containers")]
    public async Task Image_IsMissing_FailsTheAttemptForThatReason_AndNodesSayWhatTheyCan()
    {
        await SkipUnlessContainersRun();
        await using var service = await Service.Start(
            BuiltPrograms.AllInOne,
            [
                "--data", Data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--slots", "1",
                "--container-engine", "podman",
            ],
            Data, ("CONTAINERS_CONF", PodmanSettings.Write(In(""))));
        await IsolatesByContainers(service);

        var task = await service.Ended(await Submit(service, new()
        {
            ["cmd"] = "true",
            ["isolation"] = Container("localhost/otask-no-such:1"),
            ["retry"] = JsonNode.Parse("""{"backoff": "1ms", "on": {"image-unavailable": {"maxAttempts": 2}}}"""),
        }));

        Assert.Equal(
            ("failed", "image-unavailable", 2),
            ((string?)task["state"], (string?)task["reason"], (int)task["attempt"]!));
        Assert.Contains("never to pull it", (string?)task["output"]!["tail"], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "containers")]
    public async Task Upgrade_CommandHandlesSigterm_GetsItOnceAndEndsByItself()
    {
        await SkipUnlessContainersRun();
        Directory.CreateDirectory(In("shared"));
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var worker = WorkerProcess.Launch(
            BuiltPrograms.Worker,
            [
                "--master", service.Grpc, "--name", "w1", "--data", In("w1"),
                "--sandbox-allow", "/usr", "--sandbox-allow", In("shared"),
            ],
            "w1", In("w1"),
            ("CONTAINERS_CONF", PodmanSettings.Write(In(""))), ("OTASK_CONTAINER_ENGINE", "podman"));
        await worker.Started();
        await IsolatesByContainers(service);
        var container = Container("localhost/orleanstasks-proof:1");
        // The image is empty, so the container uses the machine's programs.
        container["mounts"] = new JsonArray(
            [.. ((string[])["/usr", "/bin", "/lib", "/lib64"]).Where(Directory.Exists).Append(In("shared")).Select(Mount)]);
        var id = await Submit(service, new()
        {
            ["cmd"] = $"trap 'echo told' TERM; echo ready; until [ -e {In("shared/go")} ]; do sleep 0.1; done; echo over",
            ["isolation"] = container,
            ["killGrace"] = "5m",
        });
        await Prints(service, id, "ready\n");
        using (var answer = await service.Http.PostAsync($"/api/v1/tasks/{id}/cancel", null, Cancellation))
            Assert.Equal(202, (int)answer.StatusCode);
        await Prints(service, id, "ready\ntold\n");

        worker.Send(Signals.User2);
        await Until.Holds("the worker is upgraded", Patience, () => Task.FromResult(
            worker.Log.Contains("worker node upgraded", StringComparison.Ordinal)), () => worker.Log);
        await IsolatesByContainers(service);
        await File.WriteAllTextAsync(In("shared/go"), "", Cancellation);

        var ended = await service.Ended(id);
        Assert.Equal(("cancelled", 1, 0), ((string?)ended["state"], (int)ended["attempt"]!, (int?)ended["exitCode"]));
        Assert.Equal("ready\ntold\nover\n", await OutputOf(service, id));
    }

    private static JsonObject Container(string image) =>
        new() { ["kind"] = "container", ["image"] = image, ["pull"] = "never" };

    private static JsonObject Mount(string path) => new() { ["from"] = path, ["readOnly"] = true };

    private static async Task SkipUnlessContainersRun()
    {
        var tried = await Finished.Run(Path.Combine(BuiltPrograms.Repository, "build/has-containers.sh"));
        Assert.SkipUnless(tried.ExitCode == 0, $"no containers here: {tried.Errors}");
    }

    private static Task IsolatesByContainers(Service service) =>
        Until.Holds("the node runs containers", Patience, async () =>
        {
            var nodes = JsonNode.Parse(await service.Http.GetStringAsync("/api/v1/nodes", Cancellation))!;
            return nodes["items"]!.AsArray().Any(static node =>
                node!["isolates"]!.AsArray().Any(static kind => (string?)kind == "container"));
        }, () => service.Log);

    private static async Task Prints(Service service, string id, string text)
    {
        var output = "";
        await Until.Holds($"the command prints '{text}'", Patience, async () =>
        {
            output = await OutputOf(service, id);
            return output == text;
        }, () => output);
    }

    private static async Task<string> OutputOf(Service service, string id)
    {
        using var answer = await service.Http.GetAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation);
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(Cancellation) : "";
    }

    private static async Task<string> Submit(Service service, JsonObject spec)
    {
        using var answer = await service.Http.PostAsJsonAsync("/api/v1/tasks", spec);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
    }
}
