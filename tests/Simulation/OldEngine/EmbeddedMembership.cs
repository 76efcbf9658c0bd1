using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>The only silo there is.</summary>
internal sealed class EmbeddedMembership : ISiloMembership
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
