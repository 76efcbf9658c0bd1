namespace OrleansTasks.Queues;

/// <summary>The names of the placements in the HTTP contract, where they are called strategies.</summary>
public static class Placements
{
    private static readonly string[] Names = ["leastLoaded", "roundRobin"];

    /// <summary>All names, in the order of the values.</summary>
    public static IReadOnlyList<string> All => Names;

    /// <summary>The name that the HTTP contract uses.</summary>
    public static string Name(this Placement placement) => Names[(int)placement];
}
