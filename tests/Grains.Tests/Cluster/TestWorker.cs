using System.Threading.Channels;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A worker of which the test decides everything.</summary>
internal sealed class TestWorker(GrainCluster cluster, string name, string instance) : INodeConnectionObserver
{
    private readonly Channel<CommandBatch> batches = Channel.CreateUnbounded<CommandBatch>();

    public string Name => name;

    public INodeGrain Node => cluster.Grains.GetGrain<INodeGrain>(name);

    public long Session { get; private set; }

    public TaskCompletionSource<long> Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<RegistrationReply> Register(int slots = 1, bool treesDead = false, long since = 0, params LeaseRef[] running) =>
        Register(new NodeRegistration(instance, slots, [], Limits.None, "1", "here", treesDead, [.. running], since == 0 ? [] : [since], [], EvaluatesChunks: true));

    public Task<RegistrationReply> Register(long deadSession) =>
        Register(new NodeRegistration(instance, 1, [], Limits.None, "1", "here", false, [], [], [deadSession], EvaluatesChunks: true));

    public Task<RegistrationReply> Register(int slots, int startsAhead) =>
        Register(new NodeRegistration(instance, slots, [], Limits.None, "1", "here", false, [], [], [], StartsAhead: startsAhead, EvaluatesChunks: true));

    private async Task<RegistrationReply> Register(NodeRegistration registration)
    {
        var reply = await Node.Register(registration).Soon();
        if (reply.Outcome == RegistrationOutcome.Accepted)
            Session = reply.Session;
        return reply;
    }

    /// <summary>The latest stream of commands.</summary>
    public INodeConnectionObserver Stream { get; private set; } = null!;

    public async Task Connect()
    {
        Stream = cluster.Grains.CreateObjectReference<INodeConnectionObserver>(this);
        Assert.True(await Node.Connect(Session, Stream).Soon());
    }

    /// <summary>The stream has ended before these were written to it.</summary>
    public Task Disconnect(params LeaseRef[] unsent) => Node.Disconnect(Session, Stream, [.. unsent]).Soon();

    public Task<StatusReply> Beat(params LeaseRef[] held) => Node.ReportStatus(new NodeStatus(Session, [.. held], 0, 0)).Soon();

    /// <summary>Sends a heartbeat that says how the worker can isolate commands by now.</summary>
    public Task<StatusReply> BeatThatIsolates(Limits isolates) =>
        Node.ReportStatus(new NodeStatus(Session, [], 0, 0) { Isolates = isolates }).Soon();

    public Task<CommandBatch> Next() => batches.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().Soon();

    /// <summary>The next attempt it is told to start, which must be alone.</summary>
    public async Task<LeaseRef> NextStart() => Assert.Single((await Next()).Start).Lease;

    public async Task<LeaseRef[]> NextStarts(int count)
    {
        var leases = new List<LeaseRef>();
        while (leases.Count < count)
            leases.AddRange((await Next()).Start.Select(static start => start.Lease));
        return [.. leases];
    }

    public Task<bool> Started(LeaseRef lease) => Node.Report(Session, [lease], [], []).Soon();

    public Task<bool> Refuse(LeaseRef lease) => Node.Report(Session, [], [], [lease]).Soon();

    public Task<bool> Unable(params LeaseRef[] leases) => Node.Report(Session, [], [], [], [.. leases]).Soon();

    public Task<bool> Exit(LeaseRef lease, int code = 0) =>
        Node.Report(Session, [], [new AttemptResult(lease, EndReason.Exit, code, null, 1, 1, 1, null)], []).Soon();

    public Task Deliver(CommandBatch batch)
    {
        batches.Writer.TryWrite(batch);
        return Task.CompletedTask;
    }

    public Task Close(long session)
    {
        Closed.TrySetResult(session);
        return Task.CompletedTask;
    }
}
