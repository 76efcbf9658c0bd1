using System.Text;

namespace OrleansTasks.Schedules;

/// <summary>
/// Computes how long after its time an occurrence starts. The delay depends only on the schedule's id and jitter and on
/// its times, so it is the same after a restart.
/// </summary>
public static class ScheduleJitter
{
    /// <summary>
    /// Returns the delay of an occurrence in milliseconds, from 0 to <paramref name="most"/>. The delay never reaches
    /// the next occurrence's time, so occurrences start in the order of their times.
    /// </summary>
    /// <param name="id">The schedule's id.</param>
    /// <param name="time">The occurrence's time in Unix milliseconds.</param>
    /// <param name="next">The next occurrence's time; null if there is none.</param>
    /// <param name="most">The schedule's jitter in milliseconds.</param>
    public static long Of(string id, long time, long? next, long most)
    {
        var room = next is { } bound ? Math.Min(most, bound - time - 1) : most;
        return room <= 0 ? 0 : (long)(Fraction(id, time) * (room + 1));
    }

    // Returns a number in [0, 1): FNV-1a over the id, then the finalizer of SplitMix64, which spreads adjacent times.
    // The top 53 bits, the precision of a double, become the fraction.
    private static double Fraction(string id, long time)
    {
        var hash = 0xcbf29ce484222325UL;
        foreach (var part in Encoding.UTF8.GetBytes(id))
            hash = (hash ^ part) * 0x100000001b3UL;
        hash ^= (ulong)time * 0x9e3779b97f4a7c15UL;
        hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9UL;
        hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebUL;
        return ((hash ^ (hash >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
