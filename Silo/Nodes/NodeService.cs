using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Grpc.Core;
using OrleansTasks.Files;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Files;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// The master's side of the worker plane. Passes workers' messages to their <see cref="INodeGrain"/>s, and commands
/// back. A local worker calls it directly, remote ones through gRPC.
/// </summary>
public sealed partial class NodeService : INodeService
{

    private readonly IGrainFactory grains;
    private readonly CommandTranslator translator;
    private readonly OutputIntake output;
    private readonly ConnectionTable connections;
    private readonly DatabaseLoss loss;
    private readonly NodeFiles files;
    private readonly ProgressIntake intake;
    private readonly TimeProvider time;
    private readonly SiloInstruments instruments;
    private readonly ILogger logger;
    private const int MostNodes = 10_000;
    private readonly ConcurrentDictionary<string, INodeGrain> nodes = new(StringComparer.Ordinal);

    /// <summary>Creates the service.</summary>
    public NodeService(
        IGrainFactory grains, ITaskStore tasks, IOutputStore output, FileDepot depot, IFileIndex index,
        DatabaseLoss loss, IProgressStore progress, TimeProvider time, SiloInstruments instruments,
        ILoggerFactory loggers, UrlFiles? urls = null)
    {
        this.grains = grains;
        this.loss = loss;
        this.time = time;
        this.instruments = instruments;
        logger = loggers.CreateLogger<NodeService>();
        files = new NodeFiles(depot, index, tasks, time, urls);
        translator = new CommandTranslator(tasks, files.Inputs, loggers.CreateLogger<CommandTranslator>());
        this.output = new OutputIntake(output, tasks, time, instruments, loggers.CreateLogger<OutputIntake>());
        intake = new ProgressIntake(progress, time, loggers.CreateLogger<ProgressIntake>());
        connections = new ConnectionTable(time);
        loss.Lost += connections.CloseAll;
    }

    /// <inheritdoc/>
    public async Task<StatusAnswer> ReportStatus(StatusReport report, CancellationToken cancellation)
    {
        var node = NodeOf(report.NodeId);
        if (report.Goodbye)
        {
            await node.Goodbye(report.Session);
            connections.Deny(report.NodeId, report.Session);
            return new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.Ok, Session = report.Session };
        }

        return report.Session == 0 ? await Register(node, report) : await Renew(node, report);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Without the database, ends the stream as unavailable, which sends the worker to another silo. Heartbeats are
    /// still answered, so a worker that knows no other silo keeps the leases that their queues renew.
    /// </remarks>
    public async IAsyncEnumerable<Commands> AssignTask(
        AssignRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var node = NodeOf(request.NodeId);
        var connection = new NodeConnection(request.Session, instruments);
        var reference = grains.CreateObjectReference<INodeConnectionObserver>(connection);
        connections.Add(request.NodeId, connection, reference);
        try
        {
            ThrowIfDatabaseLost();
            if (!await node.Connect(request.Session, reference))
                yield break;
            StreamOpened(request.NodeId, request.Session);
            while (await connection.WaitAsync(cancellation))
            {
                var messages = await Next(node, connection);
                cancellation.ThrowIfCancellationRequested();
                connection.Written();
                foreach (var commands in messages)
                {
                    if (commands.Start.Count + commands.Cancel.Count + commands.Kill.Count + commands.List.Count > 0)
                        yield return commands;
                }
            }

            ThrowIfDatabaseLost();
        }
        finally
        {
            connections.Remove(request.NodeId, connection);
            _ = Disconnect(node, request.NodeId, connection, reference);
        }
    }

    private void ThrowIfDatabaseLost()
    {
        if (loss.IsLost)
            throw CallError.Of(StatusCode.Unavailable, "This silo has lost the database; another silo can reach it.");
    }

    /// <summary>
    /// Reports to the node's grain that a stream has ended, and which starts were never written to it. Not awaited,
    /// because a stream may end because the silo does.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "What cannot be told is found by the next heartbeat, or by the end of the lease.")]
    private async Task Disconnect(INodeGrain node, string name, NodeConnection connection, INodeConnectionObserver reference)
    {
        try
        {
            await node.Disconnect(connection.Session, reference, connection.TakeUnsent());
            // Starts that the grain sent to the stream during the first call.
            if (connection.TakeUnsent() is { IsEmpty: false } late)
                await node.Disconnect(connection.Session, reference, late);
        }
        catch (Exception failure)
        {
            DisconnectNotTold(failure, name, connection.Session);
        }
        finally
        {
            grains.DeleteObjectReference<INodeConnectionObserver>(reference);
        }
    }

    /// <inheritdoc/>
    public async Task<ProgressAnswer> Report(Progress progress, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var node = NodeOf(progress.NodeId);
        var started = NodeMessages.ToLeaseRefs(progress.Started);
        var refused = NodeMessages.ToLeaseRefs(progress.Refused);
        var unable = NodeMessages.ToLeaseRefs(progress.Unable);
        var reached = intake.Read(progress.Progress_);
        var results = ImmutableArray.CreateBuilder<AttemptResult>(progress.Results.Count);
        foreach (var reported in progress.Results)
            results.Add(NodeMessages.ToAttemptResult(reported));
        var all = results.MoveToImmutable();
        // The output that a result mentions must be on disk before the result is stored.
        if (all.Any(static result => result.Output is { Inline: false }))
            all = [.. await Task.WhenAll(all.Select(output.Confirm))];
        if (all.Any(static result => result.Artifacts is not null))
            all = [.. await Task.WhenAll(all.Select(files.Confirm))];
        var settled = await node.Report(progress.Session, started, all, refused, unable);
        if (settled)
        {
            Settled(all, [.. refused, .. unable], began);
            intake.Take(reached);
        }

        return new ProgressAnswer { Settled = settled };
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<OutputAnswer> WriteOutput(
        IAsyncEnumerable<OutputChunks> messages, CancellationToken cancellation) =>
        new OutputCall(output, MayWrite).Answers(messages, cancellation);

    /// <inheritdoc/>
    public async IAsyncEnumerable<FetchBlock> FetchFile(FetchRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!await IsValid(request.NodeId, request.Session))
        {
            yield return new FetchBlock { Outcome = FileOutcome.FileSessionOver };
            yield break;
        }

        await foreach (var block in files.Fetch(request, cancellation))
            yield return block;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FetchBlock> FetchFiles(
        FetchFilesRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!await IsValid(request.NodeId, request.Session))
        {
            yield return new FetchBlock { Outcome = FileOutcome.FileSessionOver };
            yield break;
        }

        await foreach (var block in files.FetchMany(request, cancellation))
            yield return block;
    }

    /// <inheritdoc/>
    public async Task<MissingAnswer> MissingFiles(MissingRequest request, CancellationToken cancellation) =>
        await IsValid(request.NodeId, request.Session)
            ? await files.Missing(request)
            : new MissingAnswer { Outcome = FileOutcome.FileSessionOver };

    /// <inheritdoc/>
    public async Task<StoreAnswer> StoreFile(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation)
    {
        await using var sent = blocks.GetAsyncEnumerator(cancellation);
        if (!await sent.MoveNextAsync())
            return new StoreAnswer { Outcome = FileOutcome.FileInvalid };
        return await IsValid(sent.Current.NodeId, sent.Current.Session)
            ? await files.Store(sent)
            : new StoreAnswer { Outcome = FileOutcome.FileSessionOver };
    }

    /// <inheritdoc/>
    public async Task<ArtifactAnswer> NameArtifacts(ArtifactPage page, CancellationToken cancellation) =>
        await IsValid(page.NodeId, page.Session) ? await files.Name(page) : new ArtifactAnswer { Outcome = FileOutcome.FileSessionOver };

    /// <inheritdoc/>
    public async Task<FolderAnswer> ListedFolder(FolderListing listing, CancellationToken cancellation) => new()
    {
        Taken = await NodeOf(listing.NodeId).FolderListed(
            listing.Session, listing.Number, NodeMessages.ToFolderReply(listing)),
    };

    private ValueTask<bool> MayWrite(OutputChunks chunks) => IsValid(chunks.NodeId, chunks.Session);

    private async ValueTask<bool> IsValid(string node, long session)
    {
        if (connections.IsConfirmed(node, session))
            return true;
        // An empty report asks whether the session is valid.
        if (!await NodeOf(node).Report(session, [], [], []))
            return false;
        connections.Confirm(node, session);
        return true;
    }

    private async Task<StatusAnswer> Register(INodeGrain node, StatusReport report)
    {
        var reply = await node.Register(NodeMessages.ToRegistration(report));
        if (reply.Outcome != RegistrationOutcome.Accepted)
            return new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.NameTaken, LeaseMs = reply.Lease };
        connections.Confirm(report.NodeId, reply.Session);
        NodeRegistered(report.NodeId, reply.Session, report.Registration.Slots);
        return new StatusAnswer
        {
            Outcome = StatusAnswer.Types.Outcome.Ok,
            Session = reply.Session,
            LeaseMs = reply.Lease,
            HeartbeatMs = reply.Heartbeat,
        };
    }

    private async Task<StatusAnswer> Renew(INodeGrain node, StatusReport report)
    {
        // The grain may have moved or restarted since, so every heartbeat tells it where the worker is connected.
        var connected = connections.Find(report.NodeId, report.Session) is { } reference
            ? node.Connect(report.Session, reference)
            : Task.FromResult(true);
        var held = NodeMessages.ToLeaseRefs(report.Held);
        var (load, memory) = (WorkerClaims.Load(report.Load), WorkerClaims.Memory(report.MemoryBytes));
        var status = new NodeStatus(report.Session, held, load, memory, report.Leaving, report.SentAt, WorkerClaims.Memory(report.DiskFreeBytes))
        {
            Gpus = NodeMessages.ToGpus(report.Gpus),
            Isolates = NodeMessages.ToIsolation(report.Isolates),
        };
        var reply = await node.ReportStatus(status);
        if (!await connected || !reply.SessionValid)
        {
            connections.Deny(report.NodeId, report.Session);
            return new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.SessionOver };
        }

        connections.Confirm(report.NodeId, report.Session);
        // A worker that does not read terms takes OK as a renewal of all its leases. What it must kill is found again
        // later.
        if (!status.TakesTerms && !reply.AllRenewed)
            throw new TimeoutException("Not every queue has renewed the worker's leases.");
        var answer = new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.Ok, Session = report.Session };
        foreach (var lease in reply.Kill)
            answer.Kill.Add(NodeMessages.ToLease(lease));
        if (!status.TakesTerms)
            return answer;
        foreach (var term in reply.Terms)
            answer.Terms.Add(new QueueTerm { Queue = term.Queue, AsOf = term.AsOf });
        return answer;
    }

    private async ValueTask<IReadOnlyList<Commands>> Next(INodeGrain node, NodeConnection connection)
    {
        var broken = new List<AttemptResult>();
        var messages = await translator.Translate(connection.Take(), broken);
        if (broken.Count > 0)
            await node.Report(connection.Session, [], [.. broken], []);
        instruments.SendStarts(messages.Sum(static commands => commands.Start.Count));
        return messages;
    }

    private void Settled(ImmutableArray<AttemptResult> results, ImmutableArray<LeaseRef> refused, long began)
    {
        foreach (var result in results)
        {
            output.Settled(result);
            instruments.SettleResult(result.Reason.Name());
        }

        foreach (var lease in refused)
            output.Refused(lease);
        if (refused.Length > 0)
            instruments.Refuse(refused.Length);
        instruments.SettleReport(time.GetElapsedTime(began));
    }

    private INodeGrain NodeOf(string id)
    {
        if (nodes.TryGetValue(id, out var known))
            return known;
        if (!NodeNames.IsValid(id))
            throw new ArgumentException($"A node id must have {NodeNames.Form}.");
        // References are cheap to recreate, and those of workers that are gone must not accumulate.
        if (nodes.Count >= MostNodes)
            nodes.Clear();
        return nodes.GetOrAdd(id, grains.GetGrain<INodeGrain>(id));
    }
}
