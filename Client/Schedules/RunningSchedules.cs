using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>Reads the schedules that are not paused, with their plans.</summary>
internal static class RunningSchedules
{
    private const int PageSize = 50;

    /// <summary>How long a call reads schedules.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Passes each schedule on. Leaves out those that cannot be read: they have no times. Returns false when there are
    /// more than can be read in time.
    /// </summary>
    /// <param name="schedules">Reads them.</param>
    /// <param name="queue">Only those of this queue; null: of all queues.</param>
    /// <param name="time">The clock.</param>
    /// <param name="take">Takes a schedule.</param>
    public static async Task<bool> Read(
        IScheduleReaderGrain schedules, string? queue, TimeProvider time, Func<ScheduleView, SchedulePlan, Task> take)
    {
        var began = time.GetTimestamp();
        for (string? after = null; ;)
        {
            var page = await schedules.List(queue, paused: false, after, PageSize);
            foreach (var schedule in page)
            {
                if (PlanOf(schedule) is { } plan)
                    await take(schedule, plan);
                if (time.GetElapsedTime(began) > Patience)
                    return page.Length < PageSize && schedule == page[^1];
            }

            if (page.Length < PageSize)
                return true;
            after = page[^1].Id;
        }
    }

    private static SchedulePlan? PlanOf(ScheduleView schedule)
    {
        try
        {
            return ScheduleSpecReader.ReadStored(schedule.Spec.Span).PlanOf(schedule.CreatedAt);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
