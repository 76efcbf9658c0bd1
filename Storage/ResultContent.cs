using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>What of a result is worth a row beside the task's own.</summary>
internal static class ResultContent
{
    /// <summary>Whether a result has neither output nor figures: then nothing is stored of it.</summary>
    internal static bool IsNothing(AttemptResult result) => result is { CpuTime: 0, MaxRssBytes: 0, Output: null or
        { StdoutBytes: 0, StderrBytes: 0, Truncated: false, Inline: true, Tail.IsEmpty: true } };
}
