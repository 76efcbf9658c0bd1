using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch.Chunks;

/// <summary>
/// Does what the grain of a data job asks of its dispatcher: create, open or change the job, take new chunks, stop
/// chunks. All of a request is in one commit, or nothing. A request of a grain activation that no longer owns the
/// job changes nothing, and the reply says so. Open jobs are in the core before the queue takes work, even during
/// recovery, so only the idempotency key of a new job is looked up.
/// </summary>
/// <param name="request">
/// The request. Only one that creates a job has a new job's spec and may have an idempotency key.
/// </param>
internal sealed class JobOperation(JobRequest request) : DispatchOperation<JobReply>
{
    // The spec of the job to create; null in every other request. A spec that cannot be parsed throws here, before the
    // operation waits, so that it fails its caller alone and not a round.
    private readonly JobSpec? spec =
        request.Write?.New is { } submission ? JobSpecReader.ReadStored(submission.Spec.Span) : null;

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
    /// <remarks>
    /// A known idempotency key is answered without the core: as a repetition if the body is the same (compared by
    /// hash), otherwise as a misuse of the key. A new key counts as known for later operations of the round.
    /// </remarks>
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

        Reply = core.AskJob(request, spec, now, draft);
    }

    /// <summary>
    /// Fails the caller. The store usually refuses a new job because an earlier call of the same creation was
    /// committed. So the exception says that the outcome is unknown. The gateway then calls once more and is answered
    /// by what is stored. If the refusal had another reason, the second call fails, too.
    /// </summary>
    public override void Refuse(string detail)
    {
        if (spec is null)
            base.Refuse(detail);
        else
            Fail(new OutcomeUnknownException($"The store refuses the new job: {detail}"));
    }
}
