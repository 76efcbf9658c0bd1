using System.Collections.Concurrent;
using OrleansTasks.Nodes;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The worker streams that end at this silo, and the sessions that it knows to be valid. Keeps the observers alive,
/// because the engine holds only weak references to them.
/// </summary>
internal sealed class ConnectionTable(TimeProvider time)
{
    private static readonly TimeSpan TrustFor = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, Entry> connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (long Session, long At)> sessions = new(StringComparer.Ordinal);

    private long forgotAt = time.GetTimestamp();

    /// <summary>The number of remembered sessions.</summary>
    internal int Sessions => sessions.Count;

    /// <summary>The number of workers connected here.</summary>
    internal int Count => connections.Count;

    /// <summary>Adds a worker's stream, replacing an earlier one.</summary>
    internal void Add(string node, NodeConnection connection, INodeConnectionObserver reference) =>
        connections[node] = new Entry(connection, reference);

    /// <summary>Removes a stream that has ended, unless another has replaced it.</summary>
    internal void Remove(string node, NodeConnection connection)
    {
        if (connections.TryGetValue(node, out var entry) && entry.Connection == connection)
            connections.TryRemove(new(node, entry));
    }

    /// <summary>Ends every stream.</summary>
    internal void CloseAll()
    {
        foreach (var entry in connections.Values)
            entry.Connection.Close();
    }

    /// <summary>
    /// Returns the observer that the node's grain should write to, if the worker's stream of this session ends here.
    /// </summary>
    internal INodeConnectionObserver? Find(string node, long session) =>
        connections.TryGetValue(node, out var entry) && entry.Connection.Session == session ? entry.Reference : null;

    /// <summary>Records that the node's grain has just confirmed a session.</summary>
    internal void Confirm(string node, long session)
    {
        sessions[node] = (session, time.GetTimestamp());
        Forget();
    }

    /// <summary>Records that the node's grain has just denied a session.</summary>
    internal void Deny(string node, long session)
    {
        if (sessions.TryGetValue(node, out var known) && known.Session == session)
            sessions.TryRemove(new(node, known));
    }

    /// <summary>Returns whether a session was confirmed within the last 10 seconds.</summary>
    internal bool IsConfirmed(string node, long session) => sessions.TryGetValue(node, out var known)
        && known.Session == session && time.GetElapsedTime(known.At) < TrustFor;

    // Removes sessions that are no longer trusted, of nodes that have moved or are gone.
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
