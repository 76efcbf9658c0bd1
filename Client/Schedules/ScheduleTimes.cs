using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>Reads what a schedule starts and when.</summary>
internal static class ScheduleTimes
{
    /// <summary>
    /// Returns the spec that a caller wrote; null if it cannot be read, for example because its time zone was removed
    /// from the machine's list of zones.
    /// </summary>
    public static ScheduleSpec? SpecOf(ScheduleView schedule)
    {
        try
        {
            return ScheduleSpecReader.ReadStored(schedule.Spec.Span);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Returns the name of the body's field that says what the schedule starts.</summary>
    public static string TargetOf(ScheduleSpec spec) =>
        spec.Workflow is not null ? "workflow" : spec.Job is not null ? "job" : "task";

    /// <summary>
    /// Returns the next times of a timetable: <paramref name="count"/> of them, or fewer if it ends earlier.
    /// </summary>
    public static IEnumerable<long> Of(Timetable timetable, long after, int count)
    {
        for (var at = timetable.Next(after); at is { } time && count > 0; at = timetable.Next(time), count--)
            yield return time;
    }
}
