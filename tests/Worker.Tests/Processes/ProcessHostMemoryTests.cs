using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>The memory that a command is said to have taken, while nothing else in this process takes any.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ProcessHostMemoryTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    [Fact]
    public async Task Completion_CommandLargerThanTheWorker_CountsItsMemory()
    {
        // The worker is this process, whose peak other tests have made: the command holds one long line that is longer.
        var size = Libc.OwnPeakKilobytes * 1024 + 200_000_000;

        var outcome = await fixture.RunAsync($"head -c {size} /dev/zero | tr '\\0' a | tail -n 1 > /dev/null");

        Assert.InRange(outcome.MaxResidentBytes ?? 0, size, size + 800_000_000);
    }

    [Fact]
    public async Task Completion_CommandSmallerThanTheWorker_ClaimsNoMemory() =>
        Assert.Null((await fixture.RunAsync("true")).MaxResidentBytes);
}
