namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// The turns of one simulated silo, and whether its process stands still. While it does, no turn of it runs, and what arrives
/// there (messages, timers that are due) is kept until it goes on.
/// </summary>
internal sealed class SimSiloExecutor(SimExecutor all, SimRandom chance) : IExecutor
{
    private readonly List<Action> _kept = [];

    /// <summary>Whether the process stands still.</summary>
    internal bool IsPaused { get; private set; }

    /// <summary>How much the present pause, or the last one, held up: turns, messages and timers.</summary>
    internal int HeldUp { get; private set; }

    public void Ready(TurnQueue queue)
    {
        if (IsPaused) HeldUp++;
        all.Ready(queue);
    }

    /// <summary>Does something in the process, now or as soon as it goes on.</summary>
    internal void Do(Action action)
    {
        if (IsPaused) _kept.Add(action);
        else action();
    }

    internal void Pause()
    {
        IsPaused = true;
        HeldUp = all.Sort(queue => queue.Executor == this);
    }

    /// <summary>Goes on: everything that was kept happens at once, in an order of chance.</summary>
    internal void Continue()
    {
        IsPaused = false;
        all.Sort(queue => queue.Executor == this);
        HeldUp += _kept.Count;
        for (var left = _kept.Count; left > 0; left--)
        {
            var chosen = chance.Next(left);
            var action = _kept[chosen];
            _kept[chosen] = _kept[left - 1];
            action();
        }

        _kept.Clear();
    }

    /// <summary>The process has died: what was kept is lost.</summary>
    internal void Drop()
    {
        _kept.Clear();
        IsPaused = false;
    }
}
