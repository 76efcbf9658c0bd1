namespace OrleansTasks.Tasks;

/// <summary>The names of the end reasons in the HTTP contract.</summary>
public static class EndReasons
{
    private static readonly string?[] Names =
    [
        null, "exit", "signal", "timeout", "cancelled", "spawn-failed", "node-lost", "out-of-memory", "cpu-time", "expired",
        "skipped", "bad-result", "job-failed",
    ];

    /// <summary>The names of all reasons, in the order of their numbers.</summary>
    public static IEnumerable<string> AllNames => Names.OfType<string>();

    /// <summary>Reads a name that the HTTP contract uses.</summary>
    public static bool TryParse(string name, out EndReason reason)
    {
        reason = (EndReason)Math.Max(0, Array.IndexOf(Names, name));
        return reason != EndReason.None;
    }

    /// <summary>
    /// The name that the HTTP contract uses; null for <see cref="EndReason.None"/>,
    /// <c>unreadable</c> for a stored number that stands for no reason.
    /// </summary>
    public static string? Name(this EndReason reason) => (uint)reason < (uint)Names.Length ? Names[(int)reason] : "unreadable";
}
