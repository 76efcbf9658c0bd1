using OrleansTasks.Storage;

namespace OrleansTasks.Nodes;

/// <summary>
/// The nodes that report, without I/O or clock. Times are Unix milliseconds.
/// <code>
///              Announce                  Sweep: silent for a lease
///   (unlisted) ---------> reporting ------------------------------> lost: its last report is remembered
///       ^                  |    ^                                     |
///       +---- Withdraw ----+    +-------------- Announce -------------+
/// </code>
/// What an earlier session of a node says changes nothing.
/// </summary>
/// <param name="lease">How long a node that is silent is not lost, in milliseconds.</param>
internal sealed class FleetRoster(long lease)
{
    private readonly SortedDictionary<string, (NodeAnnouncement Said, long At)> nodes = new(StringComparer.Ordinal);

    // Of those that are lost: the store has only when their session began.
    private readonly Dictionary<string, long> lastReports = new(StringComparer.Ordinal);

    /// <summary>The nodes that report, by name.</summary>
    public ImmutableArray<FleetNode> Nodes => [.. nodes.Values.Select(static node => node.Said.Node)];

    public bool IsReporting(string node) => nodes.ContainsKey(node);

    /// <summary>Takes what a node says. False: a later session of it has spoken.</summary>
    /// <param name="announcement">What the node says.</param>
    /// <param name="now">When.</param>
    /// <param name="isChange">Whether dispatchers must hear of it.</param>
    public bool Announce(NodeAnnouncement announcement, long now, out bool isChange)
    {
        var node = announcement.Node;
        isChange = true;
        if (nodes.TryGetValue(node.Id, out var known))
        {
            var before = known.Said.Node;
            isChange = before.Session != node.Session || before.Accepts != node.Accepts || before.KnowsEarlier != node.KnowsEarlier;
            if (before.Session > node.Session)
                return false;
        }

        nodes[node.Id] = (announcement, now);
        lastReports.Remove(node.Id);
        return true;
    }

    /// <summary>A node has left in that session; false when it does not report, or does in a later one.</summary>
    public bool Withdraw(string node, long session)
    {
        if (!nodes.TryGetValue(node, out var known) || known.Said.Node.Session > session)
            return false;
        nodes.Remove(node);
        lastReports.Remove(node);
        return true;
    }

    /// <summary>Takes out the nodes that have been silent for a lease.</summary>
    public IReadOnlyList<string> Sweep(long now)
    {
        string[] lost = [.. nodes.Where(node => node.Value.At + lease <= now).Select(static node => node.Key)];
        foreach (var node in lost)
        {
            nodes.Remove(node, out var known);
            lastReports[node] = known.Said.View.LastReportAt;
        }

        return lost;
    }

    /// <summary>Nothing is remembered of a node that does not report.</summary>
    public void Forget(string node) => lastReports.Remove(node);

    /// <summary>A stored node as people see it.</summary>
    public NodeView View(NodeRow row, long now)
    {
        if (nodes.TryGetValue(row.Id, out var known) && known.Said.Node.Session == row.Session)
            return known.Said.View;
        var state = row.Gone ? NodeState.Gone : NodeState.Lost;
        var seenAt = state == NodeState.Lost ? Math.Max(row.SeenAt, lastReports.GetValueOrDefault(row.Id)) : row.SeenAt;
        return new NodeView(
            row.Id, state, row.Slots, 0, row.Labels, row.Version, row.Address, Math.Min(seenAt, now), 0, 0, row.Enforces);
    }
}
