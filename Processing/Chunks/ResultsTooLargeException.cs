namespace OrleansTasks.Processing.Chunks;

/// <summary>Results are more than can be held for an aggregate.</summary>
/// <param name="message">Which, and what to do.</param>
public sealed class ResultsTooLargeException(string message) : Exception(message);
