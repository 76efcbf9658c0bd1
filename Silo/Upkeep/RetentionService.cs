using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Audit;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Removes, in small batches, tasks that ended long ago, submissions that were refused long ago, the oldest output beyond
/// the quota, leftover output files, and queues that are no longer used.
/// </summary>
public sealed partial class RetentionService(
    ITaskStore store, IQueueStore queues, IGrainFactory grains, IAuditStore audit, IOutputStore output,
    IOptions<SiloOptions> options, TimeProvider time, SiloInstruments instruments, ILogger<RetentionService> logger,
    ISubmissionStore? submissions = null) : BackgroundService
{
    private const int BatchSize = 200;
    private static readonly TimeSpan BetweenBatches = TimeSpan.FromMilliseconds(50);

    private readonly OutputSweep sweep = new(store, output);

    /// <summary>Removes everything that is due.</summary>
    internal async Task RunOnce(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var endedBefore = (now - options.Value.Retention).ToUnixTimeMilliseconds();
        var failedBefore = (now - (options.Value.RetentionFailed ?? options.Value.Retention)).ToUnixTimeMilliseconds();
        while (true)
        {
            var removed = await store.Prune(endedBefore, failedBefore, BatchSize);
            foreach (var task in removed)
                await output.Delete(task);
            instruments.Prune(removed.Length);
            if (removed.Length < BatchSize)
                break;
            await Task.Delay(BetweenBatches, time, cancellation);
        }

        while (submissions is not null && await submissions.Prune(failedBefore, BatchSize) == BatchSize)
            await Task.Delay(BetweenBatches, time, cancellation);

        while (await store.Jobs.Prune(endedBefore, BatchSize) == BatchSize)
            await Task.Delay(BetweenBatches, time, cancellation);

        await RetireUnused();

        foreach (var kind in AuditClasses.All)
            await TrimAudit(kind, now.ToUnixTimeMilliseconds() - IAuditStore.KeptFor, cancellation);

        while (true)
        {
            var dropped = await store.DropOutput(options.Value.OutputQuota, BatchSize);
            await DeleteDropped(dropped);
            if (dropped.Length < BatchSize)
                break;
            await Task.Delay(BetweenBatches, time, cancellation);
        }

        await Sweep(OutputSweep.PartsInRound, cancellation);
    }

    // A queue without settings exists only for its tasks, so it is retired when the last one is removed.
    private async Task RetireUnused()
    {
        var unused = (await store.ListUnused()).RemoveAll(static queue => queue == QueueSettings.DefaultQueue);
        if (unused.IsEmpty)
            return;
        var configured = (await queues.List()).Select(static settings => settings.Name).ToHashSet();
        foreach (var queue in unused.Where(queue => !configured.Contains(queue)).Take(BatchSize))
        {
            try
            {
                await grains.GetGrain<ITaskDispatcherGrain>(queue).Retire();
            }
            catch (Exception failure) when (
                failure is TimeoutException or OrleansException or StoreUnavailableException { IsOwnerReplaced: true })
            {
                // A queue that moves, or whose silo does not answer, must not stop the rest of the round. The next
                // round finds the queue again.
                RetireFailed(failure, queue);
            }
        }
    }

    private async Task TrimAudit(AuditClass kind, long before, CancellationToken cancellation)
    {
        var count = await audit.Count(kind);
        instruments.CountAudit(kind, count);
        var excess = Math.Max(0, count - AuditClasses.MostOf(kind));
        var early = 0L;
        while (true)
        {
            var trimmed = await audit.Trim(kind, before, excess, BatchSize);
            excess = Math.Max(0, excess - trimmed.Removed);
            early += trimmed.Early;
            if (trimmed.Removed < BatchSize)
                break;
            await Task.Delay(BetweenBatches, time, cancellation);
        }

        if (early == 0)
            return;
        instruments.DropAudit(kind, early);
        AuditRemovedEarly(kind.Name(), early, AuditClasses.MostOf(kind));
    }

    private async Task Sweep(int parts, CancellationToken cancellation)
    {
        if (await sweep.Next(parts, cancellation) is > 0 and var removed)
            OrphansRemoved(removed);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RetentionPeriod, time);
        await Try(() => Sweep(IOutputStore.Parts, stoppingToken));
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await Try(() => RunOnce(stoppingToken));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task Try(Func<Task> round)
    {
        try
        {
            await round();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            RoundFailed(failure);
        }
    }

    /// <summary>
    /// Deletes the files of attempts that are marked as dropped, and no others, because a task may have been retried
    /// since it was marked. The sweep removes what is missed here.
    /// </summary>
    private async Task DeleteDropped(IReadOnlyList<TaskId> tasks)
    {
        foreach (var task in tasks)
        {
            foreach (var attempt in await store.Attempts(task) ?? [])
            {
                if (await store.FindOutput(task, attempt.Attempt) is { Dropped: true } found)
                    await output.Delete(task, attempt.Attempt, found.Token);
            }
        }
    }
}
