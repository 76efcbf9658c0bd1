namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The clock of one simulated process: its wall clock may be wrong and may step, it may run a little fast or slow, and its timers, which
/// keep its pace, tick in its turns.
/// </summary>
internal sealed class ProcessClock : TimeProvider
{
    private readonly SimCluster _cluster;
    private readonly SimProcess? _process;
    private readonly GrainHost? _host;

    internal ProcessClock(SimCluster cluster, SimProcess process, ClockError? error)
    {
        _cluster = cluster;
        _process = process;
        Error = error ?? new ClockError(cluster.Clock);
    }

    internal ProcessClock(SimCluster cluster, GrainHost host)
    {
        _cluster = cluster;
        _host = host;
        Error = new ClockError(cluster.Clock);
    }

    /// <summary>How wrong it is: the same for all processes of a silo.</summary>
    public ClockError Error { get; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _cluster.Clock.GetUtcNow() + Error.Skew + TimeSpan.FromTicks(Error.Ahead);

    /// <inheritdoc/>
    public override long GetTimestamp() => _cluster.Clock.GetTimestamp() + Error.Ahead;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _cluster.Scheduler.IsHome("A timer");
        if (_process is null)
        {
            var inSilo = new SiloTimer(_host!, callback, state) { Error = Error };
            inSilo.Inner = _cluster.Clock.CreateTimer(
                static timer => ((SiloTimer)timer!).OnDue(), inSilo, Error.Real(dueTime), Error.Real(period));
            return inSilo;
        }

        var timer = new ProcessTimer(_process, callback, state) { Error = Error };
        timer.Inner = _cluster.Clock.CreateCleanTimer(
            static timer => _ = ((ProcessTimer)timer!).OnDue(), timer, Error.Real(dueTime), Error.Real(period));
        return timer;
    }

    /// <summary>A timer of the cluster's clock that a silo or process owns.</summary>
    private abstract class OwnedTimer : ITimer
    {
        internal ITimer Inner { get; set; } = null!;

        internal required ClockError Error { get; init; }

        protected bool IsDisposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => Inner.Change(Error.Real(dueTime), Error.Real(period));

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
