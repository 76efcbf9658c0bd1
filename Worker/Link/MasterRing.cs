using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// The masters of a worker, which works for one at a time.
/// When a call shows that the current master is dead or silent, its connection is closed with all calls on it, and the
/// next master is used; if there is only one, it is connected again. The caller decides how soon a call is repeated.
/// </summary>
public sealed partial class MasterRing : INodeService, IDisposable
{
    private readonly Lock gate = new();
    private readonly IReadOnlyList<Uri> masters;
    private readonly Func<Uri, MasterConnection> connect;
    private readonly ILogger<MasterRing> logger;
    private MasterConnection current;
    private int place;
    private bool disposed;

    /// <summary>Creates the ring, which starts with the first master. Nothing is connected yet.</summary>
    /// <param name="masters">The addresses of the masters, at least one.</param>
    /// <param name="connect">Creates a connection to a master.</param>
    /// <param name="logger">Logs each change of master.</param>
    public MasterRing(IReadOnlyList<Uri> masters, Func<Uri, MasterConnection> connect, ILogger<MasterRing> logger)
    {
        (this.masters, this.connect, this.logger) = (masters, connect, logger);
        current = connect(masters[0]);
    }

    /// <summary>The current master.</summary>
    public Uri Current
    {
        get
        {
            lock (gate)
                return current.Address;
        }
    }

    /// <inheritdoc/>
    public Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation) =>
        Call(static (master, report, c) => master.ReportStatus(report, c), report, cancellation, isHeartbeat: true);

    /// <inheritdoc/>
    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation) =>
        Call(static (master, progress, c) => master.Report(progress, c), progress, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        Stream((master, c) => master.WriteOutput(messages, c), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation) =>
        Stream((master, c) => master.AssignTask(request, c), cancellation);

    // A call about files that fails says nothing about the session, whose heartbeats show whether the master lives.
    /// <inheritdoc/>
    public IAsyncEnumerable<FetchBlock> FetchFile(FetchRequest request, CancellationToken cancellation) =>
        Master().FetchFile(request, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<FetchBlock> FetchFiles(FetchFilesRequest request, CancellationToken cancellation) =>
        Master().FetchFiles(request, cancellation);

    /// <inheritdoc/>
    public Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        Master().MissingFiles(request, cancellation);

    /// <inheritdoc/>
    public Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation) =>
        Master().StoreFile(blocks, cancellation);

    /// <inheritdoc/>
    public Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        Master().NameArtifacts(page, cancellation);

    /// <inheritdoc/>
    public Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) =>
        Master().ListedFolder(listing, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            current.Dispose();
        }
    }

    /// <param name="call">The call.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">
    /// Ends the wait. If it ends a heartbeat's wait, the master is silent.
    /// </param>
    /// <param name="isHeartbeat">
    /// Whether any failure is a reason to leave the master, because a master that refuses heartbeats is of no use.
    /// </param>
    private async Task<TAnswer> Call<TRequest, TAnswer>(
        Func<MasterConnection, TRequest, CancellationToken, Task<TAnswer>> call, TRequest request,
        CancellationToken cancellation, bool isHeartbeat = false)
    {
        var master = Master();
        try
        {
            return await call(master, request, cancellation);
        }
        catch (RpcException refused) when (isHeartbeat && IsRefusal(refused) && !master.HasAnswered)
        {
            // The connection presented the newest certificate, so another connection would be refused too.
            throw new IdentityRefusedException(refused.Message, refused);
        }
        catch (RpcException failure) when (IsBroken(failure) || IsRefusal(failure) || (isHeartbeat && masters.Count > 1))
        {
            Leave(master, failure);
            throw;
        }
        catch (OperationCanceledException given) when (isHeartbeat)
        {
            // A connection that is silently dead would swallow the next heartbeat too.
            Leave(master, given);
            throw;
        }
    }

    /// <summary>Returns the messages of a stream, all from the master that is current now.</summary>
    private async IAsyncEnumerable<T> Stream<T>(
        Func<MasterConnection, CancellationToken, IAsyncEnumerable<T>> open, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var master = Master();
        await using var stream = open(master, cancellation).GetAsyncEnumerator(cancellation);
        while (true)
        {
            try
            {
                if (!await stream.MoveNextAsync())
                    yield break;
            }
            catch (RpcException failure) when (IsBroken(failure) || IsRefusal(failure))
            {
                Leave(master, failure);
                throw;
            }

            yield return stream.Current;
        }
    }

    private MasterConnection Master()
    {
        lock (gate)
            return current;
    }

    private void Leave(MasterConnection master, Exception reason)
    {
        MasterConnection next;
        lock (gate)
        {
            // Another call failed on the same connection before, and it has already been replaced.
            if (disposed || current != master)
                return;
            place = (place + 1) % masters.Count;
            next = current = connect(masters[place]);
        }

        master.Dispose();
        MasterLeft(reason.Message, master.Address, next.Address);
    }

    private static bool IsRefusal(RpcException failure) =>
        failure.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied;

    private static bool IsBroken(RpcException failure) => failure.StatusCode is StatusCode.Unavailable or StatusCode.Internal
        or StatusCode.Unknown or StatusCode.DeadlineExceeded or StatusCode.Cancelled;
}
