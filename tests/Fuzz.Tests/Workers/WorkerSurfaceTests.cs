using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Workers;

public sealed class WorkerSurfaceTests : DataFolders
{
    [Fact]
    public async Task Worker_HostileMaster_LivesAndThenWorksForAGoodOne()
    {
        var figures = new Figures();
        await using var surface = await WorkerSurface.Open(In, figures);
        await new FuzzLoop(surface, figures) { WarmedUp = surface.WarmedUp, Finish = surface.Finish }.Run();
    }
}
