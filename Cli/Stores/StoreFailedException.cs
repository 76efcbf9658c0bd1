namespace OrleansTasks.Cli.Stores;

/// <summary>The store refused, cannot be used, or cannot be reached; the message says why.</summary>
internal sealed class StoreFailedException(string message, Exception? inner = null) : Exception(message, inner);
