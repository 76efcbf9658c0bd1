namespace OrleansTasks.Cli.Api;

/// <summary>
/// The gateway stayed unreachable for longer than a wait tolerates. The message says what was waited for.
/// </summary>
internal sealed class OutOfReachException(string message, Exception last) : Exception(message, last);
