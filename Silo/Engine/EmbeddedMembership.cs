using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>The only silo there is.</summary>
internal sealed class EmbeddedMembership : ISiloMembership
{
    /// <inheritdoc/>
    public bool IsActive => true;

    /// <inheritdoc/>
    public event Action? OtherLeft
    {
        add { }
        remove { }
    }
}
