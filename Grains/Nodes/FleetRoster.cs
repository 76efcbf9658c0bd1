using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// Lists the nodes that report to the fleet grain. Performs no I/O and reads no clock. Times are Unix milliseconds.
/// <code>
///              Announce                  Sweep: silent for a lease
///   (unlisted) ---------> reporting ------------------------------> lost
///     ^    ^               |  ^  ^                                  |  |
///     |    |      Withdraw |  |  +---- Announce (same or later) ----+  |
///     |    |               v  |                                        |
///     |    |       withdrawn -+ Announce (later)                       |
///     |    |               |  ^                                        |
///     |    +--- Forget ----+  +------------------ Withdraw ------------+
///     +---------------------------- Forget ----------------------------+
/// </code>
/// "Same" and "later" compare the session that a node announces with the last session that the roster knows of the
/// node. The roster ignores every other announcement of a known node, so that a late announcement cannot list a node
/// that has left.
/// </summary>
/// <param name="lease">How long a node may be silent before it is lost, in milliseconds.</param>
internal sealed class FleetRoster(long lease)
{
    private readonly SortedDictionary<string, (NodeAnnouncement Announcement, long At)> nodes = new(StringComparer.Ordinal);

    // The last session of each lost or withdrawn node. At most one entry for each node in the store: Forget removes the
    // entry.
    private readonly Dictionary<string, LastSession> lastSessions = new(StringComparer.Ordinal);

    /// <summary>The nodes that report, ordered by name.</summary>
    public ImmutableArray<FleetNode> Nodes => [.. nodes.Values.Select(static node => node.Announcement.Node)];

    /// <summary>Whether the node reports.</summary>
    public bool IsReporting(string node) => nodes.ContainsKey(node);

    /// <summary>
    /// Lists a node, or updates a listed node. Returns false and changes nothing when the announced session was
    /// withdrawn, or when the roster knows a later session of the node.
    /// </summary>
    /// <param name="announcement">The node's announcement.</param>
    /// <param name="now">The current time.</param>
    /// <param name="isChange">Whether the fleet grain must send the change to the dispatchers.</param>
    public bool Announce(NodeAnnouncement announcement, long now, out bool isChange)
    {
        isChange = false;
        var node = announcement.Node;
        if (nodes.TryGetValue(node.Id, out var known))
        {
            var before = known.Announcement.Node;
            if (before.Session > node.Session)
                return false;
            isChange = before.Session != node.Session || before.Accepts != node.Accepts || before.KnowsEarlier != node.KnowsEarlier;
        }
        else if (lastSessions.TryGetValue(node.Id, out var last) && last.Excludes(node.Session))
            return false;
        else
            isChange = true;

        nodes[node.Id] = (announcement, now);
        lastSessions.Remove(node.Id);
        return true;
    }

    /// <summary>
    /// Withdraws a session of a node: the roster ignores later announcements of the session. Returns true when this
    /// removes the node from the list, false when the node does not report or reports in a later session.
    /// </summary>
    public bool Withdraw(string node, long session)
    {
        if (nodes.TryGetValue(node, out var known))
        {
            if (known.Announcement.Node.Session > session)
                return false;
            nodes.Remove(node);
            lastSessions[node] = new LastSession(session, IsWithdrawn: true, known.Announcement.View.LastReportAt);
            return true;
        }

        var last = lastSessions.GetValueOrDefault(node);
        if (last.Number <= session)
            lastSessions[node] = last with { Number = session, IsWithdrawn = true };
        return false;
    }

    /// <summary>Removes the nodes that have been silent for a lease. Returns their names.</summary>
    public IReadOnlyList<string> Sweep(long now)
    {
        string[] lost = [.. nodes.Where(node => node.Value.At + lease <= now).Select(static node => node.Key)];
        foreach (var node in lost)
        {
            nodes.Remove(node, out var known);
            lastSessions[node] = new LastSession(known.Announcement.Node.Session, IsWithdrawn: false, known.Announcement.View.LastReportAt);
        }

        return lost;
    }

    /// <summary>
    /// Removes what the roster remembers of a lost or withdrawn node.
    /// The fleet grain calls this after it has deleted the node.
    /// </summary>
    public void Forget(string node) => lastSessions.Remove(node);

    /// <summary>
    /// Returns the view of a stored node: as the node announced it, if the node reports in the stored session; else
    /// lost or gone.
    /// </summary>
    public NodeView View(NodeRow row, long now)
    {
        if (nodes.TryGetValue(row.Id, out var known) && known.Announcement.Node.Session == row.Session)
            return known.Announcement.View;
        var state = row.Gone ? NodeState.Gone : NodeState.Lost;
        // While a session is open, the store has only the time at which the session began.
        var lastReportAt = lastSessions.GetValueOrDefault(row.Id).LastReportAt;
        var seenAt = state == NodeState.Lost ? Math.Max(row.SeenAt, lastReportAt) : row.SeenAt;
        return new NodeView(
            row.Id, state, row.Slots, 0, row.Labels, row.Version, row.Address, Math.Min(seenAt, now), 0, 0, row.Enforces);
    }

    /// <summary>The last known session of a node that is not listed.</summary>
    /// <param name="Number">The number of the session.</param>
    /// <param name="IsWithdrawn">Whether the session was withdrawn.</param>
    /// <param name="LastReportAt">When the node last reported; 0 when the roster never listed the node.</param>
    private readonly record struct LastSession(long Number, bool IsWithdrawn, long LastReportAt)
    {
        /// <summary>Whether an announcement of a session is ignored.</summary>
        public bool Excludes(long session) => session < Number || (IsWithdrawn && session == Number);
    }
}
