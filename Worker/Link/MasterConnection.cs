using Grpc.Core;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// One master over gRPC: a connection with one stream each for commands, reports and output, and a unary call for every
/// heartbeat; and another one for files, opened with the first of them, so that no heartbeat waits behind a large file.
/// Disposing it ends all calls.
/// </summary>
public sealed class MasterConnection : INodeService, IDisposable
{
    private readonly MasterChannel channel;
    private readonly AnswerStream<Progress, ProgressAnswer> reports;
    private readonly Lazy<MasterChannel> files;

    /// <summary>Creates a connection that is not open yet.</summary>
    /// <param name="options">The master to call, and how.</param>
    public MasterConnection(MasterChannelOptions options)
    {
        channel = new MasterChannel(options);
        reports = new AnswerStream<Progress, ProgressAnswer>(channel, NodeServiceMethods.Report);
        files = new Lazy<MasterChannel>(() => new MasterChannel(options));
    }

    /// <summary>The master's address.</summary>
    public Uri Address => channel.Address;

    /// <summary>Whether the master has answered a heartbeat or registration on this connection.</summary>
    public bool HasAnswered { get; private set; }

    /// <inheritdoc/>
    public async Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        try
        {
            var answer = await channel.Unary(NodeServiceMethods.ReportStatus, report, null, cancellation);
            HasAnswered = true;
            return answer;
        }
        catch (RpcException failure) when (IsNoClearText(failure))
        {
            throw CallError.Of(
                failure.StatusCode,
                $"{Address.Authority} does not answer without TLS. A service that accepts workers from other machines uses TLS, "
                + "also for workers on its own machine. To use TLS, start this worker with a join token (--token) from 'otask node token'. "
                + $"({failure.Message})", failure);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation) =>
        channel.ServerStream(NodeServiceMethods.AssignTask, request, cancellation);

    /// <inheritdoc/>
    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation) =>
        reports.Ask(progress, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        channel.Exchange(NodeServiceMethods.WriteOutput, messages, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<FetchBlock> FetchFile(FetchRequest request, CancellationToken cancellation) =>
        files.Value.ServerStream(NodeServiceMethods.FetchFile, request, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<FetchBlock> FetchFiles(FetchFilesRequest request, CancellationToken cancellation) =>
        files.Value.ServerStream(NodeServiceMethods.FetchFiles, request, cancellation);

    /// <inheritdoc/>
    public Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        files.Value.Unary(NodeServiceMethods.MissingFiles, request, null, cancellation);

    /// <inheritdoc/>
    public Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation) =>
        files.Value.Upload(NodeServiceMethods.StoreFile, blocks, cancellation);

    /// <inheritdoc/>
    public Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        files.Value.Unary(NodeServiceMethods.NameArtifacts, page, null, cancellation);

    /// <inheritdoc/>
    public Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) =>
        channel.Unary(NodeServiceMethods.ListedFolder, listing, null, cancellation);

    /// <summary>Whether the server accepted the connection but did not understand plain HTTP/2.</summary>
    private bool IsNoClearText(RpcException failure) => Address.Scheme == Uri.UriSchemeHttp
        && failure.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse };

    /// <inheritdoc/>
    public void Dispose()
    {
        channel.Dispose();
        if (files.IsValueCreated)
            files.Value.Dispose();
    }
}
