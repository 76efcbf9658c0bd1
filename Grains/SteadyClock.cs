namespace OrleansTasks;

/// <summary>
/// Unix milliseconds that run on evenly whatever happens to the wall clock: right when it was made, and true in all
/// differences. Terms are counted by it, since a clock that is set must neither end nor prolong a lease.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly long began = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long beganAt = time.GetTimestamp();

    /// <summary>The steady time.</summary>
    public long Now => began + (long)time.GetElapsedTime(beganAt).TotalMilliseconds;

    /// <summary>What the wall clock says, for people and for what is to happen at a time of day.</summary>
    public long Wall => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A steady time as the wall clock would have shown it, going by what it shows now.</summary>
    public long ToWall(long steady) => Wall - (Now - steady);
}
