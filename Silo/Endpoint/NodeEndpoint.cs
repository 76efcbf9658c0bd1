using System.Net;
using Microsoft.Extensions.Hosting;
using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Server;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// The master's end of the worker plane on the network: gRPC in front of the <see cref="INodeService"/> that a local worker
/// calls directly.
/// </summary>
public sealed class NodeEndpoint : IHostedService, IAsyncDisposable
{
    /// <summary>gRPC libraries take no more than 4 MiB in one message unless told otherwise.</summary>
    private const int LargestCommands = 1024 * 1024;

    private readonly INodeService service;
    private readonly INodeGate gate;
    private readonly GrpcListener listener;

    /// <summary>Makes it; it does not listen yet.</summary>
    public NodeEndpoint(NodeEndpointOptions options, INodeService service, INodeGate gate, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.service, this.gate) = (service, gate);
        var routes = new GrpcRoutes()
            .Unary(NodeServiceMethods.ReportStatus, ReportStatus)
            .ServerStream(NodeServiceMethods.AssignTask, AssignTask)
            .Exchange(NodeServiceMethods.Report, Report)
            .Exchange(NodeServiceMethods.WriteOutput, WriteOutput);
        listener = new GrpcListener(
            new GrpcListenerOptions { Socket = options.Socket, Secure = options.Secure }, routes, StatusOf, services);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => listener.Address;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => listener.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => listener.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();

    private Task<StatusAnswer> ReportStatus(StatusReport report, GrpcServerCall call)
    {
        Admit(call, report.NodeId);
        // A worker behind a tunnel or another network does not know where it is seen from.
        if (report.Registration is { Address.Length: 0 } registration && call.Peer is { } peer)
            registration.Address = (peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer).ToString();
        return service.ReportStatus(report, call.Cancellation);
    }

    private async IAsyncEnumerable<Commands> AssignTask(AssignRequest request, GrpcServerCall call)
    {
        Admit(call, request.NodeId);
        await foreach (var commands in service.AssignTask(request, call.Cancellation))
            foreach (var part in CommandParts.Of(commands, LargestCommands))
                yield return part;
    }

    private Task<ProgressAnswer> Report(Progress progress, GrpcServerCall call)
    {
        Admit(call, progress.NodeId);
        return service.Report(progress, call.Cancellation);
    }

    private Task<OutputAnswer> WriteOutput(OutputChunks chunks, GrpcServerCall call)
    {
        Admit(call, chunks.NodeId);
        return service.WriteOutput(chunks, call.Cancellation);
    }

    private void Admit(GrpcServerCall call, string node)
    {
        if (call.Metadata(NodeServiceMethods.VersionKey) is { } version && version != NodeServiceMethods.Version)
            throw new GrpcException(GrpcStatus.FailedPrecondition,
                $"The worker speaks version '{version}' of the worker plane; this service speaks {NodeServiceMethods.Version}.");
        gate.Admit(call, node);
    }

    private static GrpcException? StatusOf(Exception failure) => failure switch
    {
        StoreUnavailableException => new GrpcException(GrpcStatus.Unavailable, "The store is out of reach now."),
        TimeoutException or OrleansException => new GrpcException(GrpcStatus.Unavailable, "The cluster did not answer."),
        _ => null,
    };
}
