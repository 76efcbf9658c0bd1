namespace OrleansTasks.Tasks.Spec;

/// <summary>One entry of a task's <c>artifacts</c>: which files of the working folder are kept when the attempt ends.</summary>
/// <param name="Pattern">The pattern of their paths below the working folder.</param>
/// <param name="IsOptional">Whether the attempt may succeed if nothing matches.</param>
/// <param name="AtAnyEnd">Whether they are kept also when the command did not exit with 0.</param>
public sealed record TaskArtifact(string Pattern, bool IsOptional = false, bool AtAnyEnd = false)
{
    /// <summary>Maximum number of entries of a task.</summary>
    public const int Most = 100;

    /// <summary>Maximum number of files that all patterns of an attempt together may match.</summary>
    public const int MostFiles = 100_000;

    /// <summary>The default bytes that all artifacts of an attempt may have together.</summary>
    public const long DefaultMaxBytes = 1L << 30;

    /// <summary>Maximum bytes that a task may allow for its artifacts.</summary>
    public const long LargestMaxBytes = 1L << 40;
}
