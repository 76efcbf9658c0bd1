using System.Net;
using Orleans.Messaging;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Cluster.Link;

/// <summary>Lists the silos to which a gateway may connect, from the cluster's database.</summary>
internal sealed class OrleansMemberGateways(PostgresMembers members, TimeSpan staleness, ClockWatch clock) : IGatewayListProvider
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
    public async Task<IList<Uri>> GetGateways() =>
    [
        .. (await members.Read()).Members.Select(static stored => GatewayOf(stored.Member))
            .OfType<Uri>(),
    ];

    /// <summary>Returns the address at which gateways connect to a member; null if they may not.</summary>
    private static Uri? GatewayOf(Member member) => member.Status == (int)SiloStatus.Active && member.GatewayPort > 0
        ? SiloAddress.New(IPAddress.Parse(member.Key.Address), member.GatewayPort, member.Key.Generation).ToGatewayUri()
        : null;
}
