namespace OrleansTasks.Tasks;

/// <summary>
/// Rests: a node that has refused a chunk is passed over for a moment. It may refuse everything for a while, as it does without a
/// current lease; what it gives back would go to it again at once, and without end, since a chunk's assignment waits for no commit. A
/// task's does, and that is slow enough.
/// </summary>
internal sealed partial class DispatchCore
{
    private const long RefusalRest = 50;

    /// <summary>The nodes that rest, by the ends of their rests, since all are as long.</summary>
    private readonly Queue<DispatchNode> resting = new();

    private long RestsUntil => resting.TryPeek(out var node) ? node.RestsUntil : long.MaxValue;

    private void Rest(Lease refused, long now)
    {
        var node = refused.Node;
        // What an earlier session gives back says nothing about this one.
        if (tasks[refused.Slot].Chunk is null || node.IsResting || !refused.IsCurrent)
            return;
        node.IsResting = true;
        node.RestsUntil = now + RefusalRest;
        resting.Enqueue(node);
        Rank(node);
    }

    private void EndRests(long now)
    {
        while (resting.TryPeek(out var node) && node.RestsUntil <= now)
        {
            resting.Dequeue();
            node.IsResting = false;
            Rank(node);
        }
    }
}
