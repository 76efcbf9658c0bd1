using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// What the store allows in this round. While it may not grow, due occurrences, items and jobs of workflows wait; while
/// it may not start tasks, nodes get none. Ends and cancels go on.
/// </summary>
internal sealed class StoreSpace
{
    /// <summary>Set at the beginning of each round.</summary>
    public StoreHealth Health { get; set; }

    /// <inheritdoc cref="StoreHealths.MayGrow"/>
    public bool MayGrow => Health.MayGrow();

    /// <inheritdoc cref="StoreHealths.MayStart"/>
    public bool MayStart => Health.MayStart();
}
