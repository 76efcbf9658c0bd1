using System.Net;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Whose failures count against whom.</summary>
public sealed class JoinLimiterTests
{
    private static readonly IPAddress Peer = IPAddress.Parse("192.0.2.1");
    private readonly ForwardTime time = new();
    private readonly JoinLimiter limiter;

    public JoinLimiterTests() => limiter = new JoinLimiter(time);

    [Fact]
    public void MayTry_OneHasFailedTenTimes_ItMayNotForAMinute()
    {
        Fail(Peer, JoinLimiter.FromOne - 1);
        Assert.True(limiter.MayTry(Peer));
        Fail(Peer, 1);
        Assert.False(limiter.MayTry(Peer));
        Assert.False(limiter.MayTry(Peer.MapToIPv6()));

        time.Forward(TimeSpan.FromMinutes(1));

        Assert.True(limiter.MayTry(Peer));
    }

    [Fact]
    public void MayTry_AHundredOthersHaveFailed_ThisOneMay()
    {
        for (var i = 0; i < 100; i++)
            Fail(IPAddress.Parse($"198.51.100.{i}"), JoinLimiter.FromOne);

        Assert.True(limiter.MayTry(Peer));
    }

    [Fact]
    public void Failed_MorePeersThanAreRemembered_ForgetsTheOldest()
    {
        Fail(Peer, JoinLimiter.FromOne);
        for (var i = 0; i < JoinLimiter.MostRemembered - JoinLimiter.FromOne; i++)
            Fail(new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), 1);
        Assert.False(limiter.MayTry(Peer));

        Fail(IPAddress.Parse("198.51.100.1"), 1);

        Assert.True(limiter.MayTry(Peer));
    }

    [Fact]
    public void Failed_OneFailsOnAndOn_DoesNotPushOthersOut()
    {
        Fail(Peer, JoinLimiter.FromOne);

        Fail(IPAddress.Parse("198.51.100.1"), 2 * JoinLimiter.MostRemembered);

        Assert.False(limiter.MayTry(Peer));
    }

    private void Fail(IPAddress peer, int times)
    {
        for (var i = 0; i < times; i++)
            limiter.Failed(peer);
    }
}
