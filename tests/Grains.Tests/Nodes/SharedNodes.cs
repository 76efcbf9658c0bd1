using OrleansTasks.Nodes;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>
/// Nodes whose ledgers divide their slots among queues, without dispatchers: each queue takes what it is offered, starts
/// its next task when one ends, and answers reclaims. Messages take no time. Time is virtual, in milliseconds.
/// </summary>
internal sealed class SharedNodes
{
    private const long WithdrawAfter = 50;
    private readonly PriorityQueue<Action, (long At, long No)> events = new();
    private readonly List<Node> nodes = [];
    private readonly List<Queue> queues = [];
    private long eventNo;

    public SharedNodes(int count, int slots)
    {
        for (var i = 0; i < count; i++)
            nodes.Add(new Node(new SlotLedger($"n{i}", 1, slots)));
        Every(2_000, () => nodes.ForEach(Share));
        Every(5_000, () => queues.ForEach(queue => nodes.ForEach(node => Demand(queue, node))));
    }

    public long Now { get; private set; } = 1_000;

    public IReadOnlyList<Queue> Queues => queues;

    /// <summary>Slot-milliseconds in which a slot was free of tasks although a task was queued.</summary>
    public long Idle { get; private set; }

    /// <summary>A queue, first without tasks; <paramref name="length"/> gives each task's length in milliseconds.</summary>
    public Queue Add(int weight, Func<long> length)
    {
        var queue = new Queue($"q{queues.Count}", weight, length);
        queues.Add(queue);
        return queue;
    }

    public void Submit(Queue queue, int count)
    {
        queue.Queued += count;
        queue.EmptySince = null;
        foreach (var node in nodes)
            Start(queue, node);
    }

    /// <summary>Takes back all tasks that are queued.</summary>
    public void Cancel(Queue queue)
    {
        queue.Queued = 0;
        NoteEmpty(queue);
    }

    public void At(long time, Action action) => events.Enqueue(action, (time, ++eventNo));

    public void RunUntil(long time)
    {
        while (events.TryPeek(out _, out var next) && next.At <= time)
        {
            var action = events.Dequeue();
            Pass(next.At);
            action();
        }

        Pass(time);
    }

    private void Every(long period, Action action) => At(Now + period, () =>
    {
        action();
        Every(period, action);
    });

    private void Pass(long to)
    {
        var free = nodes.Sum(node => node.Ledger.Slots - queues.Sum(queue => queue.On(node).Running));
        if (queues.Any(static queue => queue.Queued > 0))
            Idle += free * (to - Now);
        foreach (var queue in queues)
            queue.SlotTime += nodes.Sum(node => queue.On(node).Running) * (to - Now);
        Now = to;
    }

    private void Start(Queue queue, Node node)
    {
        var place = queue.On(node);
        while (queue.Queued > 0 && place.Running < place.Limit)
        {
            queue.Queued--;
            place.Running++;
            queue.Started(Now);
            node.Ledger.NoteUse(queue.Key);
            At(Now + queue.Length(), () => End(queue, node));
        }

        if (queue.Queued == 0)
            NoteEmpty(queue);
        else if (!place.HasDemand)
            Demand(queue, node);
    }

    private void End(Queue queue, Node node)
    {
        queue.On(node).Running--;
        queue.Done++;
        queue.Ended(Now);
        Start(queue, node);
        Share(node);
    }

    private void NoteEmpty(Queue queue)
    {
        if (queue.EmptySince is not null)
            return;
        queue.EmptySince = Now;
        At(Now + WithdrawAfter, () =>
        {
            if (queue.EmptySince + WithdrawAfter > Now || queue.Queued > 0)
                return;
            foreach (var node in nodes.Where(node => queue.On(node).HasDemand))
            {
                Want(queue, node, 0);
                Share(node);
            }
        });
    }

    private void Demand(Queue queue, Node node)
    {
        if (queue.Queued == 0 || queue.On(node).Running < queue.On(node).Limit)
            return;
        Want(queue, node, node.Ledger.Slots);
        Share(node);
    }

    private void Want(Queue queue, Node node, int most)
    {
        var place = queue.On(node);
        var count = Math.Min(queue.Queued, most);
        place.HasDemand = count > 0;
        node.Ledger.Want(new SlotDemand(queue.Key, 1, 1, count, place.Running, queue.Weight), Now);
    }

    private void Share(Node node)
    {
        Offer(node);
        foreach (var reclaim in node.Ledger.TakeReclaims((queue, _) => Of(queue).On(node).Running, Now))
        {
            var (queue, place) = (Of(reclaim.Queue), Of(reclaim.Queue).On(node));
            place.Limit = reclaim.Limit;
            var wanted = Math.Min(queue.Queued, node.Ledger.Slots);
            place.HasDemand &= wanted > 0;
            var kept = Math.Max(place.Limit, place.Running);
            if (node.Ledger.Reclaimed(new SlotReturn(queue.Key, 1, 1, reclaim.Version, kept, wanted), Now))
                Share(node);
            else
                Offer(node);
        }

        if (node.Ledger.LookAgainAt == long.MaxValue || node.LookAt == node.Ledger.LookAgainAt)
            return;
        var at = node.LookAt = node.Ledger.LookAgainAt;
        At(at, () =>
        {
            if (node.LookAt != at)
                return;
            node.LookAt = 0;
            Share(node);
        });
    }

    private void Offer(Node node)
    {
        foreach (var offer in node.Ledger.Grant(Now))
        {
            var place = Of(offer.Queue).On(node);
            place.Limit = offer.Limit;
            place.HasDemand &= place.Running >= place.Limit;
            Start(Of(offer.Queue), node);
        }
    }

    private Queue Of(string key) => queues.Single(queue => queue.Key == key);

    internal sealed class Node(SlotLedger ledger)
    {
        public SlotLedger Ledger { get; } = ledger;

        public long LookAt { get; set; }
    }

    /// <summary>What a queue has and knows at one node.</summary>
    internal sealed class Place
    {
        public int Limit { get; set; }

        public int Running { get; set; }

        public bool HasDemand { get; set; }
    }

    internal sealed class Queue(string key, int weight, Func<long> length)
    {
        private readonly Dictionary<Node, Place> places = [];
        private int running;
        private long heldFrom;
        private long waitingFrom;

        public string Key { get; } = key;

        public int Weight { get; set; } = weight;

        public Func<long> Length { get; } = length;

        public int Queued { get; set; }

        public int Done { get; set; }

        public long? EmptySince { get; set; }

        /// <summary>Slot-milliseconds of its tasks.</summary>
        public long SlotTime { get; set; }

        /// <summary>The times without a slot, each with the length of the time with one before it. For one slot.</summary>
        public List<(long Hold, long Wait)> Waits { get; } = [];

        private long LastHold { get; set; }

        public Place On(Node node) => places.TryGetValue(node, out var place) ? place : places[node] = new Place();

        public void Started(long now)
        {
            if (running++ > 0)
                return;
            // Its next task starts at the instant at which one ends.
            if (now == waitingFrom)
                return;
            Waits.Add((LastHold, now - waitingFrom));
            heldFrom = now;
        }

        public void Ended(long now)
        {
            if (--running == 0)
                (LastHold, waitingFrom) = (now - heldFrom, now);
        }
    }
}
