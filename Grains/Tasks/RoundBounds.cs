namespace OrleansTasks.Tasks;

/// <summary>
/// How much one round of a dispatcher's commit loop does at most, so that no event, however large, keeps others waiting. What is left over
/// starts the next round at once. All values must be larger than 0.
/// </summary>
public sealed class RoundBounds
{
    /// <summary>
    /// Operations, by weight: a submission of a hundred tasks weighs a hundred. A single operation may weigh more than a round, and is
    /// taken nevertheless.
    /// </summary>
    public int Operations { get; set; } = 4_096;

    /// <summary>Bytes that operations bring in, with the same exception.</summary>
    public long Bytes { get; set; } = 4L << 20;

    /// <summary>Tasks that become due or expire.</summary>
    public int DueTasks { get; set; } = 512;

    /// <summary>Leases that lapse; those of one node lapse together, even beyond the bound.</summary>
    public int Lapses { get; set; } = 1_024;

    /// <summary>Tasks and chunks that are given to nodes.</summary>
    public int Assignments { get; set; } = 2_048;
}
