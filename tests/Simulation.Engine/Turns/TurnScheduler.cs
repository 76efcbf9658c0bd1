namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Runs all turns on the thread that made it, one at a time; chance chooses the queue. Work that turns up on another thread has
/// escaped the simulation and fails it.
/// </summary>
internal sealed class TurnScheduler(SimRandom chance, SimTrace trace, Func<long> now, Func<long> draws)
{
    private const int PoolPatience = 200;

    private readonly List<TurnQueue> _ready = [];
    private readonly List<TurnQueue> _stopped = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private string? _escape;
    private string _last = "nothing yet";

    /// <summary>The queue has work. It is not announced again before <see cref="TurnQueue.RunOne"/> returned false.</summary>
    internal void Ready(TurnQueue queue)
    {
        if (queue.Identity == 0) queue.Identity = StableHash.Of(StepText.NameOf(queue.Owner)) | 1;
        (IsStopped(queue) ? _stopped : _ready).Add(queue);
    }

    /// <summary>Whether this is the simulation's thread. The next step reports anything else.</summary>
    internal bool IsHome(object what)
    {
        if (Environment.CurrentManagedThreadId == _thread) return true;
        var name = what is TurnQueue queue ? StepText.NameOf(queue.Owner) : what;
        Interlocked.CompareExchange(ref _escape, $"{name} was reached from another thread:\n{Environment.StackTrace}", null);
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
        if (queue.RunOne()) Ready(queue);
        return true;
    }

    /// <summary>
    /// Before time passes: gives work that escaped to the thread pool the chance to come back and be noticed. The pool may be busy
    /// for others, so this waits a moment only.
    /// </summary>
    internal void CheckPool()
    {
        for (var i = 0; i < PoolPatience && ThreadPool.PendingWorkItemCount > 0; i++) Thread.SpinWait(20);
        Check();
    }

    /// <summary>A process stopped or continued: its turns wait, or no longer wait.</summary>
    internal void Sort(TurnQueue queue)
    {
        if (_ready.Remove(queue) || _stopped.Remove(queue)) Ready(queue);
    }

    /// <summary>Does the same for all queues of a silo.</summary>
    /// <returns>How many of them have turns.</returns>
    internal int Sort(SiloTurns silo)
    {
        var found = _ready.FindAll(queue => queue.Silo == silo);
        found.AddRange(_stopped.FindAll(queue => queue.Silo == silo));
        foreach (var queue in found) Sort(queue);
        return found.Count;
    }

    private static bool IsStopped(TurnQueue queue) =>
        queue.Owner is SimProcess { IsStopped: true } || queue.Silo is { IsPaused: true };

    private void Check()
    {
        if (Volatile.Read(ref _escape) is { } escape)
        {
            throw new SimulationException(
                $"Work escaped from the simulation. {escape}\nMeanwhile, after a turn of {_last}:\n{Environment.StackTrace}");
        }
    }
}
