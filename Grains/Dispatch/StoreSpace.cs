using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// What the store's free space allows in this round. While the store may not grow, due occurrences, items and workflow
/// jobs wait. While tasks may not start, nodes get none. Ends and cancels always go through.
/// </summary>
internal sealed class StoreSpace
{
    /// <summary>The store's health, set at the beginning of each round.</summary>
    public StoreHealth Health { get; set; }

    /// <inheritdoc cref="StoreHealths.MayGrow"/>
    public bool MayGrow => Health.MayGrow();

    /// <inheritdoc cref="StoreHealths.MayStart"/>
    public bool MayStart => Health.MayStart();
}
