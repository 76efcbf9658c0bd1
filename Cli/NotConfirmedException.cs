namespace OrleansTasks.Cli;

/// <summary>A change of many things was not confirmed, and nothing was changed.</summary>
internal sealed class NotConfirmedException(string message) : Exception(message);
