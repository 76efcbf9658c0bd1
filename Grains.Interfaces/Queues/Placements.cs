namespace OrleansTasks.Queues;

/// <summary>The names of the placements. The HTTP contract calls a placement a strategy.</summary>
public static class Placements
{
    private static readonly string[] Names = ["leastLoaded", "roundRobin"];

    /// <summary>All names, in enum order.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this Placement placement) => Names[(int)placement];
}
