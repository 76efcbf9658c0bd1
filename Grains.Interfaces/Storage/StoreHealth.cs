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

    /// <summary>Half of the results' reserve is used: running tasks are still ended, but none is started.</summary>
    NoSpace,
}

/// <summary>What each health allows: the one gate that everything asks which adds to the store.</summary>
public static class StoreHealths
{
    /// <summary>
    /// Whether tasks, jobs, chunks, items, occurrences and output may be added. Ends, cancels and deletes always may.
    /// </summary>
    public static bool MayGrow(this StoreHealth health) => health is not (StoreHealth.LowSpace or StoreHealth.NoSpace);

    /// <summary>Whether waiting tasks may be started. Each start leads to an attempt with output and a result.</summary>
    public static bool MayStart(this StoreHealth health) => health is not StoreHealth.NoSpace;
}
