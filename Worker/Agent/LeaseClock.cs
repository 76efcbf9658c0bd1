using OrleansTasks.Worker.Handover;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Determines until when the attempts of each queue may run. A term counts from when the worker sent the heartbeat for
/// which the master renewed the leases. The master counts from the heartbeat's receipt, so the worker always gives up
/// first. A deadline never moves back: what was confirmed holds in every later session. Thread-safe.
/// </summary>
/// <param name="clock">Provides timestamps; it must continue while the machine is suspended.</param>
/// <param name="killMargin">How long before the end of the term all attempts must be killed.</param>
public sealed class LeaseClock(TimeProvider clock, TimeSpan killMargin)
{
    private readonly Lock gate = new();

    // For each queue, the timestamp from which its leases count. Expired terms are removed.
    private readonly Dictionary<string, long> terms = new(StringComparer.Ordinal);

    // The timestamp from which all leases count: the last registration at which the worker held nothing.
    private long everything = long.MinValue;
    private long term = long.MaxValue;
    private long fenceDelay;
    private long? fencedAt;

    /// <summary>Called after each renewal.</summary>
    internal Action? Renewed { get; set; }

    /// <summary>Returns the present time, to be recorded as the time of sending.</summary>
    public long Now() => clock.GetTimestamp();

    /// <summary>Records how long leases are, without renewing any.</summary>
    public void Learn(TimeSpan lease)
    {
        lock (gate)
            SetLength(lease);
    }

    /// <summary>
    /// Handles an accepted registration that was sent at <paramref name="sentAt"/>, when the worker held nothing:
    /// every lease of its session counts from then at least.
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
    /// Handles the answer to a heartbeat sent at <paramref name="sentAt"/>, which says from when the leases of queues
    /// count. A time after the sending is invalid, and the time of sending is used instead.
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
    /// Returns the timestamp at which an attempt must be dead; null before its first term.
    /// The attempt's own lease may count from a later heartbeat than its queue's.
    /// </summary>
    /// <param name="queue">The attempt's queue.</param>
    /// <param name="asOf">
    /// When the heartbeat was sent from which, according to its command, the attempt's lease counts; 0 for none.
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

    /// <summary>Returns how long an attempt may still run. If zero or negative, it must be dead.</summary>
    internal TimeSpan Left(string queue, long asOf) =>
        DeadlineOf(queue, asOf) is { } deadline ? clock.GetElapsedTime(Now(), deadline) : TimeSpan.Zero;

    /// <summary>Returns the time until a timestamp.</summary>
    internal TimeSpan Until(long timestamp) => clock.GetElapsedTime(Now(), timestamp);

    /// <summary>
    /// Returns the timestamp from which the supervisor kills the attempts of a deadline if the worker itself has not:
    /// halfway between the deadline and the end of the term.
    /// </summary>
    internal long FenceOf(long deadline)
    {
        lock (gate)
            return deadline + fenceDelay;
    }

    /// <summary>Records when the supervisor will kill the attempts; null for never.</summary>
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

    /// <summary>Returns what another program of this process needs to keep the same deadlines.</summary>
    internal LeaseRecord ToRecord()
    {
        lock (gate)
        {
            var record = new LeaseRecord { FenceDelay = fenceDelay };
            foreach (var (queue, asOf) in terms)
                record.Terms.Add(new TermRecord { Queue = queue, AsOf = asOf });
            if (everything != long.MinValue)
                record.Everything = everything;
            if (term != long.MaxValue)
                record.Length = term;
            if (fencedAt is { } at)
                record.FencedAt = at;
            return record;
        }
    }

    /// <summary>Takes over the deadlines of an earlier program of this process.</summary>
    internal void Restore(LeaseRecord record)
    {
        lock (gate)
        {
            foreach (var known in record.Terms)
                terms[known.Queue] = known.AsOf;
            everything = record.HasEverything ? record.Everything : long.MinValue;
            term = record.HasLength ? record.Length : long.MaxValue;
            fenceDelay = record.FenceDelay;
            fencedAt = record.HasFencedAt ? record.FencedAt : null;
        }
    }

    private void SetLength(TimeSpan lease)
    {
        // With a short lease, the margin is at most half of it, so that attempts have time to run.
        var usable = lease - TimeSpan.FromTicks(Math.Min(killMargin.Ticks, lease.Ticks / 2));
        term = (long)(usable.TotalSeconds * clock.TimestampFrequency);
        fenceDelay = (long)((lease - usable).TotalSeconds * clock.TimestampFrequency / 2);
    }
}
