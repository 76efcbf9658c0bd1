using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// The master as a worker sees it, equal to gRPC's <c>NodeService</c> in names and messages. Within one process the
/// silo implements it directly; over a network, a gRPC client does. Any call may throw if the master cannot be reached,
/// and all may be repeated.
/// </summary>
public interface INodeService
{
    /// <summary>Registers (with session 0) or keeps the session alive.</summary>
    Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation);

    /// <summary>Returns the session's commands. Ends when the session does or the connection breaks.</summary>
    IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation);

    /// <summary>Reports progress. Completes once everything in the report is settled.</summary>
    Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation);

    /// <summary>
    /// Stores output, message by message, in order. Each message is answered, in the same order, once it is on disk.
    /// Messages are accepted while earlier ones are unanswered; the caller decides how many.
    /// If the call throws, unanswered messages may or may not be stored.
    /// </summary>
    IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation);

    /// <summary>Returns the bytes of an input, in blocks. Ends with the file's last byte, or with an outcome that is not OK.</summary>
    IAsyncEnumerable<FetchBlock> FetchFile(FetchRequest request, CancellationToken cancellation) => throw WithoutFiles();

    /// <summary>
    /// Returns the bytes of several inputs, one file after the other. Ends with the last file's last byte, or with an
    /// outcome that is not OK, which is about the first file that is not complete.
    /// </summary>
    IAsyncEnumerable<FetchBlock> FetchFiles(FetchFilesRequest request, CancellationToken cancellation) =>
        throw WithoutFiles();

    /// <summary>Returns which files the service does not have.</summary>
    Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) => throw WithoutFiles();

    /// <summary>
    /// Stores the bytes of an artifact. Completes once they are durable. May complete before it has taken all blocks.
    /// </summary>
    Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation) => throw WithoutFiles();

    /// <summary>Names artifacts of an attempt.</summary>
    Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) => throw WithoutFiles();

    /// <summary>Answers a question about a folder.</summary>
    Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) =>
        throw CallError.Of(StatusCode.Unimplemented, "This service does not watch folders.");

    private static RpcException WithoutFiles() => CallError.Of(StatusCode.Unimplemented, "This service has no files.");
}
