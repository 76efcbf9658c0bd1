using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Tests.Processes;

[Collection(nameof(AloneCollection))]
public sealed class SpawnLoopTests
{
    [Fact]
    public void Start_ThatTheSystemRefuses_LeavesNoDescriptorOpen()
    {
        const int starts = 100;
        var before = Count();
        for (var i = 0; i < starts; i++)
            // No descriptor has this number, so it cannot be polled.
            Assert.Throws<IOException>(static () => new SpawnLoop(new(), startsEvent: -1, parts: null!));

        // Other threads of the program may have opened a few.
        Assert.InRange(Count(), 0, before + (starts / 2));

        static int Count() => Directory.GetFiles("/proc/self/fd").Length;
    }
}
