using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>Waits for workflows to end.</summary>
/// <param name="grains">Reads workflows.</param>
/// <param name="waits">Waits for the commits of the workflow's queue.</param>
public sealed class WorkflowWaits(GatewayGrains grains, CommitWaits waits)
{
    /// <summary>
    /// Returns the workflow when it has ended, or its current state when the wait is over; null if it does not exist.
    /// </summary>
    public async Task<WorkflowView?> Ended(TaskId id, TimeSpan wait, CancellationToken aborted)
    {
        var workflow = await grains.Workflows.Get(id);
        return workflow is not { State: WorkflowState.Running } || wait <= TimeSpan.Zero
            ? workflow
            : await waits.Until(
                workflow.Queue, () => grains.Workflows.Get(id),
                static found => found is not { State: WorkflowState.Running }, wait, aborted);
    }
}
