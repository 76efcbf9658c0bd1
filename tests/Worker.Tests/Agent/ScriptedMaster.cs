using System.Collections.Concurrent;
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
    private readonly Queue<Result> results = [];
    private long session;

    public long LeaseMs { get; set; } = 10_000;

    public long HeartbeatMs { get; set; } = 2_000;

    public Func<StatusReport, StatusAnswer?> OnStatus { get; set; } = static _ => null;

    /// <summary>What a report waits for after it has had its effect, as an answer that is long under way.</summary>
    public Func<StatusReport, Task> Answering { get; set; } = static _ => Task.CompletedTask;

    public Func<Progress, Task<ProgressAnswer>> OnReport { get; set; } =
        static _ => Task.FromResult(new ProgressAnswer { Settled = true });

    public Func<OutputChunks, Task<OutputAnswer>> OnOutput { get; set; } =
        static _ => Task.FromResult(new OutputAnswer { Stored = true });

    /// <summary>Takes a whole stream of output, if it wants to.</summary>
    public Func<IAsyncEnumerable<OutputChunks>, CancellationToken, IAsyncEnumerable<OutputAnswer>?> OnOutputStream { get; set; } =
        static (_, _) => null;

    public Func<AssignRequest, IAsyncEnumerable<Commands>?> OnAssign { get; set; } = static _ => null;

    /// <summary>The files; null for a master that has none.</summary>
    public ScriptedFiles? Files { get; set; }

    /// <summary>The chunks of arrival marks, in the order in which they came.</summary>
    public ConcurrentQueue<OutputChunk> Marks { get; } = [];

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

    /// <summary>The next result the worker tells, alone or with others, whatever else it tells before.</summary>
    public async Task<Result> NextResult()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var timer = TimeProvider.System.CreateTimer(
            static state => ((CancellationTokenSource)state!).Cancel(), limit, TimeSpan.FromSeconds(60), Timeout.InfiniteTimeSpan);
        Result? result;
        while (!results.TryDequeue(out result))
            foreach (var one in (await progress.Reader.ReadAsync(limit.Token)).Results)
                results.Enqueue(one);
        return result;
    }

    public async Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        var answer = OnStatus(report);
        if (answer is null && report.Session == 0)
            session++;
        answer ??= new StatusAnswer
        {
            Session = session, LeaseMs = LeaseMs, HeartbeatMs = HeartbeatMs,
            Terms = { new QueueTerm { Queue = AgentFixture.Queue, AsOf = report.SentAt } },
        };
        reports.Writer.TryWrite(report);
        await Answering(report);
        return answer;
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

    public IAsyncEnumerable<FetchBlock> FetchFile(FetchRequest request, CancellationToken cancellation) =>
        WithFiles().Fetch(request, cancellation);

    public IAsyncEnumerable<FetchBlock> FetchFiles(FetchFilesRequest request, CancellationToken cancellation) =>
        WithFiles().FetchMany(request, cancellation);

    public Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        WithFiles().Missing(request, cancellation);

    public Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation) =>
        WithFiles().Store(blocks, cancellation);

    public Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        WithFiles().Name(page, cancellation);

    private ScriptedFiles WithFiles() => Files ?? throw CallError.Of(Grpc.Core.StatusCode.Unimplemented, "no files");

    public IAsyncEnumerable<OutputAnswer> WriteOutput(IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        OnOutputStream(WithoutMarks(messages, cancellation), cancellation) ?? Answers(WithoutMarks(messages, cancellation), cancellation);

    /// <summary>The output alone, for tests of who sends what and when; <see cref="Marks"/> has the marks.</summary>
    private async IAsyncEnumerable<OutputChunks> WithoutMarks(
        IAsyncEnumerable<OutputChunks> messages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var message in messages.WithCancellation(cancellation))
        {
            var output = new OutputChunks { NodeId = message.NodeId, Session = message.Session };
            foreach (var chunk in message.Chunks)
            {
                if (chunk.Stream == 3)
                    // The worker uses its arrays again once the message is answered.
                    Marks.Enqueue(new OutputChunk(chunk) { Data = Google.Protobuf.ByteString.CopyFrom(chunk.Data.Span) });
                else
                    output.Chunks.Add(chunk);
            }

            yield return output;
        }
    }

    private async IAsyncEnumerable<OutputAnswer> Answers(
        IAsyncEnumerable<OutputChunks> messages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var chunks in messages.WithCancellation(cancellation))
        {
            var copy = chunks.Clone();
            foreach (var chunk in copy.Chunks)
                chunk.Data = Google.Protobuf.ByteString.CopyFrom(chunk.Data.Span);
            var answer = await OnOutput(copy);
            output.Writer.TryWrite(copy);
            yield return answer;
        }
    }
}
