using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Simulation.Engine;

/// <summary>Beginning and end of an activation.</summary>
internal sealed partial class Activation
{
    private readonly List<GrainTimer> _timers = new(0);
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncServiceScope? _scope;
    private GrainLifecycle? _lifecycle;
    private Dictionary<string, object>? _firstContext;
    private DeactivationReason _reason;
    private CancellationToken _deactivationToken;
    private long _deactivatingSince;
    private bool _wasValid;

    public Task Deactivated => _deactivated.Task;

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
    {
        if (_state != ActivationState.Created) return;
        _state = ActivationState.Activating;
        _firstContext = requestContext;
        Turns.Enqueue(new Activating(this));
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        if (_state is ActivationState.Deactivating or ActivationState.Invalid) return;
        _reason = deactivationReason;
        _deactivationToken = cancellationToken;
        _deactivatingSince = Host.Clock.GetTimestamp();
        _wasValid = _state == ActivationState.Valid;

        // One that is being activated ends when that is done.
        var endsNow = _state == ActivationState.Created || (_wasValid && _running == 0);
        _state = ActivationState.Deactivating;
        if (endsNow) Turns.Enqueue(new Deactivating(this));
    }

    public Task EndAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Deactivate(reason, cancellationToken);
        return Deactivated;
    }

    public void Crash()
    {
        _state = ActivationState.Invalid;
        Turns.Halt();
        StopTimers();
        _deactivated.TrySetResult();
    }

    internal IGrainTimer StartTimer<TState>(
        Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer<TState>(this, callback, state, options);
        if (_state != ActivationState.Invalid) _timers.Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    internal void Forget(GrainTimer timer) => _timers.Remove(timer);

    private async Task ActivateAsync()
    {
        try
        {
            TravellingContext.Import(_firstContext);
            _firstContext = null;
            using var limit = new CancellationTokenSource(Host.Options.ActivationTimeout, Host.Clock);
            Construct();
            if (_lifecycle is { } lifecycle) await WithinLimit(lifecycle.StartAsync(limit.Token), limit.Token);
            if (GrainInstance is IGrainBase grain)
                await WithinLimit(grain.OnActivateAsync(limit.Token), limit.Token);
        }
        catch (Exception exception)
        {
            Host.LogActivationFailed(GrainId, exception);
            await GiveUpAsync(exception);
            return;
        }

        if (_state == ActivationState.Activating)
        {
            _state = ActivationState.Valid;
            _lastUse = Host.Clock.GetTimestamp();
            StartAllThatMay();
            return;
        }

        if (!IsOver) await EndAsync();
    }

    private async Task WithinLimit(Task activation, CancellationToken limit)
    {
        try
        {
            await activation.OrCancelledAsync(limit);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"{GrainId} was not active within {Host.Options.ActivationTimeout}.");
        }
    }

    private void Construct()
    {
        _scope = Host.Services.CreateAsyncScope();
        GrainInstance = _class.Create(_scope.Value.ServiceProvider, this);
    }

    // Whoever waits gets the exception; the next call makes a new activation and tries anew.
    private async Task GiveUpAsync(Exception exception)
    {
        StopTimers();
        foreach (var request in Leave()) request.Fail(Host, exception);
        await DisposeInstanceAsync();
        _deactivated.TrySetResult();
    }

    private async Task EndAsync()
    {
        StopTimers();
        if (_wasValid && GrainInstance is IGrainBase grain)
        {
            using var limit = new CancellationTokenSource(Host.Options.DeactivationTimeout, Host.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _deactivationToken);
            try
            {
                await grain.OnDeactivateAsync(_reason, both.Token).OrCancelledAsync(both.Token);
                if (_lifecycle is { } lifecycle) await lifecycle.StopAsync(both.Token).OrCancelledAsync(both.Token);
            }
            catch (OperationCanceledException) when (both.IsCancellationRequested)
            {
                Host.LogDeactivationFailed(GrainId, new TimeoutException($"{GrainId} did not deactivate in time."));
            }
            catch (Exception exception)
            {
                Host.LogDeactivationFailed(GrainId, exception);
            }
        }

        StopTimers();
        var left = Leave();
        await DisposeInstanceAsync();
        _deactivated.TrySetResult();
        foreach (var request in left) Host.HandOn(request);
    }

    /// <summary>From here on the silo makes a new activation for the grain.</summary>
    private Request[] Leave()
    {
        _state = ActivationState.Invalid;
        Request[] left = [.. _waiting];
        _waiting.Clear();
        if (_pool is null) Host.Remove(this);
        else _pool.Remove(this);
        return left;
    }

    // A request that never ends must not keep a grain from ever being active again.
    private void Abandon()
    {
        Host.LogStuck(GrainId, Host.Options.MaxRequestProcessingTime);
        StopTimers();
        var left = Leave();
        _deactivated.TrySetResult();
        foreach (var request in left) Host.HandOn(request);
    }

    private void StopTimers()
    {
        GrainTimer[] timers = [.. _timers];
        _timers.Clear();
        foreach (var timer in timers) timer.Dispose();
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            if (GrainInstance is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (GrainInstance is IDisposable disposable) disposable.Dispose();
            if (_scope is { } scope) await scope.DisposeAsync();
        }
        catch (Exception exception)
        {
            Host.LogDisposeFailed(GrainId, exception);
        }
    }

    private sealed class Activating(Activation activation) : ITurn
    {
        public void Run() => _ = activation.ActivateAsync();
    }

    private sealed class Deactivating(Activation activation) : ITurn
    {
        public void Run() => _ = activation.IsOver ? Task.CompletedTask : activation.EndAsync();
    }
}
