namespace OrleansTasks.Tasks;

/// <summary>The outcomes of an undo by the names that the HTTP contract uses.</summary>
public static class UndoOutcomes
{
    private static readonly string[] Names =
    [
        "pending", "undone", "started", "changed", "dependents", "workflow", "secrets-gone", "expired", "queue-full",
        "too-late", "gone", "queue-gone",
    ];

    /// <summary>Every outcome, in the order of their numbers.</summary>
    public static ImmutableArray<UndoOutcome> All { get; } = [.. Enum.GetValues<UndoOutcome>()];

    /// <summary>The name of an outcome.</summary>
    public static string Name(this UndoOutcome outcome) => Names[(int)outcome];

    /// <summary>Whether a task was left as it is for this reason.</summary>
    public static bool IsLeft(this UndoOutcome outcome) => outcome > UndoOutcome.Undone;
}
