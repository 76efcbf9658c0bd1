using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What counts as a step of the wall clock.</summary>
public sealed class ClockStepsTests
{
    private const long Wall = 1_800_000_000_000;

    [Theory]
    [InlineData(-28_800_000)]
    [InlineData(-ClockSteps.Least)]
    [InlineData(ClockSteps.Least)]
    [InlineData(34_560_000_000)]
    public void Note_ClockWasSet_IsTheLastStepForADay(long by)
    {
        var steps = new ClockSteps(Wall, 0);
        Assert.Null(steps.Note(Wall + 1_000, 1_000));

        var expected = new ClockStep(by, Wall + 2_000 + by);
        Assert.Equal(expected, steps.Note(Wall + 2_000 + by, 2_000));

        Assert.Null(steps.Note(Wall + 3_000 + by, 3_000));
        Assert.Equal(expected, steps.Last);
        var day = 2_000 + (long)ClockSteps.KeptFor.TotalMilliseconds;
        steps.Note(Wall + by + day, day);
        Assert.Null(steps.Last);
    }

    [Fact]
    public void Note_SlowCorrections_AreNoStep()
    {
        var steps = new ClockSteps(Wall, 0);
        for (var second = 1; second <= 100; second++)
            Assert.Null(steps.Note(Wall + (second * 1_200), second * 1_000));
        Assert.Null(steps.Last);
    }

    [Fact]
    public void IsBehind_AfterAStepBack_UntilTheClockShowsANewTime()
    {
        var steps = new ClockSteps(Wall, 0);
        steps.Note(Wall + 10_000, 10_000);
        Assert.False(steps.IsBehind);
        steps.Note(Wall + 1_000, 11_000);
        Assert.True(steps.IsBehind);
        steps.Note(Wall + 9_000, 19_000);
        Assert.True(steps.IsBehind);
        steps.Note(Wall + 11_000, 21_000);
        Assert.False(steps.IsBehind);
    }
}
