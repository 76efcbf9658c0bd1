using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>Waits for workflows to end, woken by the feed of their partition.</summary>
/// <param name="grains">Reads workflows.</param>
/// <param name="hub">Tells of commits.</param>
/// <param name="lifetime">Ends waits when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class WorkflowWaits(GatewayGrains grains, FeedHub hub, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(20);

    // A pause is this many times as long as the read before it, because reading a large workflow takes time.
    private const int PauseFactor = 4;

    /// <summary>
    /// Returns the workflow as soon as it has ended, or as it is when the wait is over; null when there is none.
    /// </summary>
    public async Task<WorkflowView?> Ended(TaskId id, TimeSpan wait, CancellationToken aborted)
    {
        var workflow = await grains.Workflows.Get(id);
        if (workflow is not { State: WorkflowState.Running } || wait <= TimeSpan.Zero)
            return workflow;
        var began = time.GetTimestamp();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var feed = hub.Of(workflow.Partition);
        var signal = hub.NewSignal();
        // Listen, subscribe, then read: every commit is either in what is read or sets the signal after it.
        feed.Listen(signal);
        try
        {
            await hub.Subscribe(feed);
            return await Poll(id, workflow, signal, () => wait - time.GetElapsedTime(began), ends.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return await grains.Workflows.Get(id);
        }
        finally
        {
            feed.Unlisten(signal);
        }
    }

    private async Task<WorkflowView?> Poll(
        TaskId id, WorkflowView? workflow, Signal signal, Func<TimeSpan> timeLeft, CancellationToken cancellation)
    {
        while (true)
        {
            var asked = time.GetTimestamp();
            try
            {
                workflow = await grains.Workflows.Get(id);
            }
            catch (Exception fault) when (Faults.IsPassing(fault) && timeLeft() > TimeSpan.Zero)
            {
                // There is time left to ask again.
            }

            var left = timeLeft();
            if (workflow is not { State: WorkflowState.Running } || left <= TimeSpan.Zero)
                return workflow;
            var pause = TimeSpan.FromTicks(Math.Max(LeastPause.Ticks, time.GetElapsedTime(asked).Ticks * PauseFactor));
            await Task.Delay(pause < left ? pause : left, time, cancellation);
            if ((left = timeLeft()) > TimeSpan.Zero)
                await signal.Wait(left < TaskWaits.SafetyPeriod ? left : TaskWaits.SafetyPeriod, cancellation);
        }
    }
}
