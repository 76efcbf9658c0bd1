
namespace OrleansTasks.Dispatch;

/// <summary>The modules of a queue's rules, in the order in which a round calls them.</summary>
internal sealed class DispatchModules
{
    private IDispatchModule[] modules = [];
    private IEndListener[] listeners = [];

    /// <summary>
    /// The earliest time at which a module that is not set aside has work; <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long NextOf(DueWork due)
    {
        var next = long.MaxValue;
        for (var part = 0; part < modules.Length; part++)
        {
            if (!due.IsSetAside(part))
                next = Math.Min(next, modules[part].Next);
        }

        return next;
    }

    /// <summary>
    /// Sets the modules, once. Not in the constructor, because creating some modules requires this object.
    /// </summary>
    public void Set(params IDispatchModule[] inOrder) => (modules, listeners) = (inOrder, [.. inOrder.OfType<IEndListener>()]);

    /// <summary>Performs the due work of the modules that run in this round, in order.</summary>
    public void Tick(long now, CommitDraft draft, DueWork due)
    {
        for (var part = 0; part < modules.Length; part++)
        {
            if (due.Runs(part))
                modules[part].Tick(now, draft);
        }
    }

    /// <summary>Passes the end of a task, job or workflow to every module that listens.</summary>
    public void Publish(in WorkEnd end, long now, CommitDraft draft)
    {
        foreach (var listener in listeners)
            listener.Ended(end, now, draft);
    }

    /// <inheritdoc cref="IDispatchModule.ClockStepped"/>
    public void ClockStepped(long by, long now)
    {
        foreach (var module in modules)
            module.ClockStepped(by, now);
    }
}
