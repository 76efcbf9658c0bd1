using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Dispatch;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Calls;

/// <summary>What this silo has counted since its start, and the state of its process.</summary>
/// <param name="calls">The counts of calls.</param>
/// <param name="dispatch">The counts of tasks and commits.</param>
/// <param name="dispatchers">The queues that this silo owns.</param>
/// <param name="program">The program's version and wire level.</param>
/// <param name="clock">Notices when the clock is set.</param>
/// <param name="refused">What the store refused.</param>
/// <param name="files">The store of files.</param>
/// <param name="time">The clock.</param>
internal sealed class OwnFigures(
    CallFigures calls, DispatchInstruments dispatch, LocalDispatchers dispatchers, MemberProgram program,
    ClockWatch clock, RefusedWrites refused, IFileStore files, TimeProvider time)
{
    private readonly long since = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Returns the current figures.</summary>
    /// <param name="silo">This silo's name.</param>
    public SiloFigures Read(string silo)
    {
        var owned = dispatchers.Queues;
        return new SiloFigures(
            silo, since, Environment.CpuUsage.TotalTime.Ticks / TimeSpan.TicksPerMicrosecond,
            GC.GetTotalPauseDuration().Ticks / TimeSpan.TicksPerMicrosecond, Environment.WorkingSet,
            ThreadPool.PendingWorkItemCount,
            WithoutEmpty(calls.Read()), dispatch.Figures.Queues, dispatch.Figures.Commits,
            program.Version, program.Wire, program.WireFrom, [.. owned.Take(DispatchFigures.MostQueues)], owned.Count,
            clock.Last, refused.Current, files.Fault);
    }

    private static ImmutableArray<CallFigure> WithoutEmpty(ImmutableArray<CallFigure> all) =>
        [.. all.Where(static figure => figure.Calls > 0)];
}
