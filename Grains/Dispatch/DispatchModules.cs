
namespace OrleansTasks.Dispatch;

/// <summary>The modules of a queue's rules, in the order in which a round calls them.</summary>
internal sealed class DispatchModules
{
    private IDispatchModule[] modules = [];
    private IEndListener[] listeners = [];

    /// <summary>The earliest time at which a module has work; <see cref="long.MaxValue"/> for never.</summary>
    public long Next
    {
        get
        {
            var next = long.MaxValue;
            foreach (var module in modules)
                next = Math.Min(next, module.Next);
            return next;
        }
    }

    /// <summary>
    /// Sets the modules, once. Not in the constructor, because creating some modules requires this object.
    /// </summary>
    public void Set(params IDispatchModule[] inOrder) => (modules, listeners) = (inOrder, [.. inOrder.OfType<IEndListener>()]);

    /// <inheritdoc cref="IDispatchModule.Tick"/>
    public void Tick(long now, CommitDraft draft)
    {
        foreach (var module in modules)
            module.Tick(now, draft);
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
