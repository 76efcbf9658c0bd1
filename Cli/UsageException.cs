namespace OrleansTasks.Cli;

/// <summary>The command line asks for something that makes no sense; the message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message);
