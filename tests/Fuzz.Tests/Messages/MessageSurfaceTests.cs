using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Messages;

public sealed class MessageSurfaceTests
{
    [Fact]
    public async Task Readers_BytesOfTheFutureOrBroken_AreReadOrRefused()
    {
        var figures = new Figures();
        await new FuzzLoop(new MessageSurface(), figures).Run();
    }

    [Fact]
    public void Surface_EachMessageOfTheWorkerPlane_IsCovered() =>
        Assert.Empty(NodeServiceReflection.Descriptor.MessageTypes.Select(static type => type.Name)
            .Except(new MessageSurface().Names));
}
