using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>
/// Dispatchers, nodes and workers in virtual time, over a network that a seed decides about. The cores, the ledgers and the
/// splitting of reports are the real ones; the grains' shells and the workers are modelled.
/// </summary>
internal sealed class SimWorld
{
    private readonly Random network;
    private readonly PriorityQueue<Action, (long At, long Number)> events = new();
    private readonly Dictionary<TaskId, string> alive = [];
    private readonly SortedDictionary<string, (FleetNode Node, long At)> fleet = new(StringComparer.Ordinal);
    private long number;
    private long fleetVersion;
    private ulong lastId;

    public SimWorld(int seed, int partitions, int workers, SimFaults faults)
    {
        Seed = seed;
        Faults = faults;
        network = new Random(seed);
        Chance = new Random(seed + 1_000_000);
        Randomness = new SeededRandomness(seed + 2_000_000);
        Dispatchers = [.. Enumerable.Range(0, partitions).Select(i => new SimDispatcher(this, new PartitionKey($"q{i}", 0)))];
        Nodes = [.. Enumerable.Range(0, workers).Select(i => new SimNode(this, $"n{i}"))];
        Workers = [.. Nodes.Select((node, i) => new SimWorker(this, node, slots: 1 + (i % 3)))];
        foreach (var dispatcher in Dispatchers)
            dispatcher.Begin();
        foreach (var worker in Workers)
            worker.Begin();
    }

    public int Seed { get; }

    public SimFaults Faults { get; set; }

    public long Now { get; private set; } = 1_000_000;

    /// <summary>Decides what workers and users do.</summary>
    public Random Chance { get; }

    public IRandomness Randomness { get; }

    public DispatchOptions Options { get; } = new();

    public long Lease => (long)Options.Lease.TotalMilliseconds;

    public long Heartbeat => (long)Options.Heartbeat.TotalMilliseconds;

    public long KillMargin => (long)Options.KillMargin.TotalMilliseconds;

    public IReadOnlyList<SimDispatcher> Dispatchers { get; }

    public IReadOnlyList<SimNode> Nodes { get; }

    public IReadOnlyList<SimWorker> Workers { get; }

    /// <summary>How often each attempt was started by a worker.</summary>
    public Dictionary<LeaseToken, int> Starts { get; } = [];

    /// <summary>Workers that crashed, fell silent or lost their session.</summary>
    public int NodeFaults { get; set; }

    public bool Happens(double probability) => probability > 0 && network.NextDouble() < probability;

    public void After(long delay, Action action) => events.Enqueue(action, (Now + delay, number++));

    /// <summary>A message that may be lost, doubled or late.</summary>
    public void Hint(Action message)
    {
        if (!Happens(Faults.HintLoss))
            After(Delay(), message);
        if (Happens(Faults.HintDouble))
            After(Delay() + network.Next(4_000), message);
    }

    /// <summary>A call: the request or the answer may be lost, and then the caller gets nothing and must not know which.</summary>
    public void Call<T>(Func<T?> request, Action<T?> answer, double loss)
        where T : class
    {
        if (Happens(loss))
        {
            // Lost on its way, or so late that the caller has given up.
            if (Happens(0.5))
                After(Delay() + network.Next(3_000), () => request());
            After(1_000, () => answer(null));
            return;
        }

        After(loss > 0 ? Delay() : ShortDelay(), () =>
        {
            var reply = request();
            if (Happens(loss))
                After(1_000, () => answer(null));
            else
                After(loss > 0 ? Delay() : ShortDelay(), () => answer(reply));
        });
    }

    /// <summary>Runs what is due next, dispatchers' timers included.</summary>
    public void Step()
    {
        var timer = Dispatchers.MinBy(static dispatcher => dispatcher.NextTime)!;
        if (!events.TryPeek(out _, out var first) || timer.NextTime < first.At)
        {
            Now = Math.Max(Now, timer.NextTime);
            timer.Round(static (_, _) => { });
            return;
        }

        var action = events.Dequeue();
        Now = Math.Max(Now, first.At);
        action();
    }

    public void RunUntil(long time)
    {
        while (Math.Min(Dispatchers.Min(static dispatcher => dispatcher.NextTime), NextEvent()) <= time)
            Step();
        Now = Math.Max(Now, time);
    }

    public SimDispatcher Of(PartitionKey partition) => Dispatchers.Single(dispatcher => dispatcher.Key == partition);

    public TaskId NewId() => new((ulong)Now << 16, ++lastId);

    /// <summary>A process of a task begins: there must be no other one anywhere.</summary>
    public void ProcessBegins(LeaseRef lease, string where)
    {
        Assert.True(
            alive.TryAdd(lease.Task, where),
            $"Seed {Seed} at {Now}: {lease.Task} begins on {where} while it runs on {alive.GetValueOrDefault(lease.Task)}.");
        Starts[lease.Token] = Starts.GetValueOrDefault(lease.Token) + 1;
        Assert.Equal(1, Starts[lease.Token]);
    }

    public void ProcessEnds(LeaseRef lease) => Assert.True(alive.Remove(lease.Task));

    public FleetSnapshot Fleet()
    {
        foreach (var gone in fleet.Where(node => node.Value.At + Lease <= Now).Select(static node => node.Key).ToArray())
        {
            fleet.Remove(gone);
            fleetVersion++;
        }

        return new FleetSnapshot(fleetVersion, [.. fleet.Values.Select(static node => node.Node)], IsComplete: true);
    }

    public void Announce(FleetNode node)
    {
        var isChange = !fleet.TryGetValue(node.Id, out var known) || known.Node != node;
        if (known.Node?.Session > node.Session)
            return;
        fleet[node.Id] = (node, Now);
        if (isChange)
            TellFleet();
    }

    public void Withdraw(string node)
    {
        if (fleet.Remove(node))
            TellFleet();
    }

    /// <summary>On no node are there more leases of its session than slots.</summary>
    public void CheckSlots()
    {
        foreach (var node in Nodes)
        {
            if (node.Ledger is not { } ledger)
                continue;
            var leased = Dispatchers.Sum(dispatcher => dispatcher.Store.Leased
                .Count(task => task.Row.Node == node.Name && task.Row.NodeSession == ledger.Session));
            Assert.True(leased <= ledger.Slots, $"Seed {Seed} at {Now}: {leased} leases for {ledger.Slots} slots of {node.Name}.");
        }
    }

    private long Delay() => Happens(Faults.LongDelay) ? network.Next(3_000) : ShortDelay();

    private long ShortDelay() => network.Next(1, 20);

    private long NextEvent() => events.TryPeek(out _, out var first) ? first.At : long.MaxValue;

    private void TellFleet()
    {
        fleetVersion++;
        var snapshot = Fleet();
        foreach (var dispatcher in Dispatchers)
            Hint(() => dispatcher.Round((core, draft) => core.FleetChanged(snapshot, Now, draft)));
    }
}
