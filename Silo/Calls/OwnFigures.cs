using OrleansTasks.Cluster;
using OrleansTasks.Dispatch;

namespace OrleansTasks.Silo.Calls;

/// <summary>Everything that this silo has counted since it started, and how its process is.</summary>
/// <param name="calls">Counts calls.</param>
/// <param name="dispatch">Counts tasks and commits.</param>
/// <param name="time">The clock.</param>
internal sealed class OwnFigures(CallFigures calls, DispatchInstruments dispatch, TimeProvider time)
{
    private readonly long since = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The figures now.</summary>
    /// <param name="silo">This silo's name.</param>
    public SiloFigures Read(string silo) => new(
        silo, since, Environment.CpuUsage.TotalTime.Ticks / TimeSpan.TicksPerMicrosecond,
        GC.GetTotalPauseDuration().Ticks / TimeSpan.TicksPerMicrosecond, Environment.WorkingSet,
            ThreadPool.PendingWorkItemCount,
        WithoutEmpty(calls.Read()), dispatch.Figures.Queues, dispatch.Figures.Commits);

    private static ImmutableArray<CallFigure> WithoutEmpty(ImmutableArray<CallFigure> all) =>
        [.. all.Where(static figure => figure.Calls > 0)];
}
