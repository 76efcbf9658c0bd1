namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Runs all turns on the thread that made it, one at a time, the next queue chosen by chance. Work that turns up on
/// another
/// thread has escaped the simulation, and fails it.
/// </summary>
internal sealed class SimExecutor(SimRandom chance, SimTrace trace, Func<long> now, Func<long> draws) : IExecutor
{
    private readonly List<TurnQueue> _ready = [];
    private readonly List<TurnQueue> _stopped = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private string? _escape;
    private string _last = "nothing yet";

    public void Ready(TurnQueue queue)
    {
        if (!IsHome(StepText.NameOf(queue.Owner))) return;
        if (queue.Identity == 0) queue.Identity = StableHash.Of(StepText.NameOf(queue.Owner)) | 1;
        (IsStopped(queue) ? _stopped : _ready).Add(queue);
    }

    /// <summary>Whether this is the simulation's thread; anything else is reported by the next step.</summary>
    internal bool IsHome(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread) return true;
        Interlocked.CompareExchange(
            ref _escape, $"{what} was reached from another thread:\n{Environment.StackTrace}", null);
        return false;
    }

    /// <summary>Runs one turn.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Step()
    {
        Check();
        if (_ready.Count == 0) return false;
        var chosen = _ready.Count == 1 ? 0 : chance.Next(_ready.Count);
        var queue = _ready[chosen];
        _ready[chosen] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        var item = queue.Peek();
        trace.Step(now(), queue, item, draws());
        _last = item is null ? _last : StepText.Of(item);
        if (queue.Run(1)) queue.Executor.Ready(queue);
        return true;
    }

    /// <summary>A process was stopped, or goes on: its turns wait, or wait no longer.</summary>
    internal void Sort(TurnQueue queue)
    {
        if (_ready.Remove(queue) || _stopped.Remove(queue)) Ready(queue);
    }

    /// <summary>The same for all queues of a silo.</summary>
    /// <returns>How many of them have turns.</returns>
    internal int Sort(Predicate<TurnQueue> which)
    {
        var found = _ready.FindAll(which);
        found.AddRange(_stopped.FindAll(which));
        foreach (var queue in found) Sort(queue);
        return found.Count;
    }

    private static bool IsStopped(TurnQueue queue) =>
        queue.Owner is SimProcess { IsStopped: true } || queue.Executor is SimSiloExecutor { IsPaused: true };

    internal void Check()
    {
        if (Volatile.Read(ref _escape) is { } escape)
        {
            throw new SimulationException(
                $"Work escaped from the simulation. {escape}\nMeanwhile, after a turn of {_last}:\n{Environment.StackTrace}");
        }
    }
}
