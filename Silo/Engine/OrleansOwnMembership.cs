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
    public event Action? OtherLeft;

    /// <inheritdoc/>
    public bool IsActive => oracle.CurrentStatus == SiloStatus.Active;

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead && !updatedSilo.Equals(own))
            // Orleans waits for its listeners.
            _ = Task.Run(() => OtherLeft?.Invoke());
    }
}
