using System.Net;
using System.Runtime.CompilerServices;
using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Server;
using OrleansTasks.Silo.Trust;
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

    /// <summary>Of what may be sent without a certificate.</summary>
    private const int SmallMessage = 8 * 1024;

    private readonly INodeService service;
    private readonly INodeGate gate;
    private readonly NodeTrust? trust;
    private readonly GrpcListener listener;

    /// <summary>Makes it; it does not listen yet.</summary>
    public NodeEndpoint(NodeEndpointOptions options, INodeService service, INodeGate gate, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.service, this.gate, trust) = (service, gate, services.GetService<NodeTrust>());
        var routes = new GrpcRoutes { Opening = Opening }
            .Unary(NodeServiceMethods.Authority, Authority, SmallMessage)
            .Unary(NodeServiceMethods.Join, Join, SmallMessage)
            .Unary(NodeServiceMethods.ReportStatus, ReportStatus)
            .ServerStream(NodeServiceMethods.AssignTask, AssignTask)
            .Exchange(NodeServiceMethods.Report, Report)
            .Duplex(NodeServiceMethods.WriteOutput, WriteOutput);
        var secure = trust is null ? null : NodeTls.Of(
            trust, services.GetRequiredService<CertificateGate>(), services.GetRequiredService<TimeProvider>());
        listener = new GrpcListener(
            new GrpcListenerOptions
            {
                Socket = options.Socket, Secure = secure, MostConnections = ServiceLimits.WorkerConnections,
            },
            routes, StatusOf, services);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => listener.Address;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (trust is not null)
            await trust.Open();
        await listener.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => listener.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();

    /// <summary>Certificates are asked for before a call may send anything, but for those by which a worker gets one.</summary>
    private async ValueTask Opening(GrpcServerCall call)
    {
        if (call.Metadata(NodeServiceMethods.VersionKey) is { } version && version != NodeServiceMethods.Version)
            throw new GrpcException(GrpcStatus.FailedPrecondition,
                $"The worker speaks version '{version}' of the worker plane; this service speaks {NodeServiceMethods.Version}.");
        if (call.Method != NodeServiceMethods.Authority.Path && call.Method != NodeServiceMethods.Join.Path)
            await gate.Open(call);
    }

    private Task<AuthorityAnswer> Authority(AuthorityRequest request, GrpcServerCall call) =>
        Task.FromResult(Trust.Show());

    private Task<JoinAnswer> Join(JoinRequest request, GrpcServerCall call) => Trust.Join(request, call.Peer);

    private NodeTrust Trust => trust ?? throw new GrpcException(GrpcStatus.FailedPrecondition,
        "This service is for its own machine alone and takes workers there without certificates: start the worker without --token.");

    private async Task<StatusAnswer> ReportStatus(StatusReport report, GrpcServerCall call)
    {
        await gate.Admit(call, report.NodeId);
        var certificate = await gate.Open(call);
        if (report.Registration is { } registration)
        {
            if (certificate is not null && certificate.Instance != registration.Instance)
                throw new GrpcException(GrpcStatus.PermissionDenied,
                    $"The certificate was given to another data folder of the node '{report.NodeId}'.");
            if (certificate is not null)
                await Trust.SetLabels(certificate, registration.Labels);
            // A worker behind a tunnel or another network does not know where it is seen from.
            if (registration.Address.Length == 0 && call.Peer is { } peer)
                registration.Address = (peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer).ToString();
        }

        var answer = await service.ReportStatus(report, call.Cancellation);
        if (certificate is not null && !report.CertificateRequest.IsEmpty && answer.Outcome == StatusAnswer.Types.Outcome.Ok)
            answer.Certificate = await Trust.Renew(certificate, call.Certificate!, report.CertificateRequest);
        return answer;
    }

    private async IAsyncEnumerable<Commands> AssignTask(AssignRequest request, GrpcServerCall call)
    {
        await gate.Admit(call, request.NodeId);
        await foreach (var commands in service.AssignTask(request, call.Cancellation))
            foreach (var part in CommandParts.Of(commands, LargestCommands))
                yield return part;
    }

    private Task<ProgressAnswer> Report(Progress progress, GrpcServerCall call)
    {
        var admitted = gate.Admit(call, progress.NodeId);
        return admitted.IsCompletedSuccessfully ? service.Report(progress, call.Cancellation) : Wait();

        async Task<ProgressAnswer> Wait()
        {
            await admitted;
            return await service.Report(progress, call.Cancellation);
        }
    }

    private IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, GrpcServerCall call) =>
        service.WriteOutput(Admitted(messages, call, call.Cancellation), call.Cancellation);

    private async IAsyncEnumerable<OutputChunks> Admitted(
        IAsyncEnumerable<OutputChunks> messages, GrpcServerCall call, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var chunks in messages.WithCancellation(cancellation))
        {
            await gate.Admit(call, chunks.NodeId);
            yield return chunks;
        }
    }

    private static GrpcException? StatusOf(Exception failure) => failure switch
    {
        StoreUnavailableException or OutcomeUnknownException => new GrpcException(GrpcStatus.Unavailable, "The store is out of reach now."),
        TimeoutException or OrleansException => new GrpcException(GrpcStatus.Unavailable, "The cluster did not answer."),
        _ => null,
    };
}
