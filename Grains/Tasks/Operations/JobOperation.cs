using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// Does what a job's grain asks. Open jobs are in the core before the partition takes work, so only the idempotency key of a new job is
/// looked up.
/// </summary>
internal sealed class JobOperation(JobRequest request) : DispatchOperation<JobReply>
{
    // Of a new job; null for one that the core has.
    private readonly JobSpec? spec =
        request.Write?.New is { } submission ? JobSpecReader.ReadStored(submission.Spec.Span) : null;

    /// <inheritdoc/>
    public override int Weight => Math.Max(1, request.Chunks.Length);

    /// <inheritdoc/>
    public override long Bytes { get; } =
        request.Chunks.Sum(static chunk => (long)chunk.Segment.Length) + (request.Write?.Progress?.Length ?? 0);

    /// <inheritdoc/>
    public override void Ask(Lookup lookup)
    {
        if (request.Idempotency is { } entry)
            lookup.AskKey(entry.Key);
    }

    /// <inheritdoc/>
    public override void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft)
    {
        if (request.Idempotency is { } entry)
        {
            if (lookup.Entry(entry.Key) is { } known)
            {
                Reply = known.Body.Span.SequenceEqual(entry.Body.Span)
                    ? new JobReply(JobOutcome.Replayed, 0, 0, known.Answer)
                    : new JobReply(JobOutcome.KeyReused, 0, 0, default);
                return;
            }

            lookup.Remember(entry);
        }

        Reply = core.Ask(request, spec, now, draft);
    }

    /// <summary>
    /// A new job is refused when the store has it already, or its idempotency key: an earlier call of this creation has landed. Whoever
    /// still waits for this one asks again, and is answered by what is stored.
    /// </summary>
    public override void Refuse(string detail)
    {
        if (spec is null)
            base.Refuse(detail);
        else
            Fail(new OutcomeUnknownException($"The store refuses the new job: {detail}"));
    }
}
