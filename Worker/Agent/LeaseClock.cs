namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Knows until when the attempts of a worker may run, those of each queue apart. A term counts from the sending of
/// the heartbeat for which the master has renewed the leases: the master counts from its receipt, so the worker is
/// always first to give up. A deadline never moves back: what was confirmed holds in every later session. Safe for use
/// from many threads.
/// </summary>
/// <param name="clock">Gives timestamps; it must go on while the machine is suspended.</param>
/// <param name="killMargin">How long before the end of the term everything must be killed.</param>
public sealed class LeaseClock(TimeProvider clock, TimeSpan killMargin)
{
    private readonly Lock gate = new();

    // From when the leases of each queue count; those whose term is over are dropped.
    private readonly Dictionary<string, long> terms = new(StringComparer.Ordinal);

    // From when all leases count: the last registration at which the worker held nothing.
    private long everything = long.MinValue;
    private long term = long.MaxValue;
    private long fenceDelay;
    private long? fencedAt;

    /// <summary>Called after each renewal.</summary>
    internal Action? Renewed { get; set; }

    /// <summary>The time now, to be kept as the time of sending.</summary>
    public long Now() => clock.GetTimestamp();

    /// <summary>The master has told how long leases are, and has renewed none.</summary>
    public void Learn(TimeSpan lease)
    {
        lock (gate)
            SetLength(lease);
    }

    /// <summary>
    /// A registration sent at <paramref name="sentAt"/>, when the worker held nothing, was accepted: whatever is assigned
    /// in its session counts from then at least.
    /// </summary>
    public void Renew(long sentAt, TimeSpan lease)
    {
        lock (gate)
        {
            SetLength(lease);
            everything = Math.Max(everything, sentAt);
        }

        Renewed?.Invoke();
    }

    /// <summary>
    /// The answer to a heartbeat sent at <paramref name="sentAt"/> says from when the leases of queues count. A
    /// time after the sending makes no sense and is taken for the sending.
    /// </summary>
    public void Renew(IEnumerable<(string Queue, long AsOf)> confirmed, long sentAt, TimeSpan lease)
    {
        lock (gate)
        {
            SetLength(lease);
            foreach (var (queue, asOf) in confirmed)
            {
                var from = Math.Min(asOf, sentAt);
                if (!terms.TryGetValue(queue, out var known) || known < from)
                    terms[queue] = from;
            }

            var now = Now();
            foreach (var queue in terms.Keys)
            {
                if (terms[queue] + term <= now)
                    terms.Remove(queue);
            }
        }

        Renewed?.Invoke();
    }

    /// <summary>Whether a term that counts from a heartbeat sent at <paramref name="sentAt"/> is over.</summary>
    public bool IsOver(long sentAt)
    {
        lock (gate)
            return clock.GetTimestamp() - sentAt >= term;
    }

    /// <summary>
    /// The timestamp at which an attempt must be dead; null before its first term. Its own lease may count from a later
    /// heartbeat than those that its queue has confirmed.
    /// </summary>
    /// <param name="queue">The attempt's queue.</param>
    /// <param name="asOf">
    /// When the heartbeat was sent that the attempt's command says its lease counts from; 0 for none.
    /// </param>
    internal long? DeadlineOf(string queue, long asOf)
    {
        lock (gate)
        {
            var from = Math.Max(everything, terms.GetValueOrDefault(queue, long.MinValue));
            if (asOf != 0)
                from = Math.Max(from, asOf);
            return from == long.MinValue || term == long.MaxValue ? null : from + term;
        }
    }

    /// <summary>How long an attempt may still run; zero or less: it must be dead.</summary>
    internal TimeSpan Left(string queue, long asOf) =>
        DeadlineOf(queue, asOf) is { } deadline ? clock.GetElapsedTime(Now(), deadline) : TimeSpan.Zero;

    /// <summary>How long until a timestamp.</summary>
    internal TimeSpan Until(long timestamp) => clock.GetElapsedTime(Now(), timestamp);

    /// <summary>
    /// The timestamp from which the supervisor kills the attempts of a deadline, because the worker itself has not:
    /// halfway between the deadline and the end of the term.
    /// </summary>
    internal long FenceOf(long deadline)
    {
        lock (gate)
            return deadline + fenceDelay;
    }

    /// <summary>The supervisor was told when to kill (null: it is to kill nothing).</summary>
    internal void NoteFence(long? at)
    {
        lock (gate)
            fencedAt = at;
    }

    /// <summary>Whether the supervisor may have killed the attempts by now.</summary>
    internal bool IsFenced
    {
        get
        {
            lock (gate)
                return fencedAt <= Now();
        }
    }

    private void SetLength(TimeSpan lease)
    {
        // A short lease must leave time to run at all, whatever the margin.
        var usable = lease - TimeSpan.FromTicks(Math.Min(killMargin.Ticks, lease.Ticks / 2));
        term = (long)(usable.TotalSeconds * clock.TimestampFrequency);
        fenceDelay = (long)((lease - usable).TotalSeconds * clock.TimestampFrequency / 2);
    }
}
