namespace OrleansTasks.Tasks;

/// <summary>How the latest attempt of a waiting task ended; its row goes on showing it.</summary>
internal sealed record LastAttempt(
    LeaseToken Token, string? Node, EndReason Reason, int? ExitCode, string? Signal, long StartedAt);
