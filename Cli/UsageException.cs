namespace OrleansTasks.Cli;

/// <summary>The command line is invalid; the message says what would be valid.</summary>
internal sealed class UsageException(string message) : Exception(message);
