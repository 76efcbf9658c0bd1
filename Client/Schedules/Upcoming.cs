using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>The earliest times of many schedules within a span. Times are Unix milliseconds, without jitter.</summary>
/// <param name="from">The first time.</param>
/// <param name="to">The end, which is not in the span.</param>
/// <param name="most">How many times are kept.</param>
internal sealed class Upcoming(long from, long to, int most)
{
    // The latest first, which makes room for earlier ones.
    private readonly PriorityQueue<(long At, ScheduleView Schedule), (long At, string Id)> kept =
        new(Comparer<(long At, string Id)>.Create(static (one, other) => Compare(other, one)));

    /// <summary>Whether later times were left out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Adds the times of a schedule that is not paused, but for those that have been looked at.</summary>
    public void Add(ScheduleView schedule, Timetable times)
    {
        for (var at = times.Next(Math.Max(from - 1, schedule.LastAt)); at < to; at = times.Next(at.Value))
        {
            var place = (at.Value, schedule.Id);
            if (kept.Count == most && kept.TryPeek(out _, out var latest) && Compare(place, latest) > 0)
            {
                IsCut = true;
                return;
            }

            kept.Enqueue((at.Value, schedule), place);
            if (kept.Count > most)
            {
                IsCut = true;
                kept.Dequeue();
            }
        }
    }

    /// <summary>Takes them out, in the order of time, then of ids.</summary>
    public IEnumerable<(long At, ScheduleView Schedule)> Take()
    {
        var all = new Stack<(long At, ScheduleView Schedule)>(kept.Count);
        while (kept.TryDequeue(out var time, out _))
            all.Push(time);
        return all;
    }

    private static int Compare((long At, string Id) one, (long At, string Id) other) =>
        one.At != other.At ? one.At.CompareTo(other.At) : string.CompareOrdinal(one.Id, other.Id);
}
