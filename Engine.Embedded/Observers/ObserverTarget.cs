using Orleans.Runtime;

namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// An object that grains call back. Calls run one after another in order of arrival; those that interleave run at once.
/// The object is held weakly, so whoever registered it keeps it alive.
/// </summary>
internal sealed class ObserverTarget : ITurn
{
    private readonly Lock _gate = new();
    private readonly Queue<Call> _calls = [];
    private readonly WeakReference _object;
    private readonly TurnQueue _turns;
    private readonly object? _kept;
    private bool _pumping;

    internal ObserverTarget(object observer, IExecutor executor, GrainId id)
    {
        Id = id;
        _object = new WeakReference(observer);
        // When the collector comes must not change what a simulation does.
        if (executor is SimSiloExecutor) _kept = observer;
        _turns = new TurnQueue(executor, this);
    }

    internal GrainId Id { get; }

    /// <summary>Takes a call.</summary>
    /// <returns>False when the object is gone.</returns>
    internal bool TryAccept(Call call)
    {
        if (!_object.IsAlive) return false;
        if (call.Interleaves)
        {
            _turns.Enqueue(new Interleaved(this, call));
            return true;
        }

        lock (_gate)
        {
            _calls.Enqueue(call);
            if (_pumping) return true;
            _pumping = true;
        }

        _turns.Enqueue(this);
        return true;
    }

    public void Run() => _ = PumpAsync();

    private async Task PumpAsync()
    {
        while (TryTake(out var call)) await RunAsync(call);
    }

    private Task RunAsync(Call call) => _object.Target is { } target ? call.RunOnAsync(target) : Task.CompletedTask;

    private bool TryTake(out Call call)
    {
        lock (_gate)
        {
            _pumping = _calls.TryDequeue(out call!);
            return _pumping;
        }
    }

    private sealed class Interleaved(ObserverTarget target, Call call) : ITurn
    {
        public void Run() => _ = target.RunAsync(call);
    }
}
