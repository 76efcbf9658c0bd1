using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// A dispatcher's core with a clock and a store: each call is one round of the commit loop, committed and checked by
/// the <see cref="ModelStore"/>.
/// </summary>
internal sealed class CoreRig
{
    public static readonly string Key = QueueSettings.DefaultQueue;
    private readonly Dictionary<string, FleetNode> fleet = [];
    private readonly Dictionary<string, SessionStart> starts = [];
    private readonly IRandomness random;
    private ulong lastId;
    private long fleetVersion;
    private long offerVersion;
    private QueueSettings settings = QueueSettings.DefaultOf(QueueSettings.DefaultQueue);

    public CoreRig(DispatchOptions? options = null, int seed = 1, string? key = null)
    {
        Options = options ?? new DispatchOptions();
        Queue = key ?? Key;
        random = new SeededRandomness(seed);
        Core = NewCore();
    }

    public DispatchOptions Options { get; }

    public string Queue { get; }

    public ModelStore Store { get; } = new();

    public DispatchCore Core { get; private set; }

    /// <summary>What the last round decided.</summary>
    public CommitDraft Last { get; private set; } = new();

    public long Now { get; private set; } = 1_700_000_000_000;

    public long Lease => (long)Options.Lease.TotalMilliseconds;

    public long Heartbeat => (long)Options.Heartbeat.TotalMilliseconds;

    public StoredTask this[TaskId id] => Store.Tasks[id];

    public TaskState State(TaskId id) => this[id].Row.State;

    /// <summary>What tasks have left for nodes with <c>forEach</c>; a task that is not here has left no list.</summary>
    public Dictionary<TaskId, string[]> Lists { get; } = [];

    /// <summary>Whether what nodes with <c>forEach</c> or a job need can be read.</summary>
    public bool ReadsItems { get; set; } = true;

    public LeaseRef LeaseOf(TaskId id) => new(id, Queue, this[id].Row.Attempt, this[id].Row.Token);

    /// <summary>The tasks that the last round told nodes to start, in order.</summary>
    public TaskId[] Started => [.. Last.Commands.SelectMany(static commands => commands.Start).Select(static start => start.Lease.Task)];

    /// <summary>How many rounds the last call took: more than one when a round had reached its bounds.</summary>
    public int Rounds { get; private set; }

    public CommitDraft Round(Action<DispatchCore, CommitDraft>? apply = null)
    {
        Rounds = 0;
        do
        {
            var draft = new CommitDraft();
            apply?.Invoke(Core, draft);
            apply = null;
            Core.Tick(Now, draft);
            Core.Match(Now, draft);
            Store.Apply(draft, Core);
            Last = draft;
            Rounds++;
        }
        while (Core.IsBehind(Now) || ReadItems() || ReadJobs());
        return Last;
    }

    /// <summary>Reads once what a node with <c>forEach</c> needs, and has one round.</summary>
    public void ReadOnce()
    {
        Assert.True(ReadItems());
        var draft = new CommitDraft();
        Core.Tick(Now, draft);
        Store.Apply(draft, Core);
    }

    /// <summary>Does what <see cref="NodeJobReading"/> does; false when nothing is to be read.</summary>
    private bool ReadJobs()
    {
        var nodes = Core.NodeJobs.Wanted;
        if (!ReadsItems || nodes.IsEmpty)
            return false;
        foreach (var node in nodes)
            node.Take(this[node.Task].Submission.Spec);
        Core.NodeJobs.WereRead(nodes);
        return true;
    }

    /// <summary>Does what <see cref="ItemReading"/> does; false when nothing is to be read.</summary>
    private bool ReadItems()
    {
        if (!ReadsItems || Core.Items.Wanted is not { } node)
            return false;
        var template = new ItemTemplate(
            node.Workflow, node.Name, new StoredSpec(node.Task, "", "{\"cmd\":\"true\"}"u8.ToArray(), default));
        if (!node.IsListing && node.Row!.Next < node.Row.Made)
            node.Take(node.Unsuccessful(ItemNodes.Page).Select(id => this[id].Open));
        else if (!node.IsListing)
            node.Take(Store.Workflows.ListOf(node.No), template);
        else if (Lists.TryGetValue(node.Source, out var list))
            node.Take([.. list], template);
        else
            node.Fail("There is no list.");
        Core.Items.WasRead(node);
        return true;
    }

    /// <summary>A round of which nothing reaches the disk: the next call meets a new owner.</summary>
    public CommitDraft Lose(Action<DispatchCore, CommitDraft> apply)
    {
        var draft = new CommitDraft();
        apply(Core, draft);
        Core.Tick(Now, draft);
        Core.Match(Now, draft);
        Restart();
        return draft;
    }

    /// <summary>The wall clock is set; no time passes.</summary>
    public CommitDraft SetClock(long by)
    {
        Now += by;
        Core.ClockStepped(by, Now);
        return Round();
    }

    /// <summary>Time passes, and no round notices.</summary>
    public void Pass(long milliseconds) => Now += milliseconds;

    public CommitDraft Advance(long milliseconds)
    {
        Now += milliseconds;
        return Round();
    }

    public TaskSubmission Submission(
        int priority = 5, RetryPolicy? retry = null, long runAt = 0, long expiresAt = 0, string? requires = null,
        Limits limits = Limits.None, bool secret = false, TaskConcurrency? concurrency = null,
        ImmutableArray<TaskDependency>? after = null, string? resources = null, long lasts = 0) =>
        new(new TaskId((ulong)Now << 16, ++lastId), "", (byte)priority, runAt, expiresAt, retry ?? RetryPolicy.Default, [],
            Labels(requires), limits, "{}"u8.ToArray(), secret ? "{\"K\":\"v\"}"u8.ToArray() : default, concurrency, after)
        {
            Resources = resources is null ? null : ResourceVector.Parse(resources),
            Lasts = lasts,
        };

    public TaskId Submit(
        int priority = 5, RetryPolicy? retry = null, long runAt = 0, long expiresAt = 0, string? requires = null,
        Limits limits = Limits.None, bool secret = false, TaskConcurrency? concurrency = null,
        ImmutableArray<TaskDependency>? after = null, string? resources = null, long lasts = 0)
    {
        var submission = Submission(
            priority, retry, runAt, expiresAt, requires, limits, secret, concurrency, after, resources, lasts);
        Round((core, draft) => core.Accept(new SubmitRequest([submission], null, null), null, Now, draft, RowOf));
        return submission.Id;
    }

    private TaskRow? RowOf(TaskId id) => Store.Tasks.TryGetValue(id, out var task) ? task.Row : null;

    /// <summary>The sessions of a run that began with one, up to another; none from 0 on.</summary>
    private static ImmutableArray<long> SessionsBetween(long first, long next) =>
        first == 0 ? [] : [.. Enumerable.Range(0, (int)(next - first)).Select(i => first + i)];

    /// <summary>
    /// Adds or changes a node of the fleet; <paramref name="credit"/> slots of it are the queue's.
    /// </summary>
    public CommitDraft Node(
        string id, int slots = 1, int? credit = null, long session = 1, string? labels = null, Limits enforces = Limits.None,
        bool accepts = true, bool treesDead = false, bool offers = true, long since = 0, bool chunks = true,
        string? resources = null, params ImmutableArray<LeaseRef> held)
    {
        starts[id] = new SessionStart(session, treesDead, SessionsBetween(since, session), held, []);
        fleet[id] = new FleetNode(
            id, session, slots, NodeNames.LabelsOf(id, Labels(labels)), enforces, accepts, treesDead || since > 0,
            chunks, resources is null ? null : ResourceVector.Parse(resources));
        var draft = TellAll();
        return offers ? Offer(id, credit ?? slots, session) : draft;
    }

    /// <summary>Adds many nodes with a slot each.</summary>
    public CommitDraft Nodes(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var labels = NodeNames.LabelsOf($"n{i}", []);
            fleet.Add($"n{i}", new FleetNode($"n{i}", 1, 1, labels, Limits.None, true, false, true));
        }

        return Round((core, draft) =>
        {
            TellFleet(core, draft);
            for (var i = 0; i < count; i++)
                core.Relations.Offer(new SlotOffer(Queue, core.Epoch, $"n{i}", 1, ++offerVersion, 1));
        });
    }

    /// <summary>Changes the queue's settings, as an operator would.</summary>
    public CommitDraft Configure(QueueSettings changed)
    {
        settings = changed with { Version = settings.Version + 1 };
        return Round((core, _) => core.Configure(settings, Now));
    }

    /// <summary>A node is not in the fleet any more.</summary>
    public CommitDraft NodeGone(string id)
    {
        fleet.Remove(id);
        return Round(TellFleet);
    }

    public CommitDraft Offer(string node, int limit, long session = 1, string? shape = null, long endsBy = 0) =>
        Round((core, _) => core.Relations.Offer(new SlotOffer(Queue, core.Epoch, node, session, ++offerVersion, limit)
        {
            Shape = shape is null ? null : ResourceVector.Parse(shape),
            EndsBy = endsBy,
        }));

    public CommitDraft Start(params TaskId[] ids) => Report(started: [.. ids.Select(LeaseOf)]);

    public CommitDraft Exit(TaskId id, int code = 0) => End(LeaseOf(id), EndReason.Exit, code);

    public CommitDraft End(LeaseRef lease, EndReason reason, int? code = null, string? signal = null) =>
        Report(results: [Result(lease, reason, code, signal)]);

    public CommitDraft Refuse(params TaskId[] ids) => Report(refused: [.. ids.Select(LeaseOf)]);

    /// <summary>The node says that it could not start what it was given.</summary>
    public CommitDraft CannotStart(params TaskId[] ids) =>
        Report(unable: [.. ids.Select(LeaseOf)]);

    public CommitDraft Report(
        ImmutableArray<LeaseRef>? started = null, ImmutableArray<AttemptResult>? results = null,
        ImmutableArray<LeaseRef>? refused = null, ImmutableArray<LeaseRef>? unable = null) =>
        Round((core, draft) =>
            core.Reports.Take(new NodeReport("n", 1, started ?? [], results ?? [], refused ?? [], unable), Now, draft));

    public static AttemptResult Result(LeaseRef lease, EndReason reason, int? code = null, string? signal = null) =>
        new(lease, reason, code, signal, 5, 1_000, 4_096, null);

    public TaskId[] SubmitMany(int count, long runAt = 0, string? resources = null, long lasts = 0)
    {
        ImmutableArray<TaskSubmission> all =
            [.. Enumerable.Range(0, count).Select(_ => Submission(runAt: runAt, resources: resources, lasts: lasts))];
        Round((core, draft) => core.Accept(new SubmitRequest(all, null, null), null, Now, draft));
        return [.. all.Select(static submission => submission.Id)];
    }

    public ControlOutcome Cancel(TaskId id)
    {
        var outcome = default(ControlOutcome);
        Round((core, draft) => outcome = core.Cancels.Cancel(id, Now, draft));
        return outcome;
    }

    public ControlOutcome Retry(TaskId id)
    {
        var outcome = default(ControlOutcome);
        Round((core, draft) => outcome = core.Admission.Retry(this[id].Open, Now, draft));
        return outcome;
    }

    public RenewReply RenewByDigest(string node, long session, params TaskId[] held)
    {
        var digest = held.Aggregate(0UL, (sum, id) => sum ^ this[id].Row.Token.Digest);
        return Renew(new NodeLeases(node, session, held.Length, digest, null));
    }

    public RenewReply RenewByList(string node, long session, params LeaseRef[] held) =>
        Renew(new NodeLeases(node, session, held.Length, held.Aggregate(0UL, static (sum, lease) => sum ^ lease.Token.Digest), [.. held]));

    public RenewReply Renew(NodeLeases leases)
    {
        RenewReply? reply = null;
        Round((core, draft) => reply = core.Reports.Renew(leases, Now, draft));
        return reply!;
    }

    /// <summary>The owner is gone; the next one takes the queue over and reads what is stored.</summary>
    public void Restart(bool withFleet = true)
    {
        LoadFirst();
        ReadRest();
        if (withFleet && fleet.Count > 0)
            TellAll();
    }

    /// <summary>The owner is gone; the next one has read no waiting task yet, but one.</summary>
    public void RestartUnread(TaskId read)
    {
        LoadFirst();
        Core.Load(this[read].Open, Now);
        Core.SetHorizon(ReadyIndex.HighestPriority + 1, 0);
        TellAll();
    }

    /// <summary>The owner reads what it has not read yet.</summary>
    public void ReadRest()
    {
        foreach (var task in Store.Leased.Concat(Store.Waiting))
            Core.Load(task, Now);
        while (Core.UnknownParents(3) is { IsEmpty: false } asked)
            Core.LearnParents(asked, [.. asked.Where(Store.Tasks.ContainsKey).Select(id => this[id].Open)], Now);
    }

    private void LoadFirst()
    {
        Store.Epoch++;
        Core = NewCore();
        Core.Configure(settings, Now);
        Core.Restore(new QueueOwnership(true, 1, Store.Epoch, Store.Sequence, Store.LastNo, Store.StartsFrom, Store.IsRetired), Now);
        if (Core.LimitsDepth)
            Core.Admission.SetUnread(Store.Waiting.Count());
        Store.Jobs.LoadInto(Core);
        Store.Schedules.LoadInto(Core, Queue);
        Store.Workflows.LoadInto(Core, Queue, Store.Tasks);
        Store.Rollouts.LoadInto(Core, Queue);
    }

    public void TellFleet(DispatchCore core, CommitDraft draft) =>
        core.Relations.FleetChanged(new FleetSnapshot(++fleetVersion, [.. fleet.Values], IsComplete: true), Now);

    /// <summary>A node answers what its session began with.</summary>
    public CommitDraft SessionBegan(string node, SessionStart start) =>
        Round((core, draft) => core.Reports.SessionBegan(node, start, Now, draft));

    /// <summary>Tells of the fleet, and has nodes answer what they are asked then.</summary>
    private CommitDraft TellAll()
    {
        var draft = Round(TellFleet);
        foreach (var (node, session) in Core.Relations.TakeQuestions())
        {
            Assert.Equal(starts[node].Session, session);
            draft = SessionBegan(node, starts[node]);
        }

        return draft;
    }

    private DispatchCore NewCore() => new(Queue, Store.Epoch, Store.LastNo, Options, random);

    /// <summary>Reads <c>a=b,c=d</c>.</summary>
    private static ImmutableArray<Label> Labels(string? text) =>
        text is null ? [] : [.. text.Split(',').Select(static pair => new Label(pair.Split('=')[0], pair.Split('=')[1]))];
}
