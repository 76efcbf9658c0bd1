namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A clock that stands still until it is moved. Timers whose time has come fire in order on the mover's thread.</summary>
internal sealed class VirtualTime : TestTime
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<Due, (long At, long Number)> due = new();
    private long now = 1_700_000_000_000 * TimeSpan.TicksPerMillisecond;
    private long number;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(Volatile.Read(ref now));

    public override long GetTimestamp() => Volatile.Read(ref now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        TimerSet(dueTime);
        return timer;
    }

    public override void Advance(TimeSpan by)
    {
        var end = GetTimestamp() + by.Ticks;
        while (Next(end) is { } fire)
            fire();
        Volatile.Write(ref now, end);
    }

    private Action? Next(long end)
    {
        lock (gate)
        {
            while (due.TryPeek(out var entry, out var first) && first.At <= end)
            {
                due.Dequeue();
                if (entry.Timer.Turn != entry.Turn)
                    continue;
                Volatile.Write(ref now, Math.Max(now, first.At));
                if (entry.Timer.Period > TimeSpan.Zero)
                    Plan(entry.Timer, entry.Timer.Period);
                return entry.Timer.Fire;
            }

            return null;
        }
    }

    private void Plan(Timer timer, TimeSpan after) =>
        due.Enqueue(new Due(timer, ++timer.Turn), (now + after.Ticks, number++));

    private readonly record struct Due(Timer Timer, long Turn);

    private sealed class Timer(VirtualTime time, Action fire) : ITimer
    {
        public long Turn;

        public TimeSpan Period { get; private set; }

        public Action Fire => fire;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time.gate)
            {
                Period = period;
                Turn++;
                if (dueTime >= TimeSpan.Zero)
                    time.Plan(this, dueTime);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
