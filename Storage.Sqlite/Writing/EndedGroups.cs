using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>
/// Ended workflows or rollouts, which retention removes in steps. Commits wait for a step's transaction, so a step
/// removes fewer groups if they have many nodes.
/// </summary>
internal static class EndedGroups
{
    // The maximum number of nodes of a step, unless one group has more.
    private const int MostNodes = 2_000;

    /// <summary>Returns the groups of the next step; none only if no group is left.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="sql">
    /// Selects the key, number of nodes and id of the groups that ended before ?1, in the order of their ends.
    /// </param>
    /// <param name="before">The time, in Unix milliseconds.</param>
    /// <param name="limit">The maximum number of groups.</param>
    internal static List<EndedGroup> Oldest(Connection connection, string sql, long before, int limit)
    {
        var row = connection.Get(sql);
        row.Bind(1, before);
        var (groups, nodes) = (new List<EndedGroup>(), 0L);
        while (groups.Count < limit && row.Step())
        {
            nodes += row.Int64(1);
            if (groups.Count > 0 && nodes > MostNodes)
                break;
            groups.Add(new EndedGroup(row.Int64(0), row.Int64(1), row.Id(2)));
        }

        row.Reset();
        return groups;
    }
}

/// <summary>An ended workflow or rollout.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Count">The number of its nodes.</param>
/// <param name="Id">Its id.</param>
internal readonly record struct EndedGroup(long Key, long Count, TaskId Id);
