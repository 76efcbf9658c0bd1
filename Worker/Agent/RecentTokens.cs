namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Remembers the tokens of attempts that are over, or were cancelled before they came, so that a late or repeated
/// Start of one does not run. Bounded: the oldest is forgotten first.
/// </summary>
/// <param name="capacity">How many are remembered.</param>
internal sealed class RecentTokens(int capacity)
{
    private readonly Dictionary<UInt128, bool> refuses = [];
    private readonly Queue<UInt128> order = new();

    /// <summary>
    /// Notes a token; <paramref name="refuse"/>: it never ran here, and a Start of it is to be refused.
    /// </summary>
    internal void Add(UInt128 token, bool refuse)
    {
        if (!refuses.TryAdd(token, refuse))
            return;
        order.Enqueue(token);
        if (order.Count > capacity)
            refuses.Remove(order.Dequeue());
    }

    /// <summary>Whether the token is remembered, and if so whether a Start of it is to be refused.</summary>
    internal bool TryGet(UInt128 token, out bool refuse) => refuses.TryGetValue(token, out refuse);
}
