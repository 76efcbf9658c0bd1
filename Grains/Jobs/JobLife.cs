using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// The phase of a job, with the job's times and failure reason. <see cref="JobTransitions"/> defines the transitions:
/// <code>
/// Reading ──SourceEnd──► Draining ──AllDone──► Succeeded
///    │                      │
///    ├────────Cancel────────┼──► Cancelling ──Stopped──► Cancelled
///    └─────────Fail─────────┴──► Failing ─────Stopped──► Failed
/// </code>
/// Times are Unix milliseconds; 0 means not set. A time or a reason does not change once set. A method that asks for a transition which the
/// table does not have throws <see cref="InvalidOperationException"/>: the caller checks the phase first.
/// </summary>
internal sealed class JobLife
{
    /// <summary>The phase.</summary>
    public JobPhase Phase { get; private set; }

    /// <summary>When the first chunk was cut.</summary>
    public long StartedAt { get; private set; }

    /// <summary>When the job ended.</summary>
    public long EndedAt { get; private set; }

    /// <summary>When a caller first cancelled the job.</summary>
    public long CancelRequestedAt { get; private set; }

    /// <summary>The stable code of the failure; null when the job has not failed.</summary>
    public string? Reason { get; private set; }

    /// <summary>
    /// Whether the stream or the command's output was closed, so that no more items come. A range, a file and the spec's items are never
    /// closed: they end when all is cut.
    /// </summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the job was cancelled or has failed, and has not ended yet.</summary>
    public bool IsStopping => Phase is JobPhase.Cancelling or JobPhase.Failing;

    /// <summary>Whether the job has ended.</summary>
    public bool IsOver => Phase >= JobPhase.Succeeded;

    /// <summary>
    /// Restores the times and the reason, and derives the phase from them. A job that was stopping stops anew, and a job with both a reason
    /// and a cancel is failing.
    /// </summary>
    /// <param name="row">The job's row.</param>
    /// <param name="isSourceAtEnd">Whether the whole source has been cut into chunks.</param>
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

    /// <summary>Records that a chunk was cut. Only the first call sets <see cref="StartedAt"/>.</summary>
    public void Start(long now) => StartedAt = StartedAt == 0 ? now : StartedAt;

    /// <summary>Records that the whole source has been cut. Only while the job reads.</summary>
    public void EndSource() => Move(JobTrigger.SourceEnd);

    /// <summary>Closes the source. A job that reads starts to drain.</summary>
    public void Close()
    {
        IsClosed = true;
        if (Phase == JobPhase.Reading)
            EndSource();
    }

    /// <summary>Cancels the job. Returns false when the job has ended.</summary>
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
    /// Fails the job. Does nothing when the job has failed before or was cancelled and has not ended yet; the job must not have ended.
    /// </summary>
    public void Fail(string reason)
    {
        if (IsStopping)
            return;
        Reason = reason;
        Move(JobTrigger.Fail);
    }

    /// <summary>Ends a draining job as succeeded, after every chunk was processed.</summary>
    public void Finish(long now) => End(JobTrigger.AllDone, now);

    /// <summary>Ends a cancelled or failed job, after its open chunks were dropped.</summary>
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
