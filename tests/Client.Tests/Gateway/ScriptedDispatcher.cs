using System.Collections.Immutable;
using OrleansTasks.Dispatch;
using OrleansTasks.Feed;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A dispatcher that does what a test says: how calls to it fail is what the gateway has to cope with.</summary>
internal sealed class ScriptedDispatcher(string queue, ScriptedReader reader) : ITaskDispatcherGrain
{
    private readonly Lock gate = new();
    private FeedSubscribers subscribers = new();
    private long sequence;

    public List<ImmutableArray<SubmitRequest>> Submitted { get; } = [];

    public Func<ImmutableArray<SubmitRequest>, Task<ImmutableArray<SubmitReply>>>? OnSubmit { get; set; }

    public Func<ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>>? OnCancel { get; set; }

    public Func<ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>>? OnRetry { get; set; }

    public Func<UndoRequest, Task<UndoReply>> OnUndo { get; set; } = static _ => throw new NotSupportedException();

    public Func<Task>? OnSubscribe { get; set; }

    public Func<Task>? OnUnsubscribe { get; set; }

    public int Subscribers
    {
        get
        {
            lock (gate)
                return subscribers.Count;
        }
    }

    /// <summary>Ends this activation, and begins the next one in its place.</summary>
    public void Move()
    {
        FeedSubscribers left;
        lock (gate)
            (left, subscribers) = (subscribers, new FeedSubscribers());
        left.Publish(FeedBatch.Farewell(queue), now: 0);
    }

    public Task<ImmutableArray<SubmitReply>> Submit(ImmutableArray<SubmitRequest> requests)
    {
        lock (gate)
            Submitted.Add(requests);
        return OnSubmit is { } script ? script(requests) : Task.FromResult(Accept(requests));
    }

    public ImmutableArray<SubmitReply> Accept(ImmutableArray<SubmitRequest> requests)
    {
        foreach (var request in requests)
        {
            foreach (var task in request.Tasks)
                reader.Put(Records.Queued(task, queue) with { Batch = request.Batch });
        }

        return [.. requests.Select(_ => SubmitReply.Accepted)];
    }

    public Task<UndoReply> Undo(UndoRequest request) => OnUndo(request);

    public Task<ImmutableArray<ControlOutcome>> Cancel(ImmutableArray<TaskId> ids) =>
        OnCancel?.Invoke(ids) ?? Task.FromResult<ImmutableArray<ControlOutcome>>([.. ids.Select(_ => ControlOutcome.Changed)]);

    public Task<ImmutableArray<ControlOutcome>> Retry(ImmutableArray<TaskId> ids, bool passesOverQuarantined = false) =>
        OnRetry?.Invoke(ids) ?? Task.FromResult<ImmutableArray<ControlOutcome>>([.. ids.Select(_ => ControlOutcome.Changed)]);

    /// <summary>Why every task waits.</summary>
    public WhyReply Reasons { get; set; } =
        new([new WaitReason("no-free-slot", "Every slot is taken.")], 1_800_000_000_000, EstimateConfidence.Exact);

    public Task<WhyReply> Why(TaskId id) => Task.FromResult(Reasons);

    public Task<QueueForecast> Forecast() => throw new NotSupportedException();

    public Task<ImmutableArray<QueueDemand>> Demand() => throw new NotSupportedException();

    public Task<JobReply> Job(JobRequest request) => Task.FromResult(new JobReply(JobOutcome.NotOpen, 0, 0, default));

    public Task<ScheduleReply> Schedule(ScheduleRequest request) => Task.FromResult(new ScheduleReply(ScheduleOutcome.NotFound));

    public Task<RolloutReply> Rollout(RolloutRequest request) =>
        Task.FromResult(new RolloutReply(RolloutOutcome.NotFound, request.Id));

    public Task<WorkflowReply> Workflow(WorkflowRequest request) =>
        Task.FromResult(new WorkflowReply(WorkflowOutcome.NotFound));

    public Task<ChunkCounts> CountChunks(TaskId job) => Task.FromResult(default(ChunkCounts));

    public Task<JobRuns> RunsOf(TaskId job) => Task.FromResult(JobRuns.None);

    public Task SettingsChanged() => Task.CompletedTask;

    public Task<bool> Retire() => Task.FromResult(true);

    public Task Subscribe(string gateway, IFeedObserver observer) => throw new NotSupportedException();

    public Task Unsubscribe(string gateway) => throw new NotSupportedException();

    public async Task Follow(string gateway, long number, IFeedObserver observer)
    {
        if (OnSubscribe is { } script)
            await script();
        lock (gate)
            subscribers.Add(gateway, number, observer, now: 0);
    }

    public async Task Unfollow(string gateway, long number)
    {
        if (OnUnsubscribe is { } script)
            await script();
        lock (gate)
            subscribers.Remove(gateway, number, now: 0);
    }

    /// <summary>Commits a transition: the store shows it, then the feed tells, unless it is to be lost.</summary>
    public Task Commit(TaskRecord task, bool isLost = false)
    {
        reader.Put(task);
        var batch = new FeedBatch(queue, ++sequence, [new FeedEntry(task.Id, task.State, task.Attempt)]);
        lock (gate)
        {
            if (!isLost)
                subscribers.Publish(batch, now: 0);
        }

        return Task.CompletedTask;
    }

    public Task<QueueStatus> GetStatus() => Task.FromResult(new QueueStatus(queue, 0, 0, 0, null));

    public Task Report(NodeReport report) => throw new NotSupportedException();

    public Task<RenewReply> Renew(NodeLeases leases) => throw new NotSupportedException();

    public Task Offer(SlotOffer offer) => throw new NotSupportedException();

    public Task<SlotReturn> Reclaim(SlotOffer offer) => throw new NotSupportedException();

    public Task FleetChanged(FleetSnapshot fleet) => throw new NotSupportedException();
}
