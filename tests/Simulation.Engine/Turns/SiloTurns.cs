namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Whether a silo's process stands still. While it does, none of its turns runs, and arriving messages and due timers are kept until it
/// continues.
/// </summary>
internal sealed class SiloTurns(TurnScheduler scheduler, SimRandom chance)
{
    private readonly List<Action> _kept = [];

    /// <summary>Whether the process stands still.</summary>
    internal bool IsPaused { get; private set; }

    /// <summary>How many turns, messages and timers the present pause, or the last one, held up.</summary>
    internal int HeldUp { get; set; }

    /// <summary>Does something in the process, now or as soon as it continues.</summary>
    internal void Do(Action action)
    {
        if (IsPaused) _kept.Add(action);
        else action();
    }

    internal void Pause()
    {
        IsPaused = true;
        HeldUp = scheduler.Sort(this);
    }

    /// <summary>Continues: everything that was kept happens at once, in an order of chance.</summary>
    internal void Continue()
    {
        IsPaused = false;
        scheduler.Sort(this);
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

    /// <summary>The process died: everything that was kept is lost.</summary>
    internal void Drop()
    {
        _kept.Clear();
        IsPaused = false;
    }
}
