namespace OrleansTasks.Storage;

/// <summary>Whether the store takes work.</summary>
public enum StoreHealth
{
    /// <summary>It does.</summary>
    Healthy,

    /// <summary>The disk is nearly full, or full: results are written while there is room, but submissions must be refused.</summary>
    LowSpace,

    /// <summary>The last write failed; the next may do better.</summary>
    Failing,
}
