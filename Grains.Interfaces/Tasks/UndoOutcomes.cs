namespace OrleansTasks.Tasks;

/// <summary>The names of undo outcomes in the HTTP contract.</summary>
public static class UndoOutcomes
{
    private static readonly string[] Names =
    [
        "pending", "undone", "started", "changed", "dependents", "workflow", "secrets-gone", "expired", "queue-full",
        "too-late", "gone", "queue-gone",
    ];

    /// <summary>All outcomes, in enum order.</summary>
    public static ImmutableArray<UndoOutcome> All { get; } = [.. Enum.GetValues<UndoOutcome>()];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this UndoOutcome outcome) => Names[(int)outcome];

    /// <summary>Returns whether the outcome means that the task was left unchanged.</summary>
    public static bool IsLeft(this UndoOutcome outcome) => outcome > UndoOutcome.Undone;
}
