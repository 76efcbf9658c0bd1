using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Silo.Trust;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Protocol;

// WaitAsync without a TimeProvider is banned for the sake of simulations, which never use this network endpoint.
#pragma warning disable RS0030

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Answers calls from remote workers. Exceptions of handlers become gRPC statuses: an <see cref="RpcException"/> keeps
/// its own, an
/// <see cref="ArgumentException"/> becomes INVALID_ARGUMENT, an unavailable store or cluster UNAVAILABLE, and any other
/// exception UNKNOWN, without details.
/// </summary>
/// <param name="service">Handles the calls.</param>
/// <param name="gate">Decides which callers may call.</param>
/// <param name="trust">Issues certificates to workers; null if they need none.</param>
/// <param name="stopping">Cancelled when the endpoint stops; streams then end as UNAVAILABLE.</param>
/// <param name="logger">Logs the failures whose details no caller sees.</param>
internal sealed partial class WorkerCalls(
    INodeService service, INodeGate gate, NodeTrust? trust, CancellationToken stopping, ILogger<WorkerCalls> logger)
{
    /// <summary>
    /// The maximum size of a message with commands: well below the 4 MiB that gRPC libraries accept by default.
    /// </summary>
    private const int LargestCommands = 1024 * 1024;

    /// <summary>The maximum request body without a certificate: a message of 8 KiB and its 5-byte prefix.</summary>
    private const int SmallBody = (8 * 1024) + 5;

    /// <summary>
    /// The maximum number of characters of a status detail: gRPC libraries accept 8 KiB of trailers, where a character
    /// may take up to nine bytes.
    /// </summary>
    private const int LongestDetail = 800;

    /// <summary>Sends a single answer together with the status, in one write.</summary>
    private static readonly WriteOptions WithStatus = new(WriteFlags.BufferHint);

    /// <summary>
    /// Returns the definitions of all methods. Even methods with one message are defined as streams, which are the same
    /// on the wire. gRPC's unary handler would read the message before ours runs, and would log a malformed one and
    /// answer UNKNOWN.
    /// </summary>
    internal ServerServiceDefinition Define() => ServerServiceDefinition.CreateBuilder()
        .AddMethod(NodeServiceMethods.Authority, One<AuthorityRequest, AuthorityAnswer>(Authority, isOpen: true))
        .AddMethod(NodeServiceMethods.Join, One<JoinRequest, JoinAnswer>(Join, isOpen: true))
        .AddMethod(NodeServiceMethods.ReportStatus, One<StatusReport, StatusAnswer>(ReportStatus))
        .AddMethod(NodeServiceMethods.AssignTask, Stream<AssignRequest, Commands>(AssignTask))
        .AddMethod(NodeServiceMethods.Report, Stream<Progress, ProgressAnswer>(Report))
        .AddMethod(NodeServiceMethods.ReadOutput, Stream<LentOutput, OutputAnswer>(WriteOutput))
        .AddMethod(NodeServiceMethods.FetchFile, Stream<FetchRequest, FetchBlock>(FetchFile))
        .AddMethod(NodeServiceMethods.FetchFiles, Stream<FetchFilesRequest, FetchBlock>(FetchFiles))
        .AddMethod(NodeServiceMethods.MissingFiles, One<MissingRequest, MissingAnswer>(MissingFiles))
        .AddMethod(NodeServiceMethods.StoreFile, Stream<StoreBlock, StoreAnswer>(StoreFile))
        .AddMethod(NodeServiceMethods.NameArtifacts, One<ArtifactPage, ArtifactAnswer>(NameArtifacts))
        .AddMethod(NodeServiceMethods.ListedFolder, One<FolderListing, FolderAnswer>(ListedFolder))
        .Build();

    private Task<AuthorityAnswer> Authority(AuthorityRequest request, NodeCall call) => Task.FromResult(Trust.Show());

    private Task<JoinAnswer> Join(JoinRequest request, NodeCall call) => Trust.Join(request, call.Peer);

    private NodeTrust Trust => trust ?? throw CallError.Of(StatusCode.FailedPrecondition,
        "This service accepts only workers on its own machine, without certificates. Start the worker without --token.");

    private async Task<StatusAnswer> ReportStatus(StatusReport report, NodeCall call)
    {
        if (!await gate.Admit(call.Certificate, report.NodeId, report.Session))
            return new StatusAnswer
            {
                Outcome = report.Goodbye ? StatusAnswer.Types.Outcome.Ok : StatusAnswer.Types.Outcome.SessionOver,
            };
        var certificate = await gate.Open(call.Certificate);
        if (report.Registration is { } registration)
        {
            if (certificate is not null && certificate.Instance != registration.Instance)
                throw CallError.Of(StatusCode.PermissionDenied,
                    $"The certificate belongs to another data folder of the node '{report.NodeId}'.");
            if (certificate is not null)
                await Trust.SetLabels(certificate, registration.Labels);
            // A worker behind a tunnel or in another network does not know its address as seen from here.
            if (registration.Address.Length == 0 && call.Peer is { } peer)
                registration.Address = (peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer).ToString();
        }

        var answer = await service.ReportStatus(report, call.Cancellation);
        if (certificate is not null && !report.CertificateRequest.IsEmpty && answer.Outcome == StatusAnswer.Types.Outcome.Ok)
            answer.Certificate = await Trust.Renew(certificate, call.Certificate!, report.CertificateRequest);
        return answer;
    }

    private async IAsyncEnumerable<Commands> AssignTask(IAsyncStreamReader<AssignRequest> requests, NodeCall call)
    {
        var request = await ReadOne(requests, call);
        if (!await gate.Admit(call.Certificate, request.NodeId, request.Session))
            yield break;
        await foreach (var commands in service.AssignTask(request, call.Cancellation))
            foreach (var part in CommandParts.Of(commands, LargestCommands))
                yield return part;
    }

    private async IAsyncEnumerable<ProgressAnswer> Report(IAsyncStreamReader<Progress> requests, NodeCall call)
    {
        while (await Read(requests, call) is { } progress)
        {
            yield return await gate.Admit(call.Certificate, progress.NodeId, progress.Session)
                ? await service.Report(progress, call.Cancellation).WaitAsync(call.Cancellation)
                : new ProgressAnswer { Settled = false };
        }
    }

    private IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncStreamReader<LentOutput> requests, NodeCall call) =>
        service.WriteOutput(Messages(requests, call, call.Cancellation), call.Cancellation);

    private async IAsyncEnumerable<OutputChunks> Messages(
        IAsyncStreamReader<LentOutput> requests, NodeCall call, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await Read(requests, call) is { } lent)
            using (lent)
            {
                // The service answers for a session that is over. It stores output only with the attempt's token.
                await gate.Admit(call.Certificate, lent.Chunks.NodeId, lent.Chunks.Session);
                cancellation.ThrowIfCancellationRequested();
                yield return lent.Chunks;
            }
    }

    // Calls about files name a lease, whose token the service checks. It also answers for a session that is over.
    private async IAsyncEnumerable<FetchBlock> FetchFile(IAsyncStreamReader<FetchRequest> requests, NodeCall call)
    {
        var request = await ReadOne(requests, call);
        await gate.Admit(call.Certificate, request.NodeId, request.Session);
        await foreach (var block in service.FetchFile(request, call.Cancellation))
            yield return block;
    }

    private async IAsyncEnumerable<FetchBlock> FetchFiles(IAsyncStreamReader<FetchFilesRequest> requests, NodeCall call)
    {
        var request = await ReadOne(requests, call);
        await gate.Admit(call.Certificate, request.NodeId, request.Session);
        await foreach (var block in service.FetchFiles(request, call.Cancellation))
            yield return block;
    }

    private async Task<MissingAnswer> MissingFiles(MissingRequest request, NodeCall call)
    {
        await gate.Admit(call.Certificate, request.NodeId, request.Session);
        return await service.MissingFiles(request, call.Cancellation);
    }

    private async IAsyncEnumerable<StoreAnswer> StoreFile(IAsyncStreamReader<StoreBlock> requests, NodeCall call)
    {
        yield return await service.StoreFile(Blocks(requests, call, call.Cancellation), call.Cancellation).WaitAsync(call.Cancellation);
    }

    private async IAsyncEnumerable<StoreBlock> Blocks(
        IAsyncStreamReader<StoreBlock> requests, NodeCall call, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var isFirst = true; await Read(requests, call) is { } block; isFirst = false)
        {
            // The session is only in the first block.
            if (isFirst)
                await gate.Admit(call.Certificate, block.NodeId, block.Session);
            cancellation.ThrowIfCancellationRequested();
            yield return block;
        }
    }

    private async Task<FolderAnswer> ListedFolder(FolderListing listing, NodeCall call)
    {
        return await gate.Admit(call.Certificate, listing.NodeId, listing.Session)
            ? await service.ListedFolder(listing, call.Cancellation)
            : new FolderAnswer { Taken = false };
    }

    private async Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, NodeCall call)
    {
        await gate.Admit(call.Certificate, page.NodeId, page.Session);
        return await service.NameArtifacts(page, call.Cancellation);
    }

    /// <summary>Returns a method that takes one message and answers with one.</summary>
    /// <param name="answer">Computes the answer.</param>
    /// <param name="isOpen">Whether callers without a certificate may call, with a small message.</param>
    private DuplexStreamingServerMethod<TRequest, TAnswer> One<TRequest, TAnswer>(
        Func<TRequest, NodeCall, Task<TAnswer>> answer, bool isOpen = false)
        where TRequest : class
        where TAnswer : class => (requests, answers, context) => Answer(context, isOpen, async call =>
        {
            var request = await ReadOne(requests, call);
            // Does not wait longer for a handler that ignores the cancellation.
            var reply = await answer(request, call).WaitAsync(call.Cancellation);
            answers.WriteOptions = WithStatus;
            await answers.WriteAsync(reply);
        });

    /// <summary>Returns a method whose handler reads and answers any number of messages.</summary>
    private DuplexStreamingServerMethod<TRequest, TAnswer> Stream<TRequest, TAnswer>(
        Func<IAsyncStreamReader<TRequest>, NodeCall, IAsyncEnumerable<TAnswer>> answer)
        where TRequest : class
        where TAnswer : class => (requests, answers, context) => Answer(context, isOpen: false, async call =>
        {
            // Sends the headers at once, so that the caller knows that the call has arrived before the first answer.
            await context.WriteResponseHeadersAsync(Metadata.Empty);
            await foreach (var message in answer(requests, call).WithCancellation(call.Cancellation))
                await answers.WriteAsync(message).WaitAsync(call.Cancellation);
        });

    private async Task Answer(ServerCallContext context, bool isOpen, Func<NodeCall, Task> answer)
    {
        var http = context.GetHttpContext();
        var aborted = http.RequestAborted;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, stopping);
        try
        {
            var call = new NodeCall(http.Connection.RemoteIpAddress, http.Connection.ClientCertificate, over.Token);
            if (http.Request.Headers[NodeServiceMethods.VersionKey] is [.., var version] && version != NodeServiceMethods.Version)
                throw CallError.Of(StatusCode.FailedPrecondition,
                    $"The worker speaks version '{version}' of the worker plane; this service speaks {NodeServiceMethods.Version}.");
            if (isOpen)
                http.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = SmallBody;
            else
                await gate.Open(call.Certificate);
            await answer(call);
        }
        catch (Exception failure)
        {
            var isGone = aborted.IsCancellationRequested || context.CancellationToken.IsCancellationRequested;
            throw isGone ? CallError.Of(StatusCode.Cancelled, "The call was cancelled.") : ErrorOf(failure, context.Method);
        }
    }

    /// <summary>Reads the message of a call that sends exactly one.</summary>
    /// <exception cref="RpcException">The call sends no message, or more than one.</exception>
    private static async ValueTask<T> ReadOne<T>(IAsyncStreamReader<T> requests, NodeCall call)
        where T : class
    {
        var request = await Read(requests, call)
            ?? throw CallError.Of(StatusCode.Internal, "The call ended without a message.");
        if (await Read(requests, call) is not null)
            throw CallError.Of(StatusCode.Internal, "The call sent more than one message.");
        return request;
    }

    /// <summary>Reads the next message. Returns null after the caller's last one.</summary>
    private static async ValueTask<T?> Read<T>(IAsyncStreamReader<T> requests, NodeCall call)
        where T : class
    {
        try
        {
            return await requests.MoveNext(call.Cancellation) ? requests.Current : null;
        }
        catch (InvalidDataException malformed)
        {
            throw CallError.Of(StatusCode.Internal, malformed.Message, malformed);
        }
        catch (IOException tooLong)
        {
            // The message is too long. If the connection broke instead, no one receives this status.
            throw CallError.Of(StatusCode.ResourceExhausted, tooLong.Message, tooLong);
        }
    }

    private RpcException ErrorOf(Exception failure, string method) => failure switch
    {
        RpcException own => Bounded(own.StatusCode, own.Status.Detail),
        ArgumentException fault => Bounded(StatusCode.InvalidArgument, fault.Message),
        OperationCanceledException when stopping.IsCancellationRequested => CallError.Of(StatusCode.Unavailable, "The service is stopping."),
        OperationCanceledException => CallError.Of(StatusCode.Cancelled, "The call was cancelled."),
        StoreUnavailableException or OutcomeUnknownException => CallError.Of(StatusCode.Unavailable, "The store is currently unreachable."),
        TimeoutException or OrleansException => CallError.Of(StatusCode.Unavailable, "The cluster did not answer."),
        _ => Unexpected(failure, method),
    };

    private static RpcException Bounded(StatusCode code, string detail) =>
        CallError.Of(code, detail.Length <= LongestDetail ? detail : detail[..LongestDetail]);

    private RpcException Unexpected(Exception failure, string method)
    {
        CallFailed(failure, method);
        return CallError.Of(StatusCode.Unknown, "The call failed; the service's log says why.");
    }
}
