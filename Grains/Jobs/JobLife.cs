using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// The state machine of a job: its phase, times and failure reason. <see cref="JobTransitions"/> has the transitions:
/// <code>
/// Reading ──SourceEnd──► Draining ──AllDone──► Succeeded
///    │                      │
///    ├────────Cancel────────┼──► Cancelling ──Stopped──► Cancelled
///    └─────────Fail─────────┴──► Failing ─────Stopped──► Failed
/// </code>
/// </summary>
/// <remarks>
/// A cancelled or failed job first drops its open chunks. While stopping, it ignores failures, and a cancel only sets
/// <see cref="CancelRequestedAt"/>: the first of the two decides how the job ends. A transition outside the table
/// throws <see cref="InvalidOperationException"/>, a defect of the caller. Times are Unix milliseconds, 0 if not set;
/// once set, times and reason do not change. If a commit fails, the caller discards this object. The row stores the
/// state, the times, the reason and <see cref="IsClosed"/>; <see cref="Restore"/> derives the phase from them.
/// </remarks>
internal sealed class JobLife
{
    public JobPhase Phase { get; private set; }

    /// <summary>Time at which the first chunk was cut.</summary>
    public long StartedAt { get; private set; }

    /// <summary>
    /// Whether <see cref="StartedAt"/> is new and in no write of the row yet. Chunks are also committed without the
    /// row; <see cref="JobOwner.Persist"/> then adds the row.
    /// </summary>
    public bool HasNewStart { get; private set; }

    public long EndedAt { get; private set; }

    /// <summary>Time of the first cancel by a caller, even if the job was already failing.</summary>
    public long CancelRequestedAt { get; private set; }

    /// <summary>Stable code of the failure, such as <c>chunk-failed</c>, or null.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether a stream was closed or a command's output read to its end; false for other sources.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the job was cancelled or has failed, and has not ended yet.</summary>
    public bool IsStopping => Phase is JobPhase.Cancelling or JobPhase.Failing;

    /// <summary>Whether the job has ended: the final phases have the highest numbers.</summary>
    public bool IsOver => Phase >= JobPhase.Succeeded;

    /// <summary>
    /// Restores a stored job. Its row has one state for all phases that are not final. A stopping job stops again from
    /// the start; one with both a reason and a cancel is failing, since a cancelled job ignores failures.
    /// <paramref name="isSourceAtEnd"/> is false for a stream or a command: the row says whether they were closed.
    /// </summary>
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

    /// <summary>Sets <see cref="StartedAt"/> when the first chunk is cut.</summary>
    public void Start(long now)
    {
        if (StartedAt != 0)
            return;
        StartedAt = now;
        HasNewStart = true;
    }

    /// <summary>
    /// Notes that a write has the start. Called before the commit: if it fails, the job is read again.
    /// </summary>
    public void Stored() => HasNewStart = false;

    /// <summary>Notes that the whole source is cut. Valid only in <see cref="JobPhase.Reading"/>.</summary>
    public void EndSource() => Move(JobTrigger.SourceEnd);

    /// <summary>Closes a stream or a command's output; a job that is Reading drains.</summary>
    public void Close()
    {
        IsClosed = true;
        if (Phase == JobPhase.Reading)
            EndSource();
    }

    /// <summary>Starts to cancel; returns false if the job has ended. A failing job keeps failing.</summary>
    public bool Cancel(long now)
    {
        if (IsOver)
            return false;
        CancelRequestedAt = CancelRequestedAt == 0 ? now : CancelRequestedAt;
        if (!IsStopping)
            Move(JobTrigger.Cancel);
        return true;
    }

    /// <summary>Starts to fail, unless the job is stopping. The job must not have ended.</summary>
    public void Fail(string reason)
    {
        if (IsStopping)
            return;
        Reason = reason;
        Move(JobTrigger.Fail);
    }

    /// <summary>Ends a draining job once no chunk is open and nothing is left to reduce.</summary>
    public void Finish(long now) => End(JobTrigger.AllDone, now);

    /// <summary>Ends a stopping job once the dispatcher has dropped its open chunks.</summary>
    public void Stop(long now) => End(JobTrigger.Stopped, now);

    private void End(JobTrigger trigger, long now)
    {
        Move(trigger);
        EndedAt = now;
    }

    private void Move(JobTrigger trigger) =>
        Phase = JobTransitions.TryNext(Phase, trigger)
            ?? throw new InvalidOperationException($"{trigger} is not valid for a job in the phase {Phase}.");
}
