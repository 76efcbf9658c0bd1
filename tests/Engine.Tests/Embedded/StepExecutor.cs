using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>Runs all turns on one thread, one at a time, the next queue chosen by a seed.</summary>
internal sealed class StepExecutor(int seed) : IExecutor
{
    private readonly Random _random = new(seed);
    private readonly List<TurnQueue> _ready = [];
    private readonly int _thread = Environment.CurrentManagedThreadId;

    /// <summary>Which queues ran, in order.</summary>
    public List<string> Trace { get; } = [];

    public void Ready(TurnQueue queue)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException($"Work escaped to another thread:\n{Environment.StackTrace}");
        _ready.Add(queue);
    }

    /// <summary>Runs one turn.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Step()
    {
        if (_ready.Count == 0) return false;
        var chosen = _random.Next(_ready.Count);
        var queue = _ready[chosen];
        _ready.RemoveAt(chosen);
        Trace.Add(queue.Owner is Activation activation ? activation.GrainId.ToString() : queue.Owner.GetType().Name);
        if (queue.Run(1)) _ready.Add(queue);
        return true;
    }
}
