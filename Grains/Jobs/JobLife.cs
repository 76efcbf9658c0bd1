using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// Where a job stands within its life, with the times and the reason that go with it. <see cref="JobTransitions"/> has the table:
/// <code>
/// Reading ──SourceEnd──► Draining ──AllDone──► Succeeded
///    │                      │
///    ├────────Cancel────────┼──► Cancelling ──Stopped──► Cancelled
///    └─────────Fail─────────┴──► Failing ─────Stopped──► Failed
/// </code>
/// Times are Unix milliseconds; 0 means not set. A time or a reason that is set once stays.
/// </summary>
internal sealed class JobLife
{
    public JobPhase Phase { get; private set; }

    public long StartedAt { get; private set; }

    public long EndedAt { get; private set; }

    public long CancelRequestedAt { get; private set; }

    /// <summary>Why the job failed, a stable word; null when it has not.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether somebody has said that no more items will come.</summary>
    public bool IsClosed { get; private set; }

    public bool IsStopping => Phase is JobPhase.Cancelling or JobPhase.Failing;

    public bool IsOver => Phase >= JobPhase.Succeeded;

    /// <summary>Takes up what is stored of it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="isSourceAtEnd">Whether everything has been cut that the source has.</param>
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

    /// <summary>The first chunk was cut.</summary>
    public void Start(long now) => StartedAt = StartedAt == 0 ? now : StartedAt;

    /// <summary>The source has given its last item.</summary>
    public void EndSource() => Move(JobTrigger.SourceEnd);

    /// <summary>No more items will come, whatever the source could still give.</summary>
    public void Close()
    {
        IsClosed = true;
        if (Phase == JobPhase.Reading)
            EndSource();
    }

    /// <summary>Stops the job; false when it has ended.</summary>
    public bool Cancel(long now)
    {
        if (IsOver)
            return false;
        CancelRequestedAt = CancelRequestedAt == 0 ? now : CancelRequestedAt;
        if (!IsStopping)
            Move(JobTrigger.Cancel);
        return true;
    }

    /// <summary>The job has failed; the first reason counts, and none after a cancel.</summary>
    public void Fail(string reason)
    {
        if (IsStopping)
            return;
        Reason = reason;
        Move(JobTrigger.Fail);
    }

    /// <summary>Every chunk was processed.</summary>
    public void Finish(long now) => End(JobTrigger.AllDone, now);

    /// <summary>After a cancel or a failure no chunk is open any more.</summary>
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
