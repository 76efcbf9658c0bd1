using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// A timer whose ticks are requests to its activation. Ticks never overlap: the clock is set again when a tick ends.
/// </summary>
internal abstract class GrainTimer : Request, IGrainTimer
{
    private const uint LongestMilliseconds = 0xfffffffe;

    private static readonly TimerCallback DueCallback = static timer => ((GrainTimer)timer!).OnDue();

    private readonly CancellationTokenSource _disposed = new();
    private readonly Activation _activation;
    private readonly ITimer _timer;
    private readonly bool _interleaves;
    private readonly bool _keepsAlive;
    private TimeSpan _due;
    private TimeSpan _period;
    private bool _ticking;
    private bool _changed;

    private protected GrainTimer(Activation activation, GrainTimerCreationOptions options)
    {
        Check(options.DueTime, options.Period);
        _activation = activation;
        _interleaves = options.Interleave;
        _keepsAlive = options.KeepAlive;

        _timer = activation.Host.Clock.CreateCleanTimer(
            DueCallback, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    internal override bool Interleaves => _interleaves;

    internal override bool KeepsAlive => _keepsAlive;

    internal override bool BelongsToActivation => true;

    internal override GrainId Target => _activation.GrainId;

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, period);
        (_due, _period, _changed) = (dueTime, period, true);
        if (!_ticking) _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        if (_disposed.IsCancellationRequested) return;
        _timer.Dispose();
        _activation.Forget(this);
        try
        {
            _disposed.Cancel();
        }
        catch (AggregateException exception)
        {
            _activation.Host.LogTickFailed(_activation.GrainId, exception);
        }
    }

    public override void Run() => _ = TickAsync();

    internal override void Reject(Exception reason)
    {
    }

    private protected abstract Task InvokeAsync(CancellationToken disposed);

    private static void Check(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
    }

    private static void Check(TimeSpan time, string name)
    {
        var milliseconds = (long)time.TotalMilliseconds;
        ArgumentOutOfRangeException.ThrowIfLessThan(milliseconds, -1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(milliseconds, LongestMilliseconds, name);
    }

    private void OnDue()
    {
        if (_ticking || _disposed.IsCancellationRequested) return;
        _ticking = true;
        _changed = false;
        _activation.TryAccept(this);
    }

    private async Task TickAsync()
    {
        try
        {
            if (!_disposed.IsCancellationRequested) await FilteredAsync();
        }
        catch (Exception exception)
        {
            _activation.Host.LogTickFailed(_activation.GrainId, exception);
        }
        finally
        {
            _ticking = false;
            if (!_disposed.IsCancellationRequested) _timer.Change(_changed ? _due : _period, Timeout.InfiniteTimeSpan);
            _activation.Finished(this);
        }
    }

    // Ticks are requests, so filters see them.
    private Task FilteredAsync() => IncomingCall.IsFiltered(_activation.Host, _activation.GrainInstance!)
        ? new TickContext(this, _activation).Invoke()
        : InvokeAsync(_disposed.Token);

    /// <summary>A tick on its way through the filters, under the names that Orleans gives it.</summary>
    private sealed class TickContext(GrainTimer timer, Activation activation)
        : IncomingCall(activation.Host, activation.GrainInstance!, activation.GrainId, activation)
    {
        public override GrainId? SourceId => TargetId;

        public override GrainInterfaceType InterfaceType => default;

        public override string InterfaceName => "IGrainTimerInvoker";

        public override string MethodName => "InvokeCallbackAsync";

        public override IInvokable Request => throw new NotSupportedException("A tick of the simulation is no request of Orleans.");

        private protected override async Task InvokeTargetAsync()
        {
            await timer.InvokeAsync(timer._disposed.Token);
            Response = Response.Completed;
        }
    }
}

/// <summary>A timer with the state that its ticks are given.</summary>
internal sealed class GrainTimer<TState>(
    Activation activation,
    Func<TState, CancellationToken, Task> callback,
    TState state,
    GrainTimerCreationOptions options) : GrainTimer(activation, options)
{
    private protected override Task InvokeAsync(CancellationToken disposed) => callback(state, disposed);
}
