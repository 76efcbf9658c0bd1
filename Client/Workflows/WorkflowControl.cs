using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>Cancels and retries workflows.</summary>
/// <param name="grains">The workflows and their dispatchers.</param>
public sealed class WorkflowControl(GatewayGrains grains)
{
    /// <summary>
    /// Requests that the nodes of a workflow end. Throws 404, 409 or 504 as a <see cref="ProblemException"/>.
    /// </summary>
    public async Task<WorkflowView> Cancel(TaskId id)
    {
        var workflow = await grains.Writes.FirstRead(() => Find(id));
        if (workflow.State != WorkflowState.Running)
            throw Finished(workflow.State.Name());
        await Ask(workflow, new WorkflowRequest(id, IsRetry: false));
        return await grains.Writes.ThenRead(() => Find(id));
    }

    /// <summary>
    /// Runs all nodes again that did not succeed. Throws 404, 409, 429 or 504 as a <see cref="ProblemException"/>.
    /// </summary>
    public async Task<WorkflowView> Retry(TaskId id)
    {
        await Ask(await grains.Writes.FirstRead(() => Find(id)), new WorkflowRequest(id, IsRetry: true));
        return await grains.Writes.ThenRead(() => Find(id));
    }

    /// <summary>Retries a node and the nodes that wait for it. Throws like <see cref="Retry"/>.</summary>
    /// <param name="workflow">The workflow, which must be running.</param>
    /// <param name="task">The node's task.</param>
    public async Task RetryNode(TaskId workflow, TaskId task)
    {
        if (await grains.Writes.FirstRead(() => grains.Workflows.Get(workflow))
            is not { State: WorkflowState.Running } found)
            throw Finished("ended");
        await Ask(found, new WorkflowRequest(workflow, IsRetry: true, task));
    }

    private async Task<WorkflowView> Find(TaskId id) =>
        await grains.Workflows.Get(id) ?? throw WorkflowCalls.NoWorkflow();

    private async Task Ask(WorkflowView workflow, WorkflowRequest request)
    {
        // Send it once only: a second cancel also ends the nodes that clean up, and a second retry starts another run.
        var reply = await grains.Writes.Once(() => grains.Dispatcher(workflow.Queue).Workflow(request));
        switch (reply.Outcome)
        {
            case WorkflowOutcome.Done:
                return;
            case WorkflowOutcome.Finished:
                throw Finished("ended");
            case WorkflowOutcome.QueueFull:
                throw new ProblemException(Problems.QueueFull(reply.RetryAfter));
            case WorkflowOutcome.SecretsGone:
                throw new ProblemException(Problems.NotRetryable(
                    "The secretEnv of a node was removed when the node ended, so the node cannot run again. "
                    + "Submit a new workflow."));
            case WorkflowOutcome.NotRetryable:
                throw new ProblemException(Problems.NotRetryable(
                    "The workflow has no failed, cancelled or skipped nodes, or it is being cancelled."));
            default:
                throw WorkflowCalls.NoWorkflow();
        }
    }

    private static ProblemException Finished(string state) => new(Problems.WorkflowFinished(state));
}
