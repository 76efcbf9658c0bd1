namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A clock with timers that stands still until a test moves it.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<VirtualTimer> timers = [];
    private DateTimeOffset now = DateTimeOffset.FromUnixTimeMilliseconds(1_900_000_000_000);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far the wall clock was set; timestamps and timers know nothing of it.</summary>
    public TimeSpan WallShift { get; set; }

    /// <summary>How far each look at the clock moves it, as if the program took so long.</summary>
    public TimeSpan StepOfLook { get; set; }

    public override DateTimeOffset GetUtcNow() => Look() + WallShift;

    public override long GetTimestamp() => Look().Ticks;

    /// <summary>Whether somebody waits for this long from now.</summary>
    public bool HasTimer(TimeSpan due)
    {
        lock (gate)
            return timers.Exists(timer => timer.Due == now + due);
    }

    /// <summary>How many timers run.</summary>
    public int Timers
    {
        get { lock (gate) return timers.Count; }
    }

    /// <summary>Moves the clock to the next timer's time; returns how far that was.</summary>
    public TimeSpan AdvanceToNext()
    {
        TimeSpan by;
        lock (gate)
            by = timers.Min(static timer => timer.Due) - now;
        Advance(by);
        return by;
    }

    public void Advance(TimeSpan by)
    {
        List<VirtualTimer> fired;
        lock (gate)
        {
            now += by;
            fired = timers.FindAll(timer => timer.Due <= now);
            foreach (var timer in fired)
                timer.Restart(now);
        }

        foreach (var timer in fired)
            timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private DateTimeOffset Look()
    {
        lock (gate)
        {
            var seen = now;
            now += StepOfLook;
            return seen;
        }
    }

    private sealed class VirtualTimer(VirtualTime clock, Action callback) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => callback();

        public void Restart(DateTimeOffset now)
        {
            if (period > TimeSpan.Zero)
                Due = now + period;
            else
                clock.timers.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                this.period = period;
                if (dueTime < TimeSpan.Zero)
                    return true;
                Due = clock.now + dueTime;
                clock.timers.Add(this);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
