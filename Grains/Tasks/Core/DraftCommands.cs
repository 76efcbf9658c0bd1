using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>Commands for one node that wait for the commit.</summary>
internal sealed class DraftCommands(string node, long session)
{
    public string Node { get; } = node;

    public long Session { get; } = session;

    public List<StartCommand> Start { get; } = [];

    public List<LeaseRef> Cancel { get; } = [];

    public List<LeaseRef> Kill { get; } = [];

    public CommandBatch ToBatch() => new(Session, [.. Start], [.. Cancel], [.. Kill]);
}
