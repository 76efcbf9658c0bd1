using System.Collections.Concurrent;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Asks a node's grain once which instance opened its latest session, and remembers the answer. The answer stays right,
/// because a node never reuses a session number.
/// </summary>
internal sealed class NodeSessions(IGrainFactory grains) : INodeSessions
{
    private const int MostNodes = 10_000;
    private readonly ConcurrentDictionary<string, (long Session, string Instance)> latest = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<string?> InstanceOf(string node, long session) =>
        latest.TryGetValue(node, out var known) && known.Session == session ? new(known.Instance) : Ask(node, session);

    private async ValueTask<string?> Ask(string node, long session)
    {
        if (await grains.GetGrain<INodeGrain>(node).InstanceOf(session) is not { } instance)
            return null;
        if (latest.Count >= MostNodes)
            latest.Clear();
        latest[node] = (session, instance);
        return instance;
    }
}
