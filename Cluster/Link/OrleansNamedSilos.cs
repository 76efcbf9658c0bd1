using System.Net;
using Orleans.Messaging;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// The silos that a gateway was given by host name. Names are resolved each time, because addresses may change.
/// </summary>
internal sealed class NamedSilos(IReadOnlyList<DnsEndPoint> silos, TimeSpan staleness, ClockWatch clock) : IGatewayListProvider
{
    /// <inheritdoc/>
    /// <remarks>
    /// How long Orleans avoids a silo, from a time by the wall clock. If that was set back since, the time is in the future.
    /// </remarks>
    public TimeSpan MaxStaleness => clock.IsBehind ? TimeSpan.MinValue : staleness;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        var found = new List<Uri>(silos.Count);
        foreach (var silo in silos)
            foreach (var address in await Dns.GetHostAddressesAsync(silo.Host))
                found.Add(new IPEndPoint(address, silo.Port).ToGatewayUri());
        return found;
    }
}
