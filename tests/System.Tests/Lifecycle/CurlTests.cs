using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class CurlTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task TheReadmesCurlLine_RunsTheCommand()
    {
        var hello = In("hello-distributed-system");
        var service = await shared.Running;
        var curl = await Finished.Run("curl", "-sS", "-X", "POST", "-H", "Content-Type: application/json",
            "-d", $$"""{"cmd":"touch {{hello}}"}""", $"{service.Url}tasks");
        Assert.Equal(0, curl.ExitCode);
        var id = (string)global::System.Text.Json.Nodes.JsonNode.Parse(curl.Output)!["id"]!;
        var task = await service.Ended(id);
        Assert.Equal("succeeded", (string?)task["state"]);
        Assert.True(File.Exists(hello));
    }

    [Fact]
    public async Task QueuedTasks_AfterKillOfEverything_AreThereAndRun()
    {
        string[] ids;
        await using (var service = await Service.Start(Data, "--slots", "0"))
        {
            ids = [await service.Submit("echo one"), await service.Submit("echo two")];
            await service.KillAll();
        }

        await using var restarted = await Service.Start(Data);
        Assert.Equal("one\n", (string?)(await restarted.Ended(ids[0]))["output"]!["tail"]);
        Assert.Equal("two\n", (string?)(await restarted.Ended(ids[1]))["output"]!["tail"]);
    }
}
