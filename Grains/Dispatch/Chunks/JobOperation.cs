using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Applies a request from a data job's grain (<see cref="OpenJobs.Ask"/>), either completely, in one commit, or not at
/// all. Open jobs are in the core before the first round, so only the idempotency key of a new job is looked up.
/// </summary>
internal sealed class JobOperation(JobRequest request) : DispatchOperation<JobReply>
{
    // Null unless the request creates the job. Parsed here, so that an invalid spec fails its caller, not a round.
    private readonly JobSpec? spec =
        request.Write?.New is { } submission ? JobSpecReader.ReadStored(submission.Spec.Span) : null;

    // Whether the request had the latest job epoch when it was applied.
    private bool isOwner;

    /// <inheritdoc/>
    public override int Weight => Math.Max(1, request.Chunks.Length);

    /// <inheritdoc/>
    public override long Bytes { get; } =
        request.Chunks.Sum(static chunk => (long)chunk.Segment.Length) + (request.Write?.Progress?.Bytes.Length ?? 0);

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

        Reply = core.AskJob(request, spec, now, draft, isRepeat: IsSuspect && isOwner);
        isOwner = Reply.Outcome == JobOutcome.Done && !request.Opens && spec is null;
    }

    /// <summary>
    /// Fails the caller; for a new job, with an unknown outcome. The store usually refuses a new job because an earlier
    /// call for the same creation was committed. The gateway calls again and either gets the stored answer or fails.
    /// </summary>
    public override void Refuse(string detail)
    {
        if (spec is null)
            base.Refuse(detail);
        else
            Fail(new OutcomeUnknownException($"The store refused the new job: {detail}"));
    }
}
