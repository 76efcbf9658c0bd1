using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using OrleansTasks.Jobs;
using OrleansTasks.Notifications;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Keeps every queue with open work active, and the grains of webhooks and notifications if there are any, so that due times, leases and
/// recovery never depend on a caller. Each silo activates the queues whose home it is (<see cref="SiloHomes"/>). The
/// first round, and every sixth one, activates all queues, because a home may be failing.
/// </summary>
public sealed partial class QueueKeeper(
    IGrainFactory grains, ITaskStore store, IWebhookStore webhooks, INotificationStore notifications, SiloHomes homes, IOptions<SiloOptions> options,
    TimeProvider time, ILogger<QueueKeeper> logger) : BackgroundService
{
    private const int LooksPerRoundOfAll = 6;

    private static readonly string Default = QueueSettings.DefaultQueue;

    // The timestamp of the last read of the queues; 0 for never.
    private long readAt;
    private int looks;

    /// <summary>How long ago the queues were last read from the store; null for never.</summary>
    internal TimeSpan? ReadAgo => Volatile.Read(ref readAt) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>
    /// Starts a round now, because a silo has joined or left. The queues of a silo that left may have no other caller.
    /// </summary>
    internal void LookNow() => _ = Look();

    /// <summary>Runs one round.</summary>
    internal async Task KeepOnce()
    {
        var asked = time.GetTimestamp();
        var queues = await store.ListQueues();
        Volatile.Write(ref readAt, asked);
        homes.Learn(queues.Where(static p => !p.IsRetired).Select(static p => p.Queue).Append(Default));
        var wakesAll = (Interlocked.Increment(ref looks) - 1) % LooksPerRoundOfAll == 0;
        await Task.WhenAll(queues
            .Where(static p => p.Scheduled + p.Queued + p.Running > 0)
            .Select(static p => p.Queue)
            .Concat(await store.Schedules.Queues())
            .Concat(await store.Rollouts.Queues())
            .Append(Default)
            .Distinct()
            .Where(queue => wakesAll || homes.IsHere(queue))
            .Select(Wake));
        await Task.WhenAll((await store.Jobs.OpenIds()).Select(WakeJob));
        if (await webhooks.Any())
            await WakeWebhooks();
        if (await notifications.Any())
            await WakeNotifications();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.KeepInterval, time);
        do
            await Look();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task Look()
    {
        try
        {
            await KeepOnce();
        }
        catch (Exception failure)
        {
            RoundFailed(failure);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task WakeWebhooks()
    {
        try
        {
            await grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey).EnsureActive();
        }
        catch (Exception failure)
        {
            WakeWebhooksFailed(failure);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next round may do better.")]
    private async Task WakeNotifications()
    {
        try
        {
            await grains.GetGrain<INotificationGrain>(INotificationGrain.OnlyKey).EnsureActive();
        }
        catch (Exception failure)
        {
            WakeNotificationsFailed(failure);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One job's trouble must not keep others asleep.")]
    private async Task WakeJob(TaskId job)
    {
        try
        {
            await grains.GetGrain<IJobGrain>(job.ToString()).EnsureActive();
        }
        catch (Exception failure)
        {
            WakeJobFailed(failure, job);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One queue's trouble must not keep others asleep.")]
    private async Task Wake(string queue)
    {
        try
        {
            await grains.GetGrain<ITaskDispatcherGrain>(queue).GetStatus();
        }
        catch (Exception failure)
        {
            WakeFailed(failure, queue);
        }
    }
}
