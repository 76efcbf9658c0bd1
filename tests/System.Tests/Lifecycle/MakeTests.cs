using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class MakeTests : DataFolders
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task MakeRun_Built_ServesWithoutBuilding()
    {
        var built = await Finished.Run("make", ["-s", "service"], [], BuildLimit);
        Assert.True(built.ExitCode == 0, $"{built.Output}{built.Errors}");
        await using var service = await Service.Start("make",
            ["-s", "run", $"ARGS=--http 127.0.0.1:0 --grpc 127.0.0.1:0 --data {Data}"], Data);
        Assert.DoesNotContain("building", service.Log, StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);

        service.Terminate();
        await service.End(TimeSpan.FromSeconds(10));
        Assert.False(Signals.Send(int.Parse(Service.ReadLock(Data), global::System.Globalization.CultureInfo.InvariantCulture), 0));
    }
}
