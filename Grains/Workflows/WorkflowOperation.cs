using OrleansTasks.Audit;

namespace OrleansTasks.Workflows;

/// <summary>
/// Cancels or retries a workflow, for <see cref="TaskDispatcherGrain.Workflow"/>. A cancel only marks the workflow;
/// later rounds cancel its nodes. A retry reads the workflow's nodes from the store and is one commit. Stores the
/// origin with the change unless it is null.
/// </summary>
internal sealed class WorkflowOperation(WorkflowRequest request, Origin? origin = null)
    : DispatchOperation<WorkflowReply>
{
    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        if (request.IsRetry)
            lookup.AskWorkflow(request.Id);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        if (!request.IsRetry)
        {
            Reply = core.Workflows.Cancel(request.Id, origin, now, draft);
            return;
        }

        Reply = lookup.WorkflowOf(request.Id) is { } stored
            ? core.Workflows.Retry(stored, request.Task, now, draft)
            : new WorkflowReply(WorkflowOutcome.NotFound);
        if (Reply.Outcome == WorkflowOutcome.Done)
            draft.Note(origin, now);
    }
}
