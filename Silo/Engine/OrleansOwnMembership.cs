using OrleansTasks.Cluster;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>This silo's view of its membership in the Orleans cluster.</summary>
internal sealed class OrleansOwnMembership : ISiloMembership, IPeerSilos, ISiloStatusListener
{
    private readonly ISiloStatusOracle oracle;
    private readonly SiloAddress own;

    /// <summary>Subscribes to membership changes.</summary>
    public OrleansOwnMembership(ISiloStatusOracle oracle, ILocalSiloDetails silo)
    {
        (this.oracle, own) = (oracle, silo.SiloAddress);
        oracle.SubscribeToSiloStatusEvents(this);
    }

    /// <inheritdoc/>
    public event Action? OthersChanged;

    /// <inheritdoc/>
    public bool IsActive => oracle.CurrentStatus == SiloStatus.Active;

    /// <inheritdoc/>
    public string Own => NameOf(own);

    /// <inheritdoc/>
    public IReadOnlyList<string> Members =>
        [.. oracle.GetApproximateSiloStatuses(onlyActive: true).Keys.Select(NameOf).Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public bool AnyActive => Members.Any(member => member != Own);

    /// <summary>
    /// Returns a silo's name among the members, which is its endpoint. A silo that restarts at the same endpoint is
    /// home to the same queues.
    /// </summary>
    internal static string NameOf(SiloAddress silo) => silo.Endpoint.ToString();

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status is SiloStatus.Active or SiloStatus.Dead && !updatedSilo.Equals(own))
            // On the thread pool, because Orleans waits for its listeners.
            _ = Task.Run(() => OthersChanged?.Invoke());
    }
}
