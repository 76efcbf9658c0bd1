using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Does what a gateway asks of a schedule: make, change, delete, start an occurrence. Schedules are in the core before the
/// queue takes work, even during recovery, so only the idempotency key is looked up, for a backfill which times were
/// started before, and for a trigger whether its task, job or workflow is stored already.
/// </summary>
/// <param name="request">What is asked.</param>
/// <param name="origin">Who asked, to be stored with the change; null when nobody is to be recorded.</param>
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

        // The call has come before: it was repeated, or its first answer was lost.
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
    /// Fails the caller. The store refuses a new schedule because another queue has one with its id since the gateway
    /// looked, so the caller may try again and is told so.
    /// </summary>
    public override void Refuse(string detail) =>
        Fail(new StoreUnavailableException($"The store refuses the change of the schedule: {detail}"));
}
