namespace OrleansTasks.Processing.Chunks;

/// <summary>The results for an aggregate are more than can be held.</summary>
/// <param name="message">Which aggregate it is, and what to do.</param>
public sealed class ResultsTooLargeException(string message) : Exception(message);
