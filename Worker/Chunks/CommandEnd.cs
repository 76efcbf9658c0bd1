using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Describes how a command ended, in readable form.</summary>
internal static class CommandEnd
{
    /// <summary>Returns how the command ended, as the rest of a sentence that begins with "The command".</summary>
    internal static string Describe(ProcessOutcome outcome) => outcome.Reason switch
    {
        ProcessEndReason.SpawnFailed => $"could not be started ({outcome.Message})",
        ProcessEndReason.OutOfMemory => "exceeded its memory limit",
        ProcessEndReason.CpuTime => "exceeded its CPU time limit",
        _ when outcome.Signal is { } signal => $"was ended by {signal}",
        _ => $"ended with exit code {outcome.ExitCode}",
    };

    /// <summary>Returns what the command wrote to standard error, as a sentence to append.</summary>
    internal static string Said(string error) => error.Length == 0 ? "" : $" Its standard error: {error}";
}
