using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Decides whether an attempt's result needs a row in <c>results</c>.</summary>
internal static class ResultContent
{
    /// <summary>Returns whether a result has neither output nor figures, so that no row is stored for it.</summary>
    internal static bool IsNothing(AttemptResult result) => result is { Artifacts: null, CpuTime: 0, MaxRssBytes: 0, Output: null or
        { StdoutBytes: 0, StderrBytes: 0, Truncated: false, Inline: true, Tail.IsEmpty: true } };
}
