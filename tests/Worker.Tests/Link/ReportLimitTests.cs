using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Client;
using OrleansTasks.Grpc.Server;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Link;

public sealed class ReportLimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_BeyondTheMastersLimit_IsRefusedAsThatAndTheConnectionStays()
    {
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var routes = new GrpcRoutes { LargestMessage = 1 << 20 }
            .Exchange(NodeServiceMethods.Report, static (_, _) => Task.FromResult(new ProgressAnswer { Settled = true }));
        await using var listener = new GrpcListener(new GrpcListenerOptions { Socket = socket }, routes, static _ => null, services);
        await listener.StartAsync(Cancellation);
        var connections = 0;
        using var ring = new MasterRing([new Uri($"http://{listener.Address}")], Connect, NullLogger<MasterRing>.Instance);

        for (var round = 0; round < 3; round++)
        {
            var refused = await Assert.ThrowsAsync<GrpcException>(() => ring.Report(Large(22_000_000), Cancellation));
            Assert.Equal(GrpcStatus.ResourceExhausted, refused.Status);
            Assert.True((await ring.Report(Large(1_000), Cancellation)).Settled);
        }

        Assert.Equal(1, connections);

        MasterConnection Connect(Uri master)
        {
            connections++;
            return new MasterConnection(new GrpcChannelOptions { Address = master });
        }
    }

    private static Progress Large(int size)
    {
        var progress = new Progress();
        progress.Results.Add(new Result { Report = UnsafeByteOperations.UnsafeWrap(new byte[size]) });
        return progress;
    }
}
