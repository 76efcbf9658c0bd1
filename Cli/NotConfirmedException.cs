namespace OrleansTasks.Cli;

/// <summary>What would change many things was not confirmed; nothing was changed.</summary>
internal sealed class NotConfirmedException(string message) : Exception(message);
