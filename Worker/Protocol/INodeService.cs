namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// The master as a worker sees it: gRPC's <c>NodeService</c> by name and message. In one process the silo implements it
/// directly, over a network a gRPC client does. Any call may throw when the master cannot be reached; all may be repeated.
/// </summary>
public interface INodeService
{
    /// <summary>Registers (session 0) or keeps the session alive.</summary>
    Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation);

    /// <summary>The session's commands; ends when the session does or the connection breaks.</summary>
    IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation);

    /// <summary>Reports progress; completes once everything in it is settled.</summary>
    Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation);

    /// <summary>
    /// Stores output, message by message in their order; each is answered, in the same order, once it is on disk. Messages are taken
    /// while others before them are not answered yet; how many are on their way is the caller's to decide. When it throws, what was
    /// not answered may be stored or not.
    /// </summary>
    IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation);
}
