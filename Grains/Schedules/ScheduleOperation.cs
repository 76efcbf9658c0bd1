using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Performs a gateway's request on a schedule: create, change, delete, start an occurrence. Schedules are in the core
/// before the queue takes work, even during recovery. So it looks up only the idempotency key, for a backfill the times
/// that were started before, and for a trigger whether its task, job or workflow is already stored. Stores the origin
/// with the change unless it is null.
/// </summary>
internal sealed class ScheduleOperation(ScheduleRequest request, Origin? origin = null)
    : DispatchOperation<ScheduleReply>
{
    /// <inheritdoc/>
    public override long Bytes => request.Spec.Length + request.SecretEnv.Length;

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        if (request.Idempotency is { } entry)
            lookup.AskKey(entry.Key);
        if (request is { Action: ScheduleAction.Backfill, Again: false })
            lookup.AskStarted(request.Id, request.From, request.To);
        if (request.Action == ScheduleAction.Trigger)
        {
            lookup.Ask(request.Task);
            lookup.AskWorkflow(request.Task);
            lookup.AskJob(request.Task);
        }
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        if (request.Idempotency is { } entry)
        {
            if (lookup.Entry(entry.Key) is { } known)
            {
                Reply = known.Body.Span.SequenceEqual(entry.Body.Span)
                    ? ScheduleAnswer.Read(known.Answer.Span)
                    : new ScheduleReply(ScheduleOutcome.KeyReused);
                return;
            }
        }

        // A repeat of a call that was served before, whose answer may have been lost.
        if (request.Action == ScheduleAction.Trigger && IsKnown(request.Task, core, lookup))
        {
            Reply = new ScheduleReply(ScheduleOutcome.Done) { Task = request.Task };
            return;
        }

        Reply = core.Schedules.Ask(request, lookup.StartedOf(request.Id), now, draft, origin);
        if (Reply.Outcome == ScheduleOutcome.Done && request.Idempotency is { } used)
            lookup.Remember(used with { Answer = ScheduleAnswer.Write(Reply) });
    }

    private static bool IsKnown(TaskId id, DispatchCore core, Lookup lookup) =>
        core.IsOpen(id) || lookup.TryTask(id, out _) || core.Workflows.IsOpen(id) || lookup.WorkflowOf(id) is not null
        || core.Jobs.IsOpen(id) || lookup.HasJob(id);

    /// <summary>
    /// Fails the caller. The store refuses a new schedule if another queue has created one with its id since the
    /// gateway checked; the exception shows the caller that it may try again.
    /// </summary>
    public override void Refuse(string detail) =>
        Fail(new StoreUnavailableException($"The store refused to change the schedule: {detail}"));
}
