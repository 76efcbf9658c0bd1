using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Grpc.Client;
using OrleansTasks.Grpc.Server;

namespace OrleansTasks.Grpc.Tests;

/// <summary>A server of five methods on loopback, and a channel to it.</summary>
internal sealed class Echo : IAsyncDisposable
{
    public static readonly GrpcMethod<StringValue, StringValue> Say = Method("Say");
    public static readonly GrpcMethod<StringValue, StringValue> Many = Method("Many");
    public static readonly GrpcMethod<StringValue, StringValue> Each = Method("Each");
    public static readonly GrpcMethod<StringValue, StringValue> Both = Method("Both");
    public static readonly GrpcMethod<StringValue, StringValue> Missing = Method("Missing");

    private readonly ServiceProvider services;
    private readonly GrpcListener listener;

    private Echo(int limit, GrpcMethod<StringValue, StringValue> both)
    {
        services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var routes = new GrpcRoutes { LargestMessage = limit }
            .Unary(Say, (request, call) => Unary(request, call))
            .ServerStream(Many, (request, call) => Stream(request, call))
            .Exchange(Each, (request, call) => Unary(request, call))
            .Duplex(both, (requests, call) => Duplex(requests, call));
        listener = new GrpcListener(
            new GrpcListenerOptions { Socket = socket }, routes,
            static failure => failure is TimeZoneNotFoundException ? new GrpcException(GrpcStatus.NotFound, "mapped") : null, services);
        Channel = NewChannel();
    }

    public Func<StringValue, GrpcServerCall, Task<StringValue>> Unary { get; set; } =
        static (request, _) => Task.FromResult(new StringValue { Value = $"{request.Value}!" });

    public Func<StringValue, GrpcServerCall, IAsyncEnumerable<StringValue>> Stream { get; set; } =
        static (request, _) => AsyncEnumerable.Range(1, 3).Select(n => new StringValue { Value = $"{request.Value}{n}" });

    public Func<IAsyncEnumerable<StringValue>, GrpcServerCall, IAsyncEnumerable<StringValue>> Duplex { get; set; } =
        static (requests, _) => requests;

    public Uri Address => new($"http://{listener.Address}");

    public GrpcChannel Channel { get; }

    public static async Task<Echo> Start(int limit = 4 * 1024 * 1024, GrpcMethod<StringValue, StringValue>? both = null)
    {
        var echo = new Echo(limit, both ?? Both);
        await echo.listener.StartAsync(TestContext.Current.CancellationToken);
        return echo;
    }

    public GrpcChannel NewChannel(int limit = 4 * 1024 * 1024) => new(new GrpcChannelOptions
    {
        Address = Address, LargestMessage = limit, Metadata = [new("echo-token", "secret")],
    });

    public Task Stop() => listener.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await listener.DisposeAsync();
        await services.DisposeAsync();
    }

    private static GrpcMethod<StringValue, StringValue> Method(string name) =>
        new($"/test.Echo/{name}", StringValue.Parser, StringValue.Parser);
}
