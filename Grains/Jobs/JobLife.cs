using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// The state machine of one job: the job's phase, its times, and the reason of its failure. A job cuts its source into
/// chunks, which workers process. <see cref="JobCore"/> owns this object, and reports what happens: the first chunk is
/// cut, the source ends or is closed, the job is cancelled, fails or ends. In phase Reading the source may have more
/// items; in phase Draining all of them are cut. <see cref="JobTransitions"/> has the transitions as a table:
/// <code>
/// Reading ──SourceEnd──► Draining ──AllDone──► Succeeded
///    │                      │
///    ├────────Cancel────────┼──► Cancelling ──Stopped──► Cancelled
///    └─────────Fail─────────┴──► Failing ─────Stopped──► Failed
/// </code>
/// </summary>
/// <remarks>
/// A cancelled or failed job stops before it ends: its open chunks (cut, but not ended) are dropped first. A job that
/// is stopping ignores a later failure, and a later cancel only sets <see cref="CancelRequestedAt"/>, so the first of
/// the two decides how the job ends. A transition that the table lacks throws <see cref="InvalidOperationException"/>;
/// that is a defect of the caller. Times are Unix milliseconds, and 0 means not set. Times and the reason do not change
/// once set. Changes are in memory until the caller commits them; when a commit fails, the caller discards this object.
/// <see cref="JobCore.ToWrite"/> writes the times, the reason and <see cref="IsClosed"/>. Of the phase only the state
/// is stored (running, or how the job ended); <see cref="Restore"/> derives the phase.
/// </remarks>
internal sealed class JobLife
{
    /// <summary>The phase; a new job begins with <see cref="JobPhase.Reading"/>.</summary>
    public JobPhase Phase { get; private set; }

    /// <summary>When the first chunk was cut.</summary>
    public long StartedAt { get; private set; }

    /// <summary>
    /// Whether <see cref="StartedAt"/> was set in this activation, and no write of the job's row includes it yet.
    /// Chunks are also committed without the row; while this is true, <see cref="JobOwner.Persist"/> adds the row.
    /// </summary>
    public bool HasNewStart { get; private set; }

    /// <summary>When the job ended.</summary>
    public long EndedAt { get; private set; }

    /// <summary>When a caller first cancelled the job; also set when the job was failing already.</summary>
    public long CancelRequestedAt { get; private set; }

    /// <summary>
    /// The stable code of the failure, such as <c>chunk-failed</c>; null when the job has not failed.
    /// </summary>
    public string? Reason { get; private set; }

    /// <summary>
    /// Whether a stream was closed, or a command's output was read to its end, so that no more items come.
    /// False for a range, a file and the spec's items, which end when they have been cut as a whole.
    /// </summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the job was cancelled or has failed, and has not ended yet.</summary>
    public bool IsStopping => Phase is JobPhase.Cancelling or JobPhase.Failing;

    /// <summary>Whether the job has ended.</summary>
    public bool IsOver => Phase >= JobPhase.Succeeded;

    /// <summary>
    /// Restores a stored job, and derives the phase, because a row has the same state
    /// for all phases of a job that has not ended. A job that was stopping begins to stop anew.
    /// A job with both a reason and a cancel is failing: it had failed first, since a cancelled job ignores failures.
    /// </summary>
    /// <param name="row">The job's row.</param>
    /// <param name="isSourceAtEnd">
    /// Whether the whole source has been cut into chunks. False for a stream or a command;
    /// whether they were closed is in the row.
    /// </param>
    public void Restore(JobRow row, bool isSourceAtEnd)
    {
        (StartedAt, EndedAt, CancelRequestedAt) = (row.StartedAt, row.EndedAt, row.CancelRequestedAt);
        (Reason, IsClosed) = (row.Reason, row.IsClosed);
        Phase = row.State switch
        {
            JobState.Succeeded => JobPhase.Succeeded,
            JobState.Failed => JobPhase.Failed,
            JobState.Cancelled => JobPhase.Cancelled,
            _ => Reason is not null ? JobPhase.Failing
                : CancelRequestedAt != 0 ? JobPhase.Cancelling
                : isSourceAtEnd || IsClosed ? JobPhase.Draining
                : JobPhase.Reading,
        };
    }

    /// <summary>
    /// Records that a chunk was cut. The first call sets <see cref="StartedAt"/>; later calls do nothing.
    /// </summary>
    public void Start(long now)
    {
        if (StartedAt != 0)
            return;
        StartedAt = now;
        HasNewStart = true;
    }

    /// <summary>
    /// Records that a write of the job's row includes the times. <see cref="JobCore.ToWrite"/> calls it when it makes
    /// the write, before the commit: when the commit fails, the job is read from the store again.
    /// </summary>
    public void Stored() => HasNewStart = false;

    /// <summary>
    /// Records that the whole source has been cut. Valid only in phase <see cref="JobPhase.Reading"/>.
    /// </summary>
    public void EndSource() => Move(JobTrigger.SourceEnd);

    /// <summary>
    /// Closes a stream, or a command's output: no more items come. A job that reads starts to drain; a job in any other
    /// phase keeps its phase. A source of known size ends by <see cref="EndSource"/> instead.
    /// </summary>
    public void Close()
    {
        IsClosed = true;
        if (Phase == JobPhase.Reading)
            EndSource();
    }

    /// <summary>
    /// Cancels the job. Returns false, and changes nothing, when the job has ended.
    /// A job that is failing goes on failing.
    /// </summary>
    public bool Cancel(long now)
    {
        if (IsOver)
            return false;
        CancelRequestedAt = CancelRequestedAt == 0 ? now : CancelRequestedAt;
        if (!IsStopping)
            Move(JobTrigger.Cancel);
        return true;
    }

    /// <summary>
    /// Fails the job for a reason. Does nothing when the job is stopping already. The job must not have ended.
    /// </summary>
    public void Fail(string reason)
    {
        if (IsStopping)
            return;
        Reason = reason;
        Move(JobTrigger.Fail);
    }

    /// <summary>
    /// Ends a draining job as succeeded. Called when no chunk is open any more and no results are left to combine.
    /// The commit that follows makes the end durable.
    /// </summary>
    public void Finish(long now) => End(JobTrigger.AllDone, now);

    /// <summary>
    /// Ends a stopping job as cancelled or failed. Called after the dispatcher has dropped the job's open chunks.
    /// </summary>
    public void Stop(long now) => End(JobTrigger.Stopped, now);

    private void End(JobTrigger trigger, long now)
    {
        Move(trigger);
        EndedAt = now;
    }

    private void Move(JobTrigger trigger) =>
        Phase = JobTransitions.TryNext(Phase, trigger)
            ?? throw new InvalidOperationException($"{trigger} cannot happen to a job that is {Phase}.");
}
