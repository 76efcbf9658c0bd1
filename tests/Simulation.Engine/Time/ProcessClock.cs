namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The clock of one simulated process: its wall clock may be wrong and may step, its timestamps may run a little fast or slow, and its
/// timers tick in its turns.
/// </summary>
internal sealed class ProcessClock : TimeProvider
{
    private readonly SimCluster _cluster;
    private readonly SimProcess? _process;
    private readonly GrainHost? _host;

    internal ProcessClock(SimCluster cluster, SimProcess process)
    {
        _cluster = cluster;
        _process = process;
    }

    internal ProcessClock(SimCluster cluster, GrainHost host)
    {
        _cluster = cluster;
        _host = host;
    }

    /// <summary>By how much its wall clock is wrong.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>By how many millionths its timestamps run fast.</summary>
    public int DriftPerMillion { get; init; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _cluster.Clock.GetUtcNow() + Skew;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        var now = _cluster.Clock.GetTimestamp();
        return DriftPerMillion == 0 ? now : now + (now / 1_000_000 * DriftPerMillion);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _cluster.Scheduler.IsHome("A timer");
        if (_process is null)
        {
            var inSilo = new SiloTimer(_host!, callback, state);
            inSilo.Inner = _cluster.Clock.CreateTimer(static timer => ((SiloTimer)timer!).OnDue(), inSilo, dueTime, period);
            return inSilo;
        }

        var timer = new ProcessTimer(_process, callback, state);
        timer.Inner = _cluster.Clock.CreateCleanTimer(
            static timer => _ = ((ProcessTimer)timer!).OnDue(), timer, dueTime, period);
        return timer;
    }

    /// <summary>A timer of the cluster's clock that a silo or process owns.</summary>
    private abstract class OwnedTimer : ITimer
    {
        internal ITimer Inner { get; set; } = null!;

        protected bool IsDisposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => Inner.Change(dueTime, period);

        public void Dispose()
        {
            IsDisposed = true;
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Ticks at once, or, when its silo stands still, once as soon as that goes on.</summary>
    private sealed class SiloTimer(GrainHost host, TimerCallback callback, object? state) : OwnedTimer
    {
        private bool _kept;

        internal void OnDue()
        {
            if (_kept) return;
            if (!host.Turns.IsPaused)
            {
                Call();
                return;
            }

            _kept = true;
            host.Turns.Do(() =>
            {
                _kept = false;
                if (!IsDisposed) Call();
            });
        }

        // What the callback calls, it calls as this silo.
        private void Call()
        {
            var outer = GrainHost.Current;
            GrainHost.Current = host;
            try
            {
                callback(state);
            }
            finally
            {
                GrainHost.Current = outer;
            }
        }
    }

    private sealed class ProcessTimer(SimProcess process, TimerCallback callback, object? state) : OwnedTimer, ITurn
    {
        public void Run()
        {
            if (!IsDisposed) callback(state);
        }

        internal bool OnDue()
        {
            process.Enqueue(this);
            return true;
        }
    }
}
