using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Files;

public sealed class FileSurfaceTests : DataFolders
{
    [Fact]
    public async Task DataFolders_Damaged_AreServedOrRefusedByName()
    {
        var left = await LeftFolders.Make(In);
        await using var master = await Service.Start(In("master"), "--slots", "0");
        var figures = new Figures();
        await new FuzzLoop(new FileSurface(In, left, master, figures), figures).Run();
    }
}
