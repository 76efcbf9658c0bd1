using OrleansTasks.Jobs;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>A chunk as the checks know it from the commits.</summary>
/// <param name="Place">Its first item's place in the source.</param>
/// <param name="Items">Its items.</param>
internal sealed record KnownChunk(long Place, ImmutableArray<PlainValue> Items)
{
    /// <summary>How it ended; null while it is open.</summary>
    public EndedChunk? Ended { get; set; }

    /// <summary>Whether it gave a partial.</summary>
    public bool IsDone { get; set; }

    /// <summary>Whether the stored progress covers it.</summary>
    public bool IsFolded { get; set; }
}
