namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Remembers the tokens of attempts that are over, or were cancelled before they arrived, so that a late or repeated
/// Start does not run. When full, it forgets the oldest token.
/// </summary>
/// <param name="capacity">The maximum number of tokens.</param>
internal sealed class RecentTokens(int capacity)
{
    private readonly Dictionary<UInt128, bool> refuses = [];
    private readonly Queue<UInt128> order = new();

    /// <summary>
    /// Adds a token. <paramref name="refuse"/> means that the attempt never ran here and that a Start of it must be
    /// refused.
    /// </summary>
    internal void Add(UInt128 token, bool refuse)
    {
        if (!refuses.TryAdd(token, refuse))
            return;
        order.Enqueue(token);
        if (order.Count > capacity)
            refuses.Remove(order.Dequeue());
    }

    /// <summary>The tokens that are remembered, the oldest first.</summary>
    internal IEnumerable<(UInt128 Token, bool Refuse)> All =>
        order.Where(refuses.ContainsKey).Select(token => (token, refuses[token]));

    /// <summary>Returns whether the token is remembered, and if so, whether a Start of it must be refused.</summary>
    internal bool TryGet(UInt128 token, out bool refuse) => refuses.TryGetValue(token, out refuse);
}
