using OrleansTasks.Grpc.Client;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// One master over gRPC: one connection, on it a stream of commands, one of reports, one of output, and a call for every
/// heartbeat. Disposing it ends all of them.
/// </summary>
/// <param name="options">Whom to call.</param>
public sealed class MasterConnection(GrpcChannelOptions options) : INodeService, IDisposable
{
    private readonly GrpcChannel channel = new(options);
    private readonly AnswerStream<Progress, ProgressAnswer> reports = new();

    /// <summary>Whom it calls.</summary>
    public Uri Address => channel.Address;

    /// <summary>Whether the master has answered a report on this connection.</summary>
    public bool HasAnswered { get; private set; }

    /// <inheritdoc/>
    public async Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        var answer = await channel.Unary(NodeServiceMethods.ReportStatus, report, null, cancellation);
        HasAnswered = true;
        return answer;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation) =>
        channel.ServerStream(NodeServiceMethods.AssignTask, request, cancellation);

    /// <inheritdoc/>
    public Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation) =>
        reports.Ask(channel, NodeServiceMethods.Report, progress, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        channel.Exchange(NodeServiceMethods.WriteOutput, messages, cancellation);

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();
}
