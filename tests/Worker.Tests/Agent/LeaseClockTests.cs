using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A lease of 10 s with a margin of 2 s.</summary>
public sealed class LeaseClockTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private readonly ManualTime time = new();
    private readonly LeaseClock clock;

    public LeaseClockTests() => clock = new LeaseClock(time, TimeSpan.FromSeconds(2));

    [Fact]
    public void Left_BeforeAnyTerm_IsNothing() => Assert.Equal(TimeSpan.Zero, clock.Left("a", 0));

    [Fact]
    public void Renew_OfOneQueue_LeavesTheOthers()
    {
        var sent = clock.Now();
        clock.Renew([("a", sent), ("b", sent)], sent, Lease);
        time.Advance(TimeSpan.FromSeconds(5));
        clock.Renew([("a", clock.Now())], clock.Now(), Lease);
        Assert.Equal(TimeSpan.FromSeconds(8), clock.Left("a", 0));
        Assert.Equal(TimeSpan.FromSeconds(3), clock.Left("b", 0));
        Assert.Equal(TimeSpan.Zero, clock.Left("c", 0));
    }

    [Fact]
    public void Renew_AnswersOvertakeEachOther_TheLatestTermStands()
    {
        var sent = clock.Now();
        time.Advance(TimeSpan.FromSeconds(2));
        clock.Renew([("a", clock.Now())], clock.Now(), Lease);
        clock.Renew([("a", sent)], sent, Lease);
        Assert.Equal(TimeSpan.FromSeconds(8), clock.Left("a", 0));
    }

    [Fact]
    public void Renew_ByATimeAfterTheSending_CountsFromTheSending()
    {
        var sent = clock.Now();
        clock.Renew([("a", long.MaxValue)], sent, Lease);
        Assert.Equal(TimeSpan.FromSeconds(8), clock.Left("a", 0));
    }

    [Fact]
    public void Renew_OfARegistration_HoldsForEveryQueue()
    {
        clock.Renew(clock.Now(), Lease);
        Assert.Equal(TimeSpan.FromSeconds(8), clock.Left("a", 0));
    }

    [Fact]
    public void Left_CommandSaysALaterHeartbeat_CountsFromThatForThisAttemptAlone()
    {
        var sent = clock.Now();
        clock.Renew([("a", sent)], sent, Lease);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(8), clock.Left("a", clock.Now()));
        Assert.Equal(TimeSpan.FromSeconds(3), clock.Left("a", 0));
    }
}
