namespace OrleansTasks.Simulation.Engine;

/// <summary>Timers that take along nothing of where they were made: no async-locals, no activity.</summary>
internal static class CleanTimers
{
    internal static ITimer CreateCleanTimer(
        this TimeProvider clock, TimerCallback callback, object state, TimeSpan due, TimeSpan period)
    {
        if (ExecutionContext.IsFlowSuppressed()) return clock.CreateTimer(callback, state, due, period);
        using (ExecutionContext.SuppressFlow()) return clock.CreateTimer(callback, state, due, period);
    }
}
