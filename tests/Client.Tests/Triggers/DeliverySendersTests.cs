using System.Net;
using OrleansTasks.Client.Tests.Access;
using OrleansTasks.Client.Triggers;

namespace OrleansTasks.Client.Tests.Triggers;

/// <summary>From where deliveries are refused after bad signatures.</summary>
public sealed class DeliverySendersTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");
    private readonly ManualTime time = new();
    private readonly DeliverySenders senders;

    public DeliverySendersTests() => senders = new DeliverySenders(time);

    [Fact]
    public void MayTry_AnAddressHasFailedTenTimes_ItMayNotForAMinute()
    {
        Fail(ServiceLimits.BadSignatures - 1);
        Assert.True(senders.MayTry(Address, "a"));
        Fail(1);

        Assert.False(senders.MayTry(Address, "a"));
        Assert.False(senders.MayTry(Address.MapToIPv6(), "a"));
        Assert.True(senders.MayTry(Address, "b"));
        Assert.True(senders.MayTry(IPAddress.Parse("192.0.2.2"), "a"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(senders.MayTry(Address, "a"));
    }

    [Fact]
    public void MayTry_AValidDeliveryHasComeFromTheAddress_FailuresOfOthersThereDoNotCount()
    {
        senders.Succeeded(Address, "a");
        Fail(ServiceLimits.BadSignatures);

        Assert.True(senders.MayTry(Address, "a"));
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            senders.Failed(Address, "a");
    }
}
