using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// Commands for one session of a node that wait for the commit. They may be lost on their way; heartbeats make up for that.
/// </summary>
internal sealed class DraftCommands(string node, long session)
{
    public string Node { get; } = node;

    public long Session { get; } = session;

    /// <summary>Attempts to start.</summary>
    public List<StartCommand> Start { get; } = [];

    /// <summary>Attempts to end gently; each reports a result.</summary>
    public List<LeaseRef> Cancel { get; } = [];

    /// <summary>Attempts to end at once; no result is expected.</summary>
    public List<LeaseRef> Kill { get; } = [];

    /// <summary>A copy to send, of what is in the lists now.</summary>
    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
