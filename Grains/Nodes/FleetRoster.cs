using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The reporting nodes, in memory only. Does no I/O and reads no clock. Times are Unix milliseconds of the fleet
/// grain's steady clock.
/// </summary>
/// <remarks>
/// <code>
/// unlisted         --Announce---------------------------------> reporting
/// reporting        --Sweep: no announcement for a lease-------> lost
/// reporting, lost  --Withdraw: this session or a later one----> withdrawn
/// unlisted         --Withdraw---------------------------------> withdrawn
/// lost             --Announce: the lost session or a later one> reporting
/// withdrawn        --Announce: a later session----------------> reporting
/// lost, withdrawn  --Forget-----------------------------------> unlisted
/// </code>
/// Other announcements are ignored, so a late one cannot list a node that has left. Only after <see cref="Forget"/> can
/// it do so, for one lease.
/// </remarks>
internal sealed class FleetRoster(long lease)
{
    // The latest announcement of each reporting node, and when it arrived.
    private readonly SortedDictionary<string, (NodeAnnouncement Announcement, long At)> nodes = new(StringComparer.Ordinal);

    // The last sessions of lost and withdrawn nodes, until these report again or are forgotten.
    private readonly Dictionary<string, LastSession> lastSessions = new(StringComparer.Ordinal);

    public ImmutableArray<FleetNode> Nodes => [.. nodes.Values.Select(static node => node.Announcement.Node)];

    public ImmutableArray<NodeAnnouncement> HeardSince(long then) =>
        [.. nodes.Values.Where(node => node.At >= then).Select(static node => node.Announcement)];

    public bool IsReporting(string node) => nodes.ContainsKey(node);

    /// <summary>
    /// Lists the node as reporting for one more lease. Returns false and changes nothing if the session was withdrawn
    /// or a later one is known. <paramref name="isChange"/> is set if dispatchers must be notified.
    /// </summary>
    public bool Announce(NodeAnnouncement announcement, long now, out bool isChange)
    {
        isChange = false;
        var node = announcement.Node;
        if (nodes.TryGetValue(node.Id, out var known))
        {
            var before = known.Announcement.Node;
            if (before.Session > node.Session)
                return false;
            // Slots, labels and resources are fixed within a session. Limits grow when the worker has learned one more
            // way to isolate commands.
            isChange = before.Session != node.Session || before.Accepts != node.Accepts
                || before.KnowsEarlier != node.KnowsEarlier || before.Enforces != node.Enforces;
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
    /// Removes a node whose worker said goodbye, and ignores this and earlier sessions from then on, even if the node
    /// was not reporting. Returns whether it was; changes nothing if it reports in a later session.
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

    /// <summary>Removes and returns lost nodes.</summary>
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

    /// <summary>Forgets a lost or withdrawn node, which the caller has deleted from the store.</summary>
    public void Forget(string node) => lastSessions.Remove(node);

    /// <summary>
    /// Returns a stored node for display: as announced if it reports in the stored session, otherwise gone or lost.
    /// After a restart, and between registration and announcement, it therefore shows as lost.
    /// </summary>
    public NodeView View(NodeRow row, long now)
    {
        if (nodes.TryGetValue(row.Id, out var known) && known.Announcement.Node.Session == row.Session)
            return known.Announcement.View;
        var state = row.Gone ? NodeState.Gone : NodeState.Lost;
        // Heartbeats are not stored: while a session is open, the row only has the time of the registration.
        var lastReportAt = lastSessions.GetValueOrDefault(row.Id).LastReportAt;
        var seenAt = state == NodeState.Lost ? Math.Max(row.SeenAt, lastReportAt) : row.SeenAt;
        return new NodeView(
            row.Id, state, row.Slots, 0, NodeNames.LabelsOf(row.Id, row.Labels), row.Version, row.Address,
            Math.Min(seenAt, now), 0, 0, row.Enforces);
    }

    /// <summary>LastReportAt is wall clock time in Unix milliseconds; 0 if unknown.</summary>
    private readonly record struct LastSession(long Number, bool IsWithdrawn, long LastReportAt)
    {
        public bool Excludes(long session) => session < Number || (IsWithdrawn && session == Number);
    }
}
