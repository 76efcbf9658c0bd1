using OrleansTasks.Silo.Status;

namespace OrleansTasks.Simulation.World;

/// <summary>The membership that a silo's services see: this silo alone, so that each of them keeps all queues.</summary>
internal sealed class LoneMembership : ISiloMembership
{
    /// <inheritdoc/>
    public bool IsActive => true;

    /// <inheritdoc/>
    public string Own => "this process";

    /// <inheritdoc/>
    public IReadOnlyList<string> Members => [Own];

    /// <inheritdoc/>
    public event Action? OthersChanged
    {
        add { }
        remove { }
    }
}
