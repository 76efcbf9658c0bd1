using System.Collections.Concurrent;
using System.Net;
using OrleansTasks.Listening;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// Refuses deliveries from addresses that have sent too many bad signatures to a trigger, before anything is read for
/// them. Several senders may share an address, so an address that has sent a valid delivery is not refused.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class DeliverySenders(TimeProvider time)
{
    private const int MostRemembered = 10_000;

    private readonly RecentFailures<(IPAddress Network, string Trigger)> failures =
        new(ServiceLimits.BadSignatures, MostRemembered, time);

    private readonly ConcurrentDictionary<(IPAddress Network, string Trigger), bool> valid = new();

    /// <summary>Returns whether the address may deliver to the trigger.</summary>
    public bool MayTry(IPAddress? address, string trigger)
    {
        var sender = (PeerNetwork.Of(address), trigger);
        return failures.MayTry(sender) || valid.ContainsKey(sender);
    }

    /// <summary>Records a delivery with a bad signature.</summary>
    public void Failed(IPAddress? address, string trigger) => failures.Failed((PeerNetwork.Of(address), trigger));

    /// <summary>Records a delivery with a valid signature.</summary>
    public void Succeeded(IPAddress? address, string trigger)
    {
        var sender = (PeerNetwork.Of(address), trigger);
        if (valid.ContainsKey(sender))
            return;
        if (valid.Count >= MostRemembered)
            valid.Clear();
        valid[sender] = true;
    }
}
