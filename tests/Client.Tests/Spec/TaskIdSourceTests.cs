using OrleansTasks.Tasks;
using OrleansTasks.Tests;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>The order of task ids, and the times in them.</summary>
public sealed class TaskIdSourceTests
{
    private readonly ManualTime time = new();
    private readonly TaskIdSource ids;

    public TaskIdSourceTests() => ids = new TaskIdSource(time, new Random(1));

    [Fact]
    public void Next_ClockIsSetBackALittle_StillAscends()
    {
        var before = ids.Next();
        time.StepWall(-TimeSpan.FromSeconds(1));
        Assert.True(ids.Next().CompareTo(before) > 0);
    }

    [Theory]
    [InlineData(-28_800)]
    [InlineData(-2)]
    [InlineData(28_800)]
    public void Next_ClockIsSet_StatesTheTimeOfTheClock(int seconds)
    {
        time.StepWall(TimeSpan.FromDays(2));
        var before = ids.Next();
        time.StepWall(TimeSpan.FromSeconds(seconds));
        var after = ids.Next();
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), after.CreatedAt);
        Assert.NotEqual(before, after);
        Assert.True(ids.Next().CompareTo(after) > 0);
    }
}
