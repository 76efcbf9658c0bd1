namespace OrleansTasks.Storage;

/// <summary>How much new work the store accepts.</summary>
public enum StoreHealth
{
    /// <summary>The store accepts all work.</summary>
    Healthy,

    /// <summary>The disk is nearly full. Results are still written, but submissions are refused.</summary>
    LowSpace,

    /// <summary>The last write failed. The next one may succeed.</summary>
    Failing,

    /// <summary>Half of the reserve for results is used. Running tasks can end, but no task is started.</summary>
    NoSpace,

    /// <summary>The database file has been removed, or a read or write has met a damaged page.</summary>
    Damaged,
}

/// <summary>What each health allows. All code that adds to the store checks here first.</summary>
public static class StoreHealths
{
    /// <summary>Returns whether anything may be added. Ends, cancels and deletions are always allowed.</summary>
    public static bool MayGrow(this StoreHealth health) => health is not (StoreHealth.LowSpace or StoreHealth.NoSpace);

    /// <summary>
    /// Returns whether waiting tasks may be started, each of which adds an attempt with output and a result.
    /// </summary>
    public static bool MayStart(this StoreHealth health) => health is not StoreHealth.NoSpace;
}
