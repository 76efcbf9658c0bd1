namespace OrleansTasks.Cli.Api;

/// <summary>The gateway stayed out of reach for longer than a wait bears; the message names what was waited for.</summary>
internal sealed class OutOfReachException(string message, Exception last) : Exception(message, last);
