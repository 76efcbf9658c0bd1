namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The system's clock, put forward by a test. The silo lives by it: its own timers must go on by themselves.</summary>
internal sealed class ShiftedTime : TestTime
{
    private readonly Lock gate = new();
    private readonly HashSet<Timer> pending = [];
    private long shift;

    public override long TimestampFrequency => System.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref shift));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(Volatile.Read(ref shift) * ((double)System.TimestampFrequency / TimeSpan.TicksPerSecond));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        TimerSet(dueTime);
        return timer;
    }

    public override void Advance(TimeSpan by)
    {
        Timer[] moved;
        lock (gate)
        {
            shift += by.Ticks;
            moved = [.. pending];
        }

        foreach (var timer in moved)
            timer.Move();
    }

    private sealed class Timer : ITimer
    {
        private readonly ShiftedTime time;
        private readonly TimerCallback callback;
        private readonly object? state;
        private readonly ITimer inner;
        private DateTimeOffset due;
        private TimeSpan period;

        public Timer(ShiftedTime time, TimerCallback callback, object? state)
        {
            this.time = time;
            this.callback = callback;
            this.state = state;
            inner = System.CreateTimer(static timer => ((Timer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                this.period = period;
                if (dueTime < TimeSpan.Zero)
                {
                    time.pending.Remove(this);
                    return inner.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }

                due = time.GetUtcNow() + dueTime;
                time.pending.Add(this);
                return inner.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }

        public void Move()
        {
            lock (time.gate)
            {
                if (!time.pending.Contains(this))
                    return;
                var left = due - time.GetUtcNow();
                inner.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }

        public void Dispose()
        {
            lock (time.gate)
                time.pending.Remove(this);
            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            lock (time.gate)
            {
                time.pending.Remove(this);
                if (period > TimeSpan.Zero)
                    Change(period, period);
            }

            callback(state);
        }
    }
}
