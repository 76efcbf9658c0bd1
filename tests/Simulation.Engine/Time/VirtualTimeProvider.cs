namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A clock that stands still until it is told to go on, for one thread. Timers fire in order of their due times, and among equal ones
/// in the order in which they were set; so a run repeats exactly.
/// </summary>
internal sealed class VirtualTimeProvider : TimeProvider
{
    private readonly PriorityQueue<(VirtualTimer Timer, long Setting), (long Due, long Setting)> _due = new();
    private readonly DateTimeOffset _start;
    private long _now;
    private long _settings;

    /// <summary>A clock that shows 2030-01-01.</summary>
    public VirtualTimeProvider() : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that shows this time.</summary>
    /// <param name="start">The time.</param>
    public VirtualTimeProvider(DateTimeOffset start) => _start = start;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the next timer is due; null when none is set.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            return TryPeek(out var due) ? _start.AddTicks(due) : null;
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start.AddTicks(_now);

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state, ExecutionContext.Capture());
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass, and fires what is due meanwhile, each at its own time.</summary>
    /// <param name="time">How much; zero fires what is due now.</param>
    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var target = _now + time.Ticks;
        while (TryPeek(out var due) && due <= target)
        {
            var timer = _due.Dequeue().Timer;
            _now = Math.Max(_now, due);
            timer.SetAgain(_now);
            timer.Fire();
        }

        _now = Math.Max(_now, target);
    }

    /// <summary>Goes to the next timer that is set, and fires it and what is due at the same time.</summary>
    /// <returns>Whether there was one.</returns>
    public bool AdvanceToNext()
    {
        if (!TryPeek(out var due)) return false;
        Advance(TimeSpan.FromTicks(Math.Max(0, due - _now)));
        return true;
    }

    /// <summary>Has something run after a time, on the thread that advances the clock.</summary>
    internal void Post(TimeSpan wait, Action action) =>
        new VirtualTimer(this, static action => ((Action)action!)(), action, null).Change(wait, Timeout.InfiniteTimeSpan);

    // Settings that were changed since stay in the heap until they come up here.
    private bool TryPeek(out long due)
    {
        while (_due.TryPeek(out var next, out var priority))
        {
            due = priority.Due;
            if (next.Timer.Setting == next.Setting) return true;
            _due.Dequeue();
        }

        due = 0;
        return false;
    }

    private sealed class VirtualTimer(
        VirtualTimeProvider clock, TimerCallback callback, object? state, ExecutionContext? context) : ITimer
    {
        private TimeSpan _period;
        private bool _disposed;

        internal long Setting { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed) return false;
            _period = period;
            Set(dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + Math.Max(0, dueTime.Ticks));
            return true;
        }

        public void Dispose()
        {
            _disposed = true;
            Setting = 0;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void SetAgain(long now)
        {
            var repeats = _period > TimeSpan.Zero;
            Set(repeats ? now + _period.Ticks : null);
        }

        internal void Fire()
        {
            if (context is null) callback(state);
            else ExecutionContext.Run(context, static self => ((VirtualTimer)self!).Call(), this);
        }

        private void Call() => callback(state);

        private void Set(long? due)
        {
            Setting = due is null ? 0 : ++clock._settings;
            if (due is { } at) clock._due.Enqueue((this, Setting), (at, Setting));
        }
    }
}
