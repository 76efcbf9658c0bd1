namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Knows until when the attempts of a worker may run. A term counts from the sending of the heartbeat that the master
/// acknowledged: the master counts from its receipt, so the worker is always first to give up. Safe for use from many
/// threads.
/// </summary>
/// <param name="clock">Gives timestamps; it must go on while the machine is suspended.</param>
/// <param name="killMargin">How long before the end of the term everything must be killed.</param>
public sealed class LeaseClock(TimeProvider clock, TimeSpan killMargin)
{
    private long deadline = long.MinValue;
    private long term = long.MaxValue;
    private long fenceDelay;

    /// <summary>Called after each renewal.</summary>
    internal Action? Renewed { get; set; }

    /// <summary>The time now, to be kept as the time of sending.</summary>
    public long Now() => clock.GetTimestamp();

    /// <summary>A heartbeat sent at <paramref name="sentAt"/> was acknowledged for a lease of this length.</summary>
    public void Renew(long sentAt, TimeSpan lease)
    {
        // A short lease must leave time to run at all, whatever the margin.
        var usable = lease - TimeSpan.FromTicks(Math.Min(killMargin.Ticks, lease.Ticks / 2));
        var length = (long)(usable.TotalSeconds * clock.TimestampFrequency);
        Volatile.Write(ref term, length);
        Volatile.Write(ref fenceDelay, (long)((lease - usable).TotalSeconds * clock.TimestampFrequency / 2));
        var until = sentAt + length;
        if (until > Volatile.Read(ref deadline))
            Volatile.Write(ref deadline, until);
        Renewed?.Invoke();
    }

    /// <summary>
    /// The timestamp from which the supervisor kills the attempts, because the worker itself has not: halfway between
    /// the worker's own deadline and the end of the term. Null before the first term.
    /// </summary>
    internal long? FenceDeadline =>
        Volatile.Read(ref deadline) is var until && until == long.MinValue ? null : until + Volatile.Read(ref fenceDelay);

    /// <summary>Whether a term that counts from a heartbeat sent at <paramref name="sentAt"/> is over.</summary>
    public bool IsOver(long sentAt) => clock.GetTimestamp() - sentAt >= Volatile.Read(ref term);

    /// <summary>How long attempts may still run; zero or less: they must be dead.</summary>
    public TimeSpan Left()
    {
        var until = Volatile.Read(ref deadline);
        return until == long.MinValue ? TimeSpan.Zero : clock.GetElapsedTime(clock.GetTimestamp(), until);
    }
}
