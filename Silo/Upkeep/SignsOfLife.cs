using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Detects which members have lost the database, from one silo's point of view. Each member renews its sign of life in
/// the database. A member that reaches the other silos but not the database still answers their probes, although it can
/// serve nothing.
/// </summary>
/// <param name="patience">
/// How long a sign of life must stay unchanged to count. Several times the renewal interval, because a member that has
/// just reached the database again may still wait for a connection.
/// </param>
/// <param name="gap">The maximum time between two reads for a sign to count as watched in between.</param>
internal sealed class SignsOfLife(TimeSpan patience, TimeSpan gap)
{
    // Each member's sign of life, and since when it has been unchanged, in milliseconds of the reader's monotonic
    // clock.
    private Dictionary<MemberKey, (long Sign, long Since)> signs = [];
    private long? readAt;

    /// <summary>
    /// Processes a read of the active members, and returns those that have lost the database. Only a sign that stayed
    /// unchanged while it was watched counts. An old sign proves nothing, and while this silo cannot read, it cannot
    /// accuse others.
    /// </summary>
    /// <param name="members">The members and their signs.</param>
    /// <param name="now">The time of a monotonic clock, in milliseconds.</param>
    public IReadOnlyList<MemberKey> Learn(IEnumerable<(MemberKey Member, long Sign)> members, long now)
    {
        var watched = readAt is { } before && now - before <= gap.TotalMilliseconds;
        readAt = now;
        var next = new Dictionary<MemberKey, (long Sign, long Since)>();
        foreach (var (member, sign) in members)
            next[member] = watched && signs.TryGetValue(member, out var known) && known.Sign == sign ? known : (sign, now);
        signs = next;
        return [.. signs.Where(entry => now - entry.Value.Since >= patience.TotalMilliseconds).Select(static entry => entry.Key)];
    }
}
