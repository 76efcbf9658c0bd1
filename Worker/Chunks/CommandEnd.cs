using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Says how a command ended, for people.</summary>
internal static class CommandEnd
{
    /// <summary>How it ended, to follow "The command".</summary>
    internal static string Describe(ProcessOutcome outcome) => outcome.Reason switch
    {
        EndReason.SpawnFailed => $"could not be started ({outcome.Message})",
        EndReason.OutOfMemory => "used more memory than it may",
        EndReason.CpuTime => "used more processor time than it may",
        _ when outcome.Signal is { } signal => $"was ended by {signal}",
        _ => $"ended with exit code {outcome.ExitCode}",
    };

    /// <summary>What it said on standard error, to follow a sentence.</summary>
    internal static string Said(string error) => error.Length == 0 ? "" : $" It said: {error}";
}
