using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>
/// Hostile bytes and calls at the port for workers. The service has no slots of its own, so its tasks run on the good
/// worker.
/// </summary>
public sealed class SiloSurfaceTests : DataFolders
{
    [Fact]
    public async Task WorkerPlane_HostileConnections_DisturbNoGoodWorker()
    {
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var good = await WorkerProcess.Start(service, "good", In("good"), "--slots", "2", "--label",
            "good=yes");
        var figures = new Figures();
        await using var surface = new SiloSurface(service, good, figures);
        // Memory and descriptors are measured once the corpus has been tried.
        await new FuzzLoop(surface, figures) { WarmedUp = surface.WarmedUp }.Run();
    }
}
