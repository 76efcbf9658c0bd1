using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>What this silo knows of its place among Orleans' members.</summary>
internal sealed class OrleansOwnMembership : ISiloMembership, ISiloStatusListener
{
    private readonly ISiloStatusOracle oracle;
    private readonly SiloAddress own;

    /// <summary>Makes it; it hears of changes from now on.</summary>
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

    /// <summary>
    /// The name of a silo among the members: where it listens. A silo that starts again there is home to the same queues.
    /// </summary>
    internal static string NameOf(SiloAddress silo) => silo.Endpoint.ToString();

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status is SiloStatus.Active or SiloStatus.Dead && !updatedSilo.Equals(own))
            // Orleans waits for its listeners.
            _ = Task.Run(() => OthersChanged?.Invoke());
    }
}
