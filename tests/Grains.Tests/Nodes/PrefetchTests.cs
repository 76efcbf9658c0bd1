using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>How far ahead a worker is sent tasks.</summary>
public sealed class PrefetchTests
{
    private const int Slots = 2;
    private readonly Prefetch prefetch = new(Slots, most: 64);

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
    public void Learn_SixteenVeryShortRuns_ThirtyTwoTimesTheSlots()
    {
        Assert.True(prefetch.Learn(Runs(16, 1), 0));
        Assert.Equal(64, prefetch.Extra);
    }

    [Fact]
    public void Learn_RunsOfFourMilliseconds_EightyMillisecondsOfWorkForEachSlot()
    {
        // 80 ms / 4 ms * 2 slots.
        Assert.True(prefetch.Learn(Runs(16, 4), 0));
        Assert.Equal(40, prefetch.Extra);
    }

    [Fact]
    public void Learn_RunsOfAFifthOfASecond_None()
    {
        Assert.False(prefetch.Learn(Runs(100, 200), 0));
        Assert.Equal(0, prefetch.Extra);
    }

    [Fact]
    public void Learn_SixteenTinyChunks_ThousandTimesTheSlots()
    {
        Assert.True(prefetch.Learn(Chunks(16), 0));
        Assert.Equal(2_000, prefetch.Extra);
    }

    // The extra tasks after runs of 10 ms and of 1 ms, and the extra chunks, of which a worker holds 32 for each
    // command.
    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 1, 1, 32)]
    [InlineData(3, 2, 3, 96)]
    [InlineData(100, 2, 64, 2_000)]
    public void Learn_WorkerHoldsSoManyAhead_NoMoreThanThat(int most, int ofTen, int ofOne, int ofChunks)
    {
        Assert.Equal((ofTen, ofOne, ofChunks), (Extra(Runs(16, 10)), Extra(Runs(16, 1)), Extra(Chunks(16))));

        int Extra(ImmutableArray<AttemptResult> results)
        {
            var limited = new Prefetch(Slots, most);
            limited.Learn(results, 0);
            return limited.Extra;
        }
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

    private static ImmutableArray<AttemptResult> Chunks(int count) =>
        [.. Runs(count, 0).Select(static run => run with { CpuTime = 1, Report = new byte[] { 0 } })];

    private static ImmutableArray<AttemptResult> Runs(int count, long runTime) =>
        [.. Enumerable.Repeat(new AttemptResult(
            new LeaseRef(default, "a", 1, default), EndReason.Exit, 0, null, runTime, 0, 0, null), count)];
}
