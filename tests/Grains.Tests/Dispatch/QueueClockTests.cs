
namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The dispatcher's clock: which steps of the wall clock it tells, and when timers must fire.</summary>
public sealed class QueueClockTests
{
    private readonly CoreRig rig = new();
    private readonly SteppedTime time = new();

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    [InlineData(-3_600_000)]
    public void ToSteady_WallClockWasSet_IsWhenItReachesThatTime(int step)
    {
        var clock = new QueueClock(time);
        clock.Read(rig.Core);
        time.Step(step);
        var now = clock.Read(rig.Core);

        Assert.InRange(clock.ToSteady(now + 1_000) - clock.Steady, 995, 1_005);
    }

    [Fact]
    public void ToSteady_WallClockIsSlewedByLittle_StaysTheSameForATimer()
    {
        var clock = new QueueClock(time);
        var due = clock.Read(rig.Core) + 1_000;
        var before = clock.ToSteady(due);
        time.Step(2);
        clock.Read(rig.Core);

        Assert.Equal(before, clock.ToSteady(due));
    }

    /// <summary>A clock whose wall time can be set; its elapsed time stands still.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private DateTimeOffset wall = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

        public override DateTimeOffset GetUtcNow() => wall;

        public override long GetTimestamp() => 0;

        public void Step(int milliseconds) => wall = wall.AddMilliseconds(milliseconds);
    }
}
