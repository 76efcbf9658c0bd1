namespace OrleansTasks.Cluster;

/// <summary>
/// The wire level of this program: a number for what silos and gateways of different versions may say to each other.
/// It rises with a release that adds a grain call, or a member or value that the receiver must understand. Members that
/// a receiver may ignore, added at the end, need no new level. docs/decisions/0052 has the rules.
/// </summary>
public static class WireLevel
{
    /// <summary>The level that this program speaks.</summary>
    public const int Own = 4;

    /// <summary>
    /// The lowest level with which this program works. A program whose level rises works with the level before, and uses
    /// what it adds only once every active member has it.
    /// </summary>
    public const int Earliest = 1;
}
