namespace OrleansTasks.Cli.Jobs;

/// <summary>The source of items cannot be read further.</summary>
internal sealed class SourceFault(Exception cause) : Exception(cause.Message, cause);
