namespace OrleansTasks.Cli.Api;

/// <summary>The gateway refused; the message is its problem, for people.</summary>
internal sealed class RefusedException(string message) : Exception(message);
