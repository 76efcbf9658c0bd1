namespace OrleansTasks.Tasks;

/// <summary>The names of the end reasons in the HTTP contract.</summary>
public static class EndReasons
{
    private static readonly string?[] Names =
    [
        null, "exit", "signal", "timeout", "cancelled", "spawn-failed", "node-lost", "out-of-memory", "cpu-time", "expired",
        "skipped", "bad-result", "job-failed", "artifact-missing", "artifact-too-large", "file-unavailable",
        "image-unavailable", "replaced",
    ];

    /// <summary>The names of all reasons, in enum order.</summary>
    public static IEnumerable<string> AllNames => Names.OfType<string>();

    /// <summary>Parses a name in the HTTP contract.</summary>
    public static bool TryParse(string name, out EndReason reason)
    {
        reason = (EndReason)Math.Max(0, Array.IndexOf(Names, name));
        return reason != EndReason.None;
    }

    /// <summary>
    /// Returns the name in the HTTP contract: null for <see cref="EndReason.None"/>, and <c>unreadable</c> for a stored
    /// value that is not a known reason.
    /// </summary>
    public static string? Name(this EndReason reason) => (uint)reason < (uint)Names.Length ? Names[(int)reason] : "unreadable";
}
