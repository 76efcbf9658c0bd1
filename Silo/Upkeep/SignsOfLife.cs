using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Which members have lost the database, as one silo sees it. Each member renews its sign of life in the database; one that reaches the
/// other silos but not the database goes on answering their probes, and can serve nothing.
/// </summary>
/// <param name="patience">
/// How long a sign of life must stand still before that counts. Several times what a member needs to renew it: a member that has just
/// found the database again may wait for a connection.
/// </param>
/// <param name="gap">How far apart two reads may be, at most, for a sign to count as watched between them.</param>
internal sealed class SignsOfLife(TimeSpan patience, TimeSpan gap)
{
    // The sign of life of each member, and since when it has been that one, in milliseconds of the reader's steady clock.
    private Dictionary<MemberKey, (long Sign, long Since)> signs = [];
    private long? readAt;

    /// <summary>
    /// Takes a read of the active members and returns those that have lost the database. Only a sign that stood still while it was watched
    /// counts: an old one proves nothing, and while this silo cannot read, no other can be accused.
    /// </summary>
    /// <param name="members">The members and their signs.</param>
    /// <param name="now">The time of a steady clock, in milliseconds.</param>
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
