using static OrleansTasks.Jobs.JobPhase;
using static OrleansTasks.Jobs.JobTrigger;

namespace OrleansTasks.Jobs;

/// <summary>Every way a job can change its phase; what is not listed cannot happen. A new job reads.</summary>
public static class JobTransitions
{
    /// <summary>The whole table, by the phase it leads from.</summary>
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

    /// <summary>The phase that a trigger leads to, or null where it cannot happen.</summary>
    public static JobPhase? TryNext(JobPhase from, JobTrigger trigger)
    {
        foreach (var (phase, cause, to) in All)
        {
            if (phase == from && cause == trigger)
                return to;
        }

        return null;
    }

    /// <summary>The state that callers see.</summary>
    public static JobState ToState(this JobPhase phase) => phase switch
    {
        Succeeded => JobState.Succeeded,
        Failed => JobState.Failed,
        Cancelled => JobState.Cancelled,
        _ => JobState.Running,
    };
}
