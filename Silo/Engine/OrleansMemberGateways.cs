using Orleans.Messaging;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>Lists the silos to which a gateway may connect, from the cluster's database.</summary>
internal sealed class OrleansMemberGateways(PostgresMembers members, TimeSpan staleness) : IGatewayListProvider
{
    /// <inheritdoc/>
    public TimeSpan MaxStaleness => staleness;

    /// <inheritdoc/>
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways() =>
    [
        .. (await members.Read()).Members.Select(static stored => OrleansMembershipTable.GatewayOf(stored.Member))
            .OfType<Uri>(),
    ];
}
