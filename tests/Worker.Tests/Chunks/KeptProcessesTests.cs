using OrleansTasks.Tests;
using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Tests.Processes;

namespace OrleansTasks.Worker.Tests.Chunks;

/// <summary>The clock stands still, so no program ends because it has been idle for long.</summary>
public sealed class KeptProcessesTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly HostFixture fixture = new();
    private KeptProcesses kept = null!;

    public async ValueTask InitializeAsync()
    {
        await fixture.InitializeAsync();
        kept = new KeptProcesses(fixture.Host, most: 1, Patience, new ManualTime());
    }

    public async ValueTask DisposeAsync()
    {
        await kept.CloseAsync();
        kept.Dispose();
        await fixture.DisposeAsync();
    }

    [Fact]
    public async Task Return_MoreThanAreKept_TheOldestEndsByItself()
    {
        var (oldest, newest) = (Rent("a", "exec cat"), Rent("b", "exec cat"));
        kept.Return("a", oldest);
        kept.Return("b", newest);

        Assert.Equal((ProcessEndReason.Exit, 0), await EndOf(oldest));
        Assert.Same(newest, Rent("b", "exec cat"));
    }

    [Fact]
    public async Task Return_AsManyAreEnding_TheOldestIsKilledAtOnce()
    {
        var programs = new List<KeptProcess>();
        foreach (var job in (string[])["a", "b", "c"])
            programs.Add(Rent(job, "exec sleep 600"));
        kept.Return("a", programs[0]);
        kept.Return("b", programs[1]);
        // The first one does not read, and so does not notice that its input has ended.
        kept.Return("c", programs[2]);

        Assert.Equal(ProcessEndReason.Killed, (await EndOf(programs[1])).Reason);
        Assert.True(programs[0].IsAlive && programs[2].IsAlive);
    }

    private static async Task<(ProcessEndReason Reason, int? ExitCode)> EndOf(KeptProcess process)
    {
        var outcome = await process.Completion.WaitAsync(Patience);
        return (outcome.Reason, outcome.ExitCode);
    }

    private KeptProcess Rent(string job, string line) => kept.Rent(job, HostFixture.Shell(line), onlyNew: false);
}
