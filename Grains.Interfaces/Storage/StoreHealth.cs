namespace OrleansTasks.Storage;

/// <summary>Whether the store takes work.</summary>
public enum StoreHealth
{
    /// <summary>It does.</summary>
    Healthy,

    /// <summary>The disk is nearly full: results are still written, but submissions are refused.</summary>
    LowSpace,

    /// <summary>The last write failed; the next may succeed.</summary>
    Failing,

    /// <summary>Half of the reserve for results is used: running tasks end, but none is started.</summary>
    NoSpace,
}

/// <summary>What each health allows. Everything that adds to the store asks here.</summary>
public static class StoreHealths
{
    /// <summary>Whether anything may be added. Ends, cancels and deletes always may.</summary>
    public static bool MayGrow(this StoreHealth health) => health is not (StoreHealth.LowSpace or StoreHealth.NoSpace);

    /// <summary>Whether waiting tasks may be started; each leads to an attempt with output and a result.</summary>
    public static bool MayStart(this StoreHealth health) => health is not StoreHealth.NoSpace;
}
