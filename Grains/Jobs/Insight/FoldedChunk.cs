namespace OrleansTasks.Jobs.Insight;

/// <summary>
/// A folded chunk, kept so that users can find slow ones. Items include skipped ones and are 0 after a failure. The
/// node is empty if unknown. Micros is the last attempt's duration, and At its end, in Unix milliseconds.
/// </summary>
internal readonly record struct FoldedChunk(
    long No, SourceSpan Span, long Items, string Node, int Attempt, long Micros, long At, bool HasFailed);
