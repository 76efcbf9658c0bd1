using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A master that does what a test tells it and lets the test wait for what the worker says.</summary>
internal sealed class ScriptedMaster : INodeService
{
    private readonly Channel<StatusReport> reports = Channel.CreateUnbounded<StatusReport>();
    private readonly Channel<Progress> progress = Channel.CreateUnbounded<Progress>();
    private readonly Channel<OutputChunks> output = Channel.CreateUnbounded<OutputChunks>();
    private readonly Channel<(long Session, Commands Commands)> commands = Channel.CreateUnbounded<(long, Commands)>();
    private long session;

    public long LeaseMs { get; set; } = 10_000;

    public long HeartbeatMs { get; set; } = 2_000;

    public Func<StatusReport, StatusAnswer?> OnStatus { get; set; } = static _ => null;

    public Func<Progress, Task<ProgressAnswer>> OnReport { get; set; } =
        static _ => Task.FromResult(new ProgressAnswer { Settled = true });

    public Func<OutputChunks, Task<OutputAnswer>> OnOutput { get; set; } =
        static _ => Task.FromResult(new OutputAnswer { Stored = true });

    public Func<AssignRequest, IAsyncEnumerable<Commands>?> OnAssign { get; set; } = static _ => null;

    public ChannelReader<StatusReport> Reports => reports.Reader;

    public ChannelReader<Progress> Told => progress.Reader;

    public ChannelReader<OutputChunks> Written => output.Reader;

    public void Send(params Start[] starts)
    {
        var message = new Commands();
        message.Start.AddRange(starts);
        commands.Writer.TryWrite((session, message));
    }

    public void Send(Commands message) => commands.Writer.TryWrite((session, message));

    /// <summary>The next results the worker tells, whatever else it tells before.</summary>
    public async Task<Result> NextResult()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var timer = TimeProvider.System.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), limit, TimeSpan.FromSeconds(60), Timeout.InfiniteTimeSpan);
        while (true)
        {
            var told = await progress.Reader.ReadAsync(limit.Token);
            if (told.Results.Count > 0)
                return Assert.Single(told.Results);
        }
    }

    public Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        var answer = OnStatus(report);
        if (answer is null && report.Session == 0)
            session++;
        reports.Writer.TryWrite(report);
        return Task.FromResult(answer
            ?? new StatusAnswer { Session = session, LeaseMs = LeaseMs, HeartbeatMs = HeartbeatMs });
    }

    public IAsyncEnumerable<Commands> AssignTask(AssignRequest request, CancellationToken cancellation) =>
        OnAssign(request) ?? Sent(cancellation);

    private async IAsyncEnumerable<Commands> Sent([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var (_, message) in commands.Reader.ReadAllAsync(cancellation))
            yield return message;
    }

    public async Task<ProgressAnswer> Report(Progress message, CancellationToken cancellation)
    {
        var answer = await OnReport(message);
        progress.Writer.TryWrite(message.Clone());
        return answer;
    }

    public async Task<OutputAnswer> WriteOutput(OutputChunks chunks, CancellationToken cancellation)
    {
        var copy = chunks.Clone();
        foreach (var chunk in copy.Chunks)
            chunk.Data = Google.Protobuf.ByteString.CopyFrom(chunk.Data.Span);
        var answer = await OnOutput(copy);
        output.Writer.TryWrite(copy);
        return answer;
    }
}
