using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>How far ahead a worker is sent tasks.</summary>
public sealed class PrefetchTests
{
    private readonly Prefetch prefetch = new(2);

    [Fact]
    public void Extra_NothingKnown_IsNone() => Assert.Equal(0, prefetch.Extra);

    [Fact]
    public void Learn_SixteenShortRuns_AsManyAsSlots()
    {
        Assert.False(prefetch.Learn(Runs(15, 10), 0));
        Assert.True(prefetch.Learn(Runs(1, 10), 0));
        Assert.Equal(2, prefetch.Extra);
        Assert.False(prefetch.Learn(Runs(1, 10), 0));
    }

    [Fact]
    public void Learn_SixteenVeryShortRuns_SixteenTimesTheSlots()
    {
        Assert.True(prefetch.Learn(Runs(16, 1), 0));
        Assert.Equal(32, prefetch.Extra);
    }

    [Fact]
    public void Learn_RunsOfAFifthOfASecond_None()
    {
        Assert.False(prefetch.Learn(Runs(100, 200), 0));
        Assert.Equal(0, prefetch.Extra);
    }

    [Fact]
    public void Learn_RunsGrowLong_BackToNone()
    {
        prefetch.Learn(Runs(16, 1), 0);
        Assert.True(prefetch.Learn(Runs(1, 1_000), 0));
        Assert.Equal(0, prefetch.Extra);
    }

    [Fact]
    public void Learn_OneWasPutBack_NoneUntilProvedAgain()
    {
        prefetch.Learn(Runs(16, 1), 0);
        Assert.True(prefetch.Learn([], refused: 1));
        Assert.Equal(0, prefetch.Extra);
        Assert.True(prefetch.Learn(Runs(16, 1), 0));
    }

    private static System.Collections.Immutable.ImmutableArray<AttemptResult> Runs(int count, long runTime) =>
        [.. Enumerable.Repeat(new AttemptResult(
            new LeaseRef(default, new PartitionKey("a", 0), 1, default), EndReason.Exit, 0, null, runTime, 0, 0, null), count)];
}
