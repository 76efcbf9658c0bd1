namespace OrleansTasks;

/// <summary>
/// A clock that neither an operator nor NTP can set. It starts at the wall clock's time and then counts only elapsed
/// time. Grains measure terms by it (heartbeats, subscriptions, retry pauses), because a wall clock change must neither
/// end nor prolong a term. Dispatchers and jobs keep some times by the wall clock, and use this clock to detect its
/// steps (<see cref="Dispatch.QueueClock"/>, <see cref="Jobs.JobClock"/>). All times are Unix milliseconds. Each
/// activation has its own clock, so a steady time means nothing to another activation or in the store; use
/// <see cref="Wall"/> or <see cref="ToWall"/> there.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly long wallAtStart = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long timestampAtStart = time.GetTimestamp();

    /// <summary>
    /// The steady time. Only differences between readings are reliable: the value itself is off by as much as the wall
    /// clock was set since this clock was created.
    /// </summary>
    public long Now => wallAtStart + (long)time.GetElapsedTime(timestampAtStart).TotalMilliseconds;

    /// <summary>
    /// The wall clock time, for display, for stored times, and for what is due at a time of day.
    /// </summary>
    public long Wall => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Converts a steady time to wall clock time: the current wall clock time minus the time elapsed since
    /// <paramref name="steady"/>.
    /// </summary>
    public long ToWall(long steady) => Wall - (Now - steady);
}
