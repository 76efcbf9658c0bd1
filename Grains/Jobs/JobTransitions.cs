using static OrleansTasks.Jobs.JobPhase;
using static OrleansTasks.Jobs.JobTrigger;

namespace OrleansTasks.Jobs;

/// <summary>
/// The table of a data job's phases: which trigger (<see cref="JobTrigger"/>) leads from which phase to which other.
/// A new job begins in <see cref="JobPhase.Reading"/>. <see cref="JobLife"/> holds the phase of one job,
/// changes it by this table only, and throws when the table has no such transition.
/// </summary>
/// <remarks>
/// A job that is cancelled or fails does not end at once. It is stopping (Cancelling or Failing) until a commit has
/// dropped its open chunks, and the results of the chunks that had ended before are in its aggregates.
/// A stopping job can only end: its first cancel or failure decides between Cancelled and Failed.
/// A final phase (Succeeded, Failed, Cancelled) has no transitions, because a job cannot be retried.
/// </remarks>
public static class JobTransitions
{
    /// <summary>All transitions, in the order of the phases that they leave.</summary>
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

    /// <summary>Returns the phase that a trigger leads to; null when the table has no such transition.</summary>
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
    /// Returns the state that is stored and that users see: Running in every phase that is not final,
    /// even while the job is stopping.
    /// </summary>
    public static JobState ToState(this JobPhase phase) => phase switch
    {
        Succeeded => JobState.Succeeded,
        Failed => JobState.Failed,
        Cancelled => JobState.Cancelled,
        _ => JobState.Running,
    };
}
