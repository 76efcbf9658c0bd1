namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>A program did what it must not do.</summary>
/// <param name="message">What happened, and what was expected.</param>
/// <param name="isFatal">Whether the surface cannot go on with the same process.</param>
internal sealed class FindingException(string message, bool isFatal = false) : Exception(message)
{
    /// <summary>Whether the surface cannot go on with the same process.</summary>
    public bool IsFatal { get; } = isFatal;
}
