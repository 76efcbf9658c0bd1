using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>
/// Dispatchers and the ledgers of several nodes that offer the same resources. Messages take no time; time is virtual,
/// in milliseconds.
/// </summary>
internal sealed class ResourceFleet
{
    private const long Round = 50;
    private readonly PriorityQueue<Action, (long At, long No)> events = new();
    private readonly Queue<Action> messages = new();
    private readonly Dictionary<string, Node> nodes = [];
    private readonly Dictionary<string, CoreRig> rigs = [];

    // By queue and task: ids are unique within a queue only.
    private readonly Dictionary<(string Queue, TaskId Task), long> lengths = [];
    private readonly Dictionary<(string Queue, TaskId Task), long> startedAt = [];
    private long eventNo;

    public ResourceFleet(
        int count, int slots, string offers, DispatchOptions options, params ReadOnlySpan<QueueSettings> queues)
    {
        for (var i = 0; i < count; i++)
        {
            var node = new Node { Id = $"n{i}" };
            node.Ledger = new SlotLedger(
                node.Id, 1, slots, ResourceVector.Parse(offers),
                () => node.Running.Values);
            nodes.Add(node.Id, node);
        }

        foreach (var queue in queues)
        {
            var rig = new CoreRig(options, key: queue.Name);
            rigs.Add(queue.Name, rig);
            rig.Configure(queue);
            foreach (var node in nodes.Keys)
                rig.Node(node, slots, credit: null, offers: false, resources: offers);
            Now = rig.Now;
        }

        Every(Round, () =>
        {
            foreach (var rig in rigs.Values)
                Act(rig, static (_, _) => { });
        });
        Every(2_000, () =>
        {
            foreach (var node in nodes.Values)
                Share(node);
        });
    }

    public long Now { get; private set; }

    /// <summary>What each queue's tasks have used, by resource: amount times milliseconds.</summary>
    public Dictionary<(string Queue, string Resource), double> Used { get; } = [];

    public long? StartedAt(string queue, TaskId task) => startedAt.TryGetValue((queue, task), out var at) ? at : null;

    public TaskId[] Submit(string queue, int count, string resources, long length, long lasts)
    {
        var rig = rigs[queue];
        rig.Pass(Now - rig.Now);
        var tasks = rig.SubmitMany(count, resources: resources, lasts: lasts);
        foreach (var task in tasks)
            lengths[(queue, task)] = length;
        Follow(rig);
        Deliver();
        return tasks;
    }

    public int Queued(string queue) => rigs[queue].Core.Status.Queued;

    /// <summary>How many tasks have not ended.</summary>
    public int Open(string queue) => Queued(queue) + rigs[queue].Core.Status.Running;

    public void At(long time, Action action) => events.Enqueue(action, (time, ++eventNo));

    public void Every(long period, Action action) => At(Now + period, () =>
    {
        action();
        Every(period, action);
    });

    public void RunUntil(long time)
    {
        while (events.TryPeek(out _, out var next) && next.At <= time)
        {
            var action = events.Dequeue();
            Pass(next.At);
            action();
            Deliver();
        }

        Pass(time);
    }

    private void Pass(long to)
    {
        foreach (var ((queue, _), attempt) in nodes.Values.SelectMany(static node => node.Running))
        {
            foreach (var (name, amount) in attempt.Shape.Amounts)
                Used[(queue, name)] = Used.GetValueOrDefault((queue, name)) + (amount * (to - Now));
        }

        Now = to;
    }

    private void Deliver()
    {
        while (messages.TryDequeue(out var message))
            message();
    }

    private void Act(CoreRig rig, Action<DispatchCore, CommitDraft> apply)
    {
        rig.Pass(Now - rig.Now);
        rig.Round(apply);
        Follow(rig);
    }

    // Starts what a round has assigned, and passes its demands on.
    private void Follow(CoreRig rig)
    {
        foreach (var task in rig.Store.Leased.Where(task => !startedAt.ContainsKey((rig.Queue, task.Row.Id))).ToArray())
        {
            var (id, node, shape) = (task.Row.Id, nodes[task.Row.Node!], task.Resources!);
            startedAt.Add((rig.Queue, id), Now);
            var endsBy = task.Lasts > 0 ? Now + task.Lasts : long.MaxValue;
            node.Running.Add((rig.Queue, id), new RunningAttempt(shape, endsBy) { Queue = rig.Queue });
            node.Ledger.NoteUse(rig.Queue, shape);
            At(Now + lengths[(rig.Queue, id)], () => End(rig, node, id));
        }

        foreach (var (node, demand) in rig.Core.TakeDemands(Now))
        {
            nodes[node].Ledger.Want(demand, Now);
            messages.Enqueue(() => Share(nodes[node]));
        }
    }

    private void End(CoreRig rig, Node node, TaskId id)
    {
        node.Running.Remove((rig.Queue, id));
        var result = CoreRig.Result(rig.LeaseOf(id), EndReason.Exit, code: 0);
        Act(rig, (core, draft) => core.Reports.Take(new NodeReport(node.Id, 1, [], [result], [], null), Now, draft));
        messages.Enqueue(() => Share(node));
    }

    private void Share(Node node)
    {
        Offer(node);
        foreach (var reclaim in node.Ledger.TakeReclaims(node.CountOf, Now))
            messages.Enqueue(() => Reclaim(node, reclaim));
        if (node.Ledger.LookAgainAt is var at and < long.MaxValue)
            LookAt(node, Math.Max(at, Now + 1));
    }

    // Replaces an earlier request, as the node grain's timer does.
    private void LookAt(Node node, long time)
    {
        node.LookAt = time;
        At(time, () =>
        {
            if (node.LookAt != time)
                return;
            node.LookAt = 0;
            Share(node);
        });
    }

    private void Offer(Node node)
    {
        foreach (var offer in node.Ledger.Grant(Now))
            messages.Enqueue(() => Act(rigs[offer.Queue], (core, _) => core.Relations.Offer(offer)));
    }

    private void Reclaim(Node node, SlotOffer reclaim)
    {
        SlotReturn? answer = null;
        Act(rigs[reclaim.Queue], (core, _) => answer = core.Relations.Reclaim(reclaim));
        if (node.Ledger.Reclaimed(answer!, Now))
            Share(node);
        else
            Offer(node);
    }

    private sealed class Node
    {
        public required string Id { get; init; }

        public SlotLedger Ledger { get; set; } = null!;

        public long LookAt { get; set; }

        public Dictionary<(string Queue, TaskId Task), RunningAttempt> Running { get; } = [];

        public int CountOf(string queue, ResourceVector shape) =>
            Running.Count(one => one.Key.Queue == queue && one.Value.Shape == shape);
    }
}
