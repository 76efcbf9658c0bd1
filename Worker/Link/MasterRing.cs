using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// The masters of a worker, of which it works for one at a time. When a call shows that this one is dead or silent, its
/// connection is dropped with everything on it and the next one's turn comes; with a single master, a new connection's. How
/// soon a call is repeated is the caller's to decide.
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

    /// <summary>Makes the ring; the first master comes first, and nothing is connected yet.</summary>
    /// <param name="masters">The masters' addresses, at least one.</param>
    /// <param name="connect">Makes a connection.</param>
    /// <param name="logger">Told of each change.</param>
    public MasterRing(IReadOnlyList<Uri> masters, Func<Uri, MasterConnection> connect, ILogger<MasterRing> logger)
    {
        (this.masters, this.connect, this.logger) = (masters, connect, logger);
        current = connect(masters[0]);
    }

    /// <summary>The master whose turn it is.</summary>
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
        Call(static (master, report, c) => master.ReportStatus(report, c), report, cancellation, decides: true);

    /// <inheritdoc/>
    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation) =>
        Call(static (master, progress, c) => master.Report(progress, c), progress, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        Stream((master, c) => master.WriteOutput(messages, c), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation) =>
        Stream((master, c) => master.AssignTask(request, c), cancellation);

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
    /// <param name="request">What it sends.</param>
    /// <param name="cancellation">Ends the wait; for a call that <paramref name="decides"/>, it means that the master is silent.</param>
    /// <param name="decides">Whether any failure is a reason to leave: who refuses heartbeats is of no use.</param>
    private async Task<TAnswer> Call<TRequest, TAnswer>(
        Func<MasterConnection, TRequest, CancellationToken, Task<TAnswer>> call, TRequest request,
        CancellationToken cancellation, bool decides = false)
    {
        var master = Master();
        try
        {
            return await call(master, request, cancellation);
        }
        catch (RpcException refused) when (decides && IsRefusal(refused) && !master.HasAnswered)
        {
            // On a connection that shows the newest certificate: another would be refused too.
            throw new IdentityRefusedException(refused.Message, refused);
        }
        catch (RpcException failure) when (IsBroken(failure) || IsRefusal(failure) || (decides && masters.Count > 1))
        {
            Leave(master, failure);
            throw;
        }
        catch (OperationCanceledException given) when (decides)
        {
            // A connection that is dead without a word would swallow the next heartbeat too.
            Leave(master, given);
            throw;
        }
    }

    /// <summary>What comes over a stream, all of it from the master whose turn it is now.</summary>
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
            // Others that failed on the same connection come late, and find the next one in its place.
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
