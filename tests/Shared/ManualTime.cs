namespace OrleansTasks.Tests;

/// <summary>
/// A clock that stands still until it is told to go on; timers that become due then run on the caller's thread.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private long now = TimeSpan.TicksPerDay;
    private long lead;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref now);

    public override DateTimeOffset GetUtcNow() =>
        new(Volatile.Read(ref now) + Volatile.Read(ref lead) + DateTimeOffset.UnixEpoch.Ticks, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock forward or back, as an operator does. Timers and timestamps do not follow.</summary>
    public void StepWall(TimeSpan by) => Interlocked.Add(ref lead, by.Ticks);

    public void Advance(TimeSpan by)
    {
        var until = now + by.Ticks;
        while (Next(until) is { } timer)
            timer.Fire();
        Volatile.Write(ref now, until);
    }

    private ManualTimer? Next(long until)
    {
        lock (gate)
        {
            var next = timers.Where(t => t.Due <= until).MinBy(static t => t.Due);
            if (next is null)
                return null;
            Volatile.Write(ref now, Math.Max(now, next.Due));
            timers.Remove(next);
            return next;
        }
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                this.period = period;
                time.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time.now + dueTime.Ticks;
                time.timers.Add(this);
                return true;
            }
        }

        public void Fire()
        {
            if (period > TimeSpan.Zero)
                Change(period, period);
            callback(state);
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
