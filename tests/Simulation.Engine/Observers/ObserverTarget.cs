using Orleans.Serialization.Invocation;

namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// An object that grains call back. Calls run one after another in order of arrival; those that interleave run at once. The object is
/// held weakly if the cluster's options say so, as Orleans does; then whoever registered it keeps it alive.
/// </summary>
internal sealed class ObserverTarget : ITurn, ITargetHolder
{
    private readonly Queue<Call> _calls = [];
    private readonly WeakReference _object;
    private readonly TurnQueue _turns;
    private readonly object? _kept;
    private bool _isPumping;

    internal ObserverTarget(object observer, GrainHost host, GrainId id)
    {
        (Host, Id) = (host, id);
        _object = new WeakReference(observer);
        if (host.Options.KeepsObservers) _kept = observer;
        _turns = new TurnQueue(host.Scheduler, this, host, host.Turns);
    }

    internal GrainHost Host { get; }

    internal GrainId Id { get; }

    public object? GetTarget() => _object.Target;

    public object? GetComponent(Type componentType) => null;

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

        _calls.Enqueue(call);
        if (_isPumping) return true;
        _isPumping = true;
        _turns.Enqueue(this);
        return true;
    }

    public void Run() => _ = PumpAsync();

    private async Task PumpAsync()
    {
        while (_calls.TryDequeue(out var call)) await RunAsync(call);
        _isPumping = false;
    }

    private Task RunAsync(Call call) => _object.Target is { } target ? call.RunOnAsync(this, target) : Task.CompletedTask;

    private sealed class Interleaved(ObserverTarget target, Call call) : ITurn
    {
        public void Run() => _ = target.RunAsync(call);
    }
}
