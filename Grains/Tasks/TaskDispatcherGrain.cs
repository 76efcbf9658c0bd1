using Microsoft.Extensions.Logging;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The shell around <see cref="DispatchCore"/>: its methods only enqueue; one loop applies what has arrived, commits
/// it, and
/// only then answers and sends. See <c>docs/ARCHITECTURE.md</c>.
/// </summary>
[GrainType("task-dispatcher")]
public sealed partial class TaskDispatcherGrain(
    ITaskStore store,
    IQueueStore queues,
    ICommandChannel commands,
    IRandomness random,
    DispatchOptions options,
    DispatchInstruments instruments,
    TimeProvider time,
    ILogger<TaskDispatcherGrain> logger) : Grain, ITaskDispatcherGrain
{
    private const int ChunkPage = 1024;
    private readonly Inbox inbox = new(options);
    private readonly FeedSubscribers subscribers = new();
    private readonly SteadyClock steady = new(time);
    private DispatchCore core = null!;
    private PartitionOwnership ownership = null!;
    private IFleetGrain fleet = null!;
    private IGrainTimer? timer;
    private Exception? poison;
    private bool looping;
    private long sequence;
    private (int Priority, long Order)? unread;
    private long clockAhead;
    private long fleetAskedAt;
    private long timerDue = long.MaxValue;

    /// <summary>
    /// The wall clock, which the core's times of day go by. When it was set, the core's terms are moved along before
    /// they are
    /// looked at.
    /// </summary>
    private long ReadClock()
    {
        var now = steady.Wall;
        var ahead = now - steady.Now;
        if (Math.Abs(ahead - clockAhead) > LargestSlew)
        {
            core.ClockStepped(ahead - clockAhead, now);
            clockAhead = ahead;
        }

        return now;
    }

    /// <summary>Takes the partition over, reads what nodes hold, and leaves what waits to the loop.</summary>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var partition = PartitionKey.Parse(this.GetPrimaryKeyString());
        fleet = GrainFactory.GetGrain<IFleetGrain>("fleet");
        ownership = await store.TakeEpoch(partition, null, cancellationToken);
        sequence = ownership.Sequence;
        core = new DispatchCore(partition, ownership.Epoch, ownership.LastNo, options, random);
        // After the partition is taken, which lists it: see QueueGrain.
        core.Configure(await queues.Get(partition.Queue) ?? QueueSettings.DefaultOf(partition.Queue));
        foreach (var leased in await store.LoadLeased(ownership.Partition, cancellationToken))
            core.Load(leased, ReadClock());
        await LoadJobs(cancellationToken);
        unread = (10, 0);
        core.SetHorizon(10, 0);
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.TimeCame(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        LogActivated(partition, ownership.Epoch, sequence, core.OpenCount);
        Run();
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests)
    {
        if (store.Health == StoreHealth.LowSpace)
            return Task.FromException<ImmutableArray<SubmitReply>>(
                new StoreUnavailableException("The disk is nearly full: free space, and submissions are taken again."));
        var operation = new SubmitOperation(requests);
        if (poison is null && !inbox.TryAdd(operation))
        {
            var full = new SubmitReply(SubmitOutcome.QueueFull, default, RetryAfter: 1_000);
            return Task.FromResult(requests.Select(_ => full).ToImmutableArray());
        }

        return Added(operation);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids) => Enqueue(new CancelOperation(ids));

    /// <inheritdoc/>
    public Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids) => Enqueue(new RetryOperation(ids));

    /// <inheritdoc/>
    public Task<WhyReply> Why(TaskId id) => Enqueue(new WhyOperation(id));

    /// <inheritdoc/>
    public Task<PartitionStatus> GetStatus() => Enqueue((core, _, _) => core.Status);

    /// <inheritdoc/>
    public Task Configure(QueueSettings settings) =>
        Enqueue((core, _, _) =>
        {
            core.Configure(settings);
            return true;
        });

    /// <inheritdoc/>
    public Task Report(NodeReport report) =>
        Enqueue(
            (core, now, draft) =>
            {
                core.Report(report, now, draft);
                return true;
            },
            Math.Max(1, report.Results.Length + report.Started.Length));

    /// <inheritdoc/>
    public Task<RenewReply> Renew(NodeLeases leases) => Enqueue((core, now, draft) => core.Renew(leases, now, draft));

    /// <inheritdoc/>
    public Task Offer(SlotOffer offer) =>
        Enqueue((core, _, _) =>
        {
            core.Offer(offer);
            return true;
        });

    /// <inheritdoc/>
    public Task<SlotReturn> Reclaim(SlotOffer offer) => Enqueue((core, _, _) => core.Reclaim(offer));

    /// <inheritdoc/>
    public Task FleetChanged(FleetSnapshot fleet) =>
        Enqueue((core, now, _) =>
        {
            core.FleetChanged(fleet, now);
            return true;
        });

    /// <inheritdoc/>
    public Task<JobReply> Job(JobRequest request) => Enqueue(new JobOperation(request));

    /// <inheritdoc/>
    public Task<ChunkCounts> CountChunks(TaskId job) => Enqueue((core, _, _) => core.CountChunks(job));

    /// <inheritdoc/>
    public Task Subscribe(string gateway, IFeedObserver observer)
    {
        subscribers.Add(gateway, observer, steady.Now);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Unsubscribe(string gateway)
    {
        subscribers.Remove(gateway);
        return Task.CompletedTask;
    }

    /// <summary>Open jobs and their open chunks; few, since jobs keep to their windows.</summary>
    private async Task LoadJobs(CancellationToken cancellation)
    {
        foreach (var job in await store.Jobs.ListOpen(ownership.Partition))
        {
            try
            {
                core.LoadJob(job.Id, job.No, JobSpecReader.ReadStored(job.Spec.Span));
            }
            catch (FormatException fault)
            {
                LogJobUnreadable(core.Partition, job.Id, fault);
                continue;
            }

            for (var after = 0L; !cancellation.IsCancellationRequested;)
            {
                var page = await store.Jobs.Chunks(job.Id, ended: false, after, ChunkPage);
                foreach (var chunk in page)
                    core.LoadChunk(job.Id, chunk.Plan, ReadClock());
                if (page.Length < ChunkPage)
                    break;
                after = page[^1].Plan.No;
            }
        }
    }

    private Task<TReply> Enqueue<TReply>(Func<DispatchCore, long, CommitDraft, TReply> apply, int weight = 1) =>
        Enqueue(new CoreOperation<TReply>(apply, weight));

    private Task<TReply> Enqueue<TReply>(DispatchOperation<TReply> operation)
    {
        if (poison is null)
            inbox.Add(operation);
        return Added(operation);
    }

    private Task<TReply> Added<TReply>(DispatchOperation<TReply> operation)
    {
        if (poison is not null)
            operation.Fail(NewFailure(poison));
        else
            Run();
        return operation.Task;
    }

    private void Run()
    {
        if (looping)
            return;
        looping = true;
        _ = Loop();
    }

    private Task TimeCame()
    {
        timerDue = long.MaxValue;
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }
}
