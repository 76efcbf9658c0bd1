using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Link;

/// <summary>What calls of masters that are not there end with.</summary>
public sealed class MasterChannelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NobodyListens_IsUnavailableAndSaysWhatTheSystemSays()
    {
        using var channel = new MasterChannel(new MasterChannelOptions { Address = Silent(out var silent, "http") });
        silent.Dispose();

        var failure = await Fails(channel.Unary(NodeServiceMethods.ReportStatus, new StatusReport(), null, Cancellation));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.StartsWith("Connection refused", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListenerSaysNothing_IsUnavailableAndSaysThatNoConnectionWasMade()
    {
        var address = Silent(out var silent, "https");
        using var listener = silent;
        using var channel = new MasterChannel(new MasterChannelOptions { Address = address, ConnectTimeout = TimeSpan.FromMilliseconds(50) });

        var failure = await Fails(channel.Unary(NodeServiceMethods.ReportStatus, new StatusReport(), null, Cancellation));

        Assert.Equal((StatusCode.Unavailable, "The connection could not be opened in time."), (failure.StatusCode, failure.Message));
    }

    [Fact]
    public async Task AnswerDoesNotComeInTime_IsDeadlineExceeded()
    {
        var address = Silent(out var silent, "http");
        using var listener = silent;
        using var channel = new MasterChannel(new MasterChannelOptions { Address = address });

        var failure = await Fails(channel.Unary(
            NodeServiceMethods.ReportStatus, new StatusReport(), TimeSpan.FromMilliseconds(50), Cancellation));

        Assert.Equal((StatusCode.DeadlineExceeded, "The server did not answer in time."), (failure.StatusCode, failure.Message));
    }

    [Fact]
    public async Task CallerGivesUp_IsCancelled()
    {
        var address = Silent(out var silent, "http");
        using var listener = silent;
        using var channel = new MasterChannel(new MasterChannelOptions { Address = address });
        using var give = new CancellationTokenSource();
        var unary = channel.Unary(NodeServiceMethods.ReportStatus, new StatusReport(), null, give.Token);
        var stream = channel.ServerStream(NodeServiceMethods.AssignTask, new AssignRequest(), give.Token).GetAsyncEnumerator(give.Token);
        var next = stream.MoveNextAsync().AsTask();

        await give.CancelAsync();

        Assert.Equal(give.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unary.WaitAsync(Patience))).CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Patience));
    }

    [Fact]
    public async Task Disposed_IsUnavailable()
    {
        var channel = new MasterChannel(new MasterChannelOptions { Address = Silent(out var silent, "http") });
        using var listener = silent;
        channel.Dispose();

        var unary = await Fails(channel.Unary(NodeServiceMethods.ReportStatus, new StatusReport(), null, Cancellation));
        var stream = channel.ServerStream(NodeServiceMethods.AssignTask, new AssignRequest(), Cancellation).GetAsyncEnumerator(Cancellation);

        Assert.Equal(StatusCode.Unavailable, unary.StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Fails(stream.MoveNextAsync().AsTask())).StatusCode);
    }

    private static Uri Silent(out TcpListener listener, string scheme)
    {
        listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"{scheme}://{listener.LocalEndpoint}");
    }

    private static Task<RpcException> Fails(Task call) => Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(Patience, Cancellation));
}
