using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Schedules;

/// <summary>The earliest times of many schedules within a span. Times are Unix milliseconds, without jitter.</summary>
/// <param name="from">The first time.</param>
/// <param name="to">The end of the span, exclusive.</param>
/// <param name="most">The maximum number of times to keep.</param>
internal sealed class Upcoming(long from, long to, int most)
{
    // Latest time first, so that it is the one replaced by an earlier time.
    private readonly PriorityQueue<(long At, ScheduleView Schedule), (long At, string Id)> kept =
        new(Comparer<(long At, string Id)>.Create(static (one, other) => Compare(other, one)));

    /// <summary>Whether later times were left out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Adds the times of a schedule that is not paused, after those that it has already handled.</summary>
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

    /// <summary>Removes and returns the times, ordered by time and then by id.</summary>
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
