using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

public sealed class MakeTests : DataFolders
{
    // What is built starts in under 3 s on a machine of its own; here others share it.
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task MakeRun_Built_SaysTheEngineAndServesSoon()
    {
        var built = await Finished.Run("make", ["-s", "service", $"ENGINE={BuiltPrograms.Engine}"], [], BuildLimit);
        Assert.True(built.ExitCode == 0, $"{built.Output}{built.Errors}");
        var began = TimeProvider.System.GetTimestamp();
        await using var service = await Service.Start("make",
            ["-s", "run", $"ENGINE={BuiltPrograms.Engine}", $"ARGS=--http 127.0.0.1:0 --grpc 127.0.0.1:0 --data {Data}"], Data);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, StartLimit);
        Assert.Contains($"engine: {BuiltPrograms.Engine} (forced", service.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("building", service.Log, StringComparison.Ordinal);
        Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);

        service.Terminate();
        await service.End(TimeSpan.FromSeconds(10));
        Assert.False(Signals.Send(int.Parse(Service.ReadLock(Data), global::System.Globalization.CultureInfo.InvariantCulture), 0));
    }

    [Fact]
    public async Task EngineThatIsNone_IsRefused()
    {
        var ended = await Finished.Run("make", "-s", "run", "ENGINE=Akka");
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("ENGINE must be Orleans or Embedded, and is 'Akka'", ended.Errors, StringComparison.Ordinal);
    }
}
