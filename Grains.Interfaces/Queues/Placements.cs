using OrleansTasks.Contract;

namespace OrleansTasks.Queues;

/// <summary>The names of the placements.</summary>
public static class Placements
{
    private static readonly string[] Names = EnumNames.Of<Placement>();

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this Placement placement) => Names[(int)placement];
}
