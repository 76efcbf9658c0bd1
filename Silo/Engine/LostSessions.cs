using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Finds members whose sessions at the database have ended. A member counts only once its session has been seen:
/// programs of earlier versions hold none, and behind some connection poolers nobody sees them.
/// </summary>
internal sealed class LostSessions
{
    private readonly HashSet<MemberKey> seen = [];

    /// <summary>Returns the members that held a session before and hold none now.</summary>
    /// <param name="members">All members.</param>
    /// <param name="holders">Those that hold a session.</param>
    internal ImmutableArray<MemberKey> Learn(
        IReadOnlyCollection<MemberKey> members, IReadOnlyCollection<MemberKey> holders)
    {
        seen.IntersectWith(members);
        var lost = seen.Except(holders).ToImmutableArray();
        seen.UnionWith(holders);
        return lost;
    }
}
