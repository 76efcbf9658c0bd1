using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The list of the nodes that report, kept by <see cref="FleetGrain"/>,
/// which sends it to the dispatchers and shows it to people.
/// A node's grain announces its node at registration, at every heartbeat and when the node's state changes.
/// A session of a node is the time from one registration of its worker to the next; sessions are numbered,
/// and the latest one counts.
/// The roster is in memory only: a new activation of the fleet grain begins with an empty one,
/// which the next heartbeats fill. Performs no I/O and reads no clock.
/// Times are Unix milliseconds of the fleet grain's steady clock.
/// </summary>
/// <remarks>
/// The states of a node. Only reporting nodes are in <see cref="Nodes"/>.
/// <code>
/// unlisted         --Announce---------------------------------> reporting
/// reporting        --Sweep: no announcement for a lease-------> lost
/// reporting, lost  --Withdraw: this session or a later one----> withdrawn
/// unlisted         --Withdraw---------------------------------> withdrawn
/// lost             --Announce: the lost session or a later one> reporting
/// withdrawn        --Announce: a later session----------------> reporting
/// lost, withdrawn  --Forget-----------------------------------> unlisted
/// </code>
/// The roster ignores all other announcements of a lost or withdrawn node,
/// so that a late announcement cannot list a node that has left.
/// Only after <see cref="Forget"/> can a late announcement list such a node, which is then lost again after a lease.
/// </remarks>
/// <param name="lease">How long a node may go without an announcement before it is lost, in milliseconds.</param>
internal sealed class FleetRoster(long lease)
{
    // The reporting nodes: the latest announcement of each, and when it arrived.
    private readonly SortedDictionary<string, (NodeAnnouncement Announcement, long At)> nodes = new(StringComparer.Ordinal);

    // The last known session of each lost or withdrawn node. Stays until the node reports again or is forgotten.
    private readonly Dictionary<string, LastSession> lastSessions = new(StringComparer.Ordinal);

    /// <summary>The reporting nodes, ordered by name.</summary>
    public ImmutableArray<FleetNode> Nodes => [.. nodes.Values.Select(static node => node.Announcement.Node)];

    /// <summary>The latest announcements of the reporting nodes that have announced themselves since then.</summary>
    public ImmutableArray<NodeAnnouncement> HeardSince(long then) =>
        [.. nodes.Values.Where(node => node.At >= then).Select(static node => node.Announcement)];

    /// <summary>Whether the node is reporting.</summary>
    public bool IsReporting(string node) => nodes.ContainsKey(node);

    /// <summary>
    /// Takes an announcement: the node is reporting from now on.
    /// Returns false and changes nothing when the announced session was withdrawn,
    /// or when the roster knows a later session of the node.
    /// </summary>
    /// <param name="announcement">The node's announcement.</param>
    /// <param name="now">The current time. The node is lost a lease later unless another announcement arrives.</param>
    /// <param name="isChange">
    /// Whether the dispatchers must be told: the node was not listed, or something that matters to them has changed.
    /// </param>
    public bool Announce(NodeAnnouncement announcement, long now, out bool isChange)
    {
        isChange = false;
        var node = announcement.Node;
        if (nodes.TryGetValue(node.Id, out var known))
        {
            var before = known.Announcement.Node;
            if (before.Session > node.Session)
                return false;
            // Slots, labels and limits come from the registration and cannot change within a session. Two others can:
            // whether the node takes work, and whether dispatchers may ask what became of its earlier sessions.
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
    /// Removes a node whose worker has said goodbye.
    /// From now on, the roster ignores announcements of this session and of earlier ones,
    /// also when the node was not reporting. Returns true when the node was reporting and is removed.
    /// Does nothing and returns false when the node reports in a later session.
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

    /// <summary>
    /// Removes the nodes that have not been announced for a lease, and returns their names: they are lost.
    /// </summary>
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
    /// Removes what the roster remembers of a lost or withdrawn node. Does nothing to a reporting node.
    /// The fleet grain calls this after it has deleted the node from the store.
    /// </summary>
    public void Forget(string node) => lastSessions.Remove(node);

    /// <summary>
    /// Returns a stored node as people see it: as last announced, if the node is reporting in the stored session;
    /// else as gone, if the stored session was closed by a goodbye; else as lost.
    /// So after a restart, and between a registration and its announcement, a node is shown as lost.
    /// </summary>
    /// <param name="row">The stored node.</param>
    /// <param name="now">The current time by the wall clock. The view's last report is never later.</param>
    public NodeView View(NodeRow row, long now)
    {
        if (nodes.TryGetValue(row.Id, out var known) && known.Announcement.Node.Session == row.Session)
            return known.Announcement.View;
        var state = row.Gone ? NodeState.Gone : NodeState.Lost;
        // Heartbeats are not stored: while a session is open, the row has only the time of the registration.
        var lastReportAt = lastSessions.GetValueOrDefault(row.Id).LastReportAt;
        var seenAt = state == NodeState.Lost ? Math.Max(row.SeenAt, lastReportAt) : row.SeenAt;
        return new NodeView(
            row.Id, state, row.Slots, 0, row.Labels, row.Version, row.Address, Math.Min(seenAt, now), 0, 0, row.Enforces);
    }

    /// <summary>The last known session of a lost or withdrawn node.</summary>
    /// <param name="Number">The number of the session.</param>
    /// <param name="IsWithdrawn">Whether the session was withdrawn.</param>
    /// <param name="LastReportAt">
    /// When the node last reported, in Unix milliseconds of the wall clock; 0 when not known.
    /// </param>
    private readonly record struct LastSession(long Number, bool IsWithdrawn, long LastReportAt)
    {
        /// <summary>Whether the roster ignores an announcement of this session.</summary>
        public bool Excludes(long session) => session < Number || (IsWithdrawn && session == Number);
    }
}
