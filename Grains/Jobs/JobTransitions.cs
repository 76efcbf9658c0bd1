using static OrleansTasks.Jobs.JobPhase;
using static OrleansTasks.Jobs.JobTrigger;

namespace OrleansTasks.Jobs;

/// <summary>
/// The transition table of job phases. A new job starts in <see cref="JobPhase.Reading"/>; <see cref="JobLife"/> holds
/// a job's phase. Cancelling and Failing last until a commit has dropped the open chunks. Final phases have no
/// transitions, because a job cannot be retried.
/// </summary>
public static class JobTransitions
{
    /// <summary>All transitions, ordered by the phase that they leave.</summary>
    public static ImmutableArray<(JobPhase From, JobTrigger Trigger, JobPhase To)> All { get; } =
    [
        (Reading, SourceEnd, Draining),
        (Reading, Cancel, Cancelling),
        (Reading, Fail, Failing),
        (Draining, AllDone, Succeeded),
        (Draining, Cancel, Cancelling),
        (Draining, Fail, Failing),
        (Cancelling, Stopped, Cancelled),
        (Failing, Stopped, Failed),
    ];

    /// <summary>Returns the next phase; null if the table has no such transition.</summary>
    public static JobPhase? TryNext(JobPhase from, JobTrigger trigger)
    {
        foreach (var (phase, cause, to) in All)
        {
            if (phase == from && cause == trigger)
                return to;
        }

        return null;
    }

    /// <summary>
    /// Returns the stored state that users see: Running until the phase is final, even while stopping.
    /// </summary>
    public static JobState ToState(this JobPhase phase) => phase switch
    {
        Succeeded => JobState.Succeeded,
        Failed => JobState.Failed,
        Cancelled => JobState.Cancelled,
        _ => JobState.Running,
    };
}
