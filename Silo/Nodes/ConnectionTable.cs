using System.Collections.Concurrent;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The workers' streams that end at this silo, and the sessions that it knows to be valid. Holds the observers: the
/// engines keep only weak references to them.
/// </summary>
internal sealed class ConnectionTable(TimeProvider time)
{
    private static readonly TimeSpan TrustFor = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, Entry> connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (long Session, long At)> sessions = new(StringComparer.Ordinal);

    private long forgotAt = time.GetTimestamp();

    /// <summary>How many sessions are remembered.</summary>
    internal int Sessions => sessions.Count;

    /// <summary>How many workers are connected here.</summary>
    internal int Count => connections.Count;

    /// <summary>A worker's stream was opened; it replaces an earlier one.</summary>
    internal void Add(string node, NodeConnection connection, INodeConnectionObserver reference) =>
        connections[node] = new Entry(connection, reference);

    /// <summary>A worker's stream has ended.</summary>
    internal void Remove(string node, NodeConnection connection)
    {
        if (connections.TryGetValue(node, out var entry) && entry.Connection == connection)
            connections.TryRemove(new(node, entry));
    }

    /// <summary>What the node's grain is to write to, if the worker's stream of this session ends here.</summary>
    internal INodeConnectionObserver? Find(string node, long session) =>
        connections.TryGetValue(node, out var entry) && entry.Connection.Session == session ? entry.Reference : null;

    /// <summary>The node's grain has just confirmed a session.</summary>
    internal void Confirm(string node, long session)
    {
        sessions[node] = (session, time.GetTimestamp());
        Forget();
    }

    /// <summary>The node's grain has just denied a session.</summary>
    internal void Deny(string node, long session)
    {
        if (sessions.TryGetValue(node, out var known) && known.Session == session)
            sessions.TryRemove(new(node, known));
    }

    /// <summary>Whether a session was confirmed a short while ago.</summary>
    internal bool IsConfirmed(string node, long session) => sessions.TryGetValue(node, out var known)
        && known.Session == session && time.GetElapsedTime(known.At) < TrustFor;

    // Sessions that are not trusted any more, of nodes that went elsewhere or for good.
    private void Forget()
    {
        var before = Volatile.Read(ref forgotAt);
        if (time.GetElapsedTime(before) < TrustFor
            || Interlocked.CompareExchange(ref forgotAt, time.GetTimestamp(), before) != before)
            return;
        foreach (var session in sessions)
        {
            if (time.GetElapsedTime(session.Value.At) >= TrustFor)
                sessions.TryRemove(session);
        }
    }

    private sealed record Entry(NodeConnection Connection, INodeConnectionObserver Reference);
}
