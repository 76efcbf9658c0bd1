using static OrleansTasks.Jobs.JobPhase;
using static OrleansTasks.Jobs.JobTrigger;

namespace OrleansTasks.Jobs;

/// <summary>
/// Every transition of a job's phase, beginning with <see cref="JobPhase.Reading"/>. <see cref="JobLife"/>, which draws them, refuses any
/// other.
/// </summary>
public static class JobTransitions
{
    /// <summary>The whole table, ordered by the phase that the transition leaves.</summary>
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

    /// <summary>Returns the phase that a trigger leads to; null when the trigger cannot happen in this phase.</summary>
    public static JobPhase? TryNext(JobPhase from, JobTrigger trigger)
    {
        foreach (var (phase, cause, to) in All)
        {
            if (phase == from && cause == trigger)
                return to;
        }

        return null;
    }

    /// <summary>Returns the state that is stored and that callers see.</summary>
    public static JobState ToState(this JobPhase phase) => phase switch
    {
        Succeeded => JobState.Succeeded,
        Failed => JobState.Failed,
        Cancelled => JobState.Cancelled,
        _ => JobState.Running,
    };
}
