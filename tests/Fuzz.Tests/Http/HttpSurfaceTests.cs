using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Http;

public sealed class HttpSurfaceTests : DataFolders
{
    [Fact]
    public async Task Gateway_HostileRequests_AreAnsweredAsDescribed()
    {
        await using var service = await Service.Start(Data, "--slots", "2");
        var figures = new Figures();
        var surface = await HttpSurface.Open(service, figures);
        await new FuzzLoop(surface, figures) { WarmedUp = surface.WarmedUp }.Run();
    }
}
