using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>
/// One node's ledger and several dispatchers with a network between them that loses, doubles and reorders what they say. A seed
/// repeats a run.
/// </summary>
internal sealed class SlotNetwork
{
    private const string Name = "n";
    private readonly Random random;
    private readonly List<Action> flying = [];
    private readonly string? offers;
    private readonly string?[] shapes;
    private readonly CoreRig[] dispatchers;
    private SlotLedger ledger;
    private long session = 1;
    private bool isOpen = true;

    public SlotNetwork(int seed, int queues, int slots, params ReadOnlySpan<int> weights)
        : this(seed, queues, slots, offers: null, shapes: [null], Endless, weights)
    {
    }

    /// <summary>A node that offers resources, and queues whose tasks ask for one of the shapes, where null is none.</summary>
    public SlotNetwork(
        int seed, int queues, int slots, string? offers, string?[] shapes, DispatchOptions? options = null,
        params ReadOnlySpan<int> weights)
    {
        random = new Random(seed);
        Slots = slots;
        (this.offers, this.shapes) = (offers, shapes);
        ledger = NewLedger();
        dispatchers =
        [
            .. Enumerable.Range(0, queues)
                .Select(i => new CoreRig(options ?? Endless, seed: (seed * 16) + i, key: $"q{i}")),
        ];
        for (var i = 0; i < weights.Length; i++)
            dispatchers[i].Configure(QueueSettings.DefaultOf($"q{i}") with { Weight = weights[i] });
        foreach (var dispatcher in dispatchers)
            Tell(dispatcher, session, treesDead: false);
    }

    /// <summary>Leases do not lapse: this is about slots.</summary>
    public static DispatchOptions Endless => new() { Lease = TimeSpan.FromDays(10) };

    public int Slots { get; }

    public long Now { get; private set; } = 1_000;

    /// <summary>Whether messages are lost, doubled and late.</summary>
    public bool Faulty { get; set; } = true;

    public IReadOnlyList<CoreRig> Dispatchers => dispatchers;

    /// <summary>Attempts in a dispatcher's books, by queue.</summary>
    public int[] Held => [.. dispatchers.Select(static dispatcher => dispatcher.Core.Status.Running)];

    /// <summary>The resources of all attempts in the dispatchers' books.</summary>
    public ResourceVector HeldResources => dispatchers.SelectMany(static dispatcher => dispatcher.Store.Leased)
        .Aggregate(ResourceVector.None, static (sum, task) => sum.Plus(task.Resources ?? ResourceVector.None));

    public ResourceVector Offered => offers is null ? ResourceVector.None : ResourceVector.Parse(offers);

    public int Queued => dispatchers.Sum(static dispatcher => dispatcher.Core.Status.Queued);

    /// <summary>One thing happens.</summary>
    public void Step()
    {
        Now += random.Next(200);
        var dispatcher = dispatchers[random.Next(dispatchers.Length)];
        switch (random.Next(100))
        {
            case < 25:
                Submit(dispatcher, random.Next(1, 4));
                break;
            case < 55:
                EndOne(dispatcher);
                break;
            case < 85:
                Deliver();
                break;
            case < 90:
                Beat();
                break;
            case < 95:
                Demand(dispatcher);
                break;
            case < 98:
                Restart(dispatcher);
                break;
            case 98:
                BreakOrMend();
                break;
            default:
                Register();
                break;
        }
    }

    public void Submit(CoreRig dispatcher, int count)
    {
        var shape = shapes[shapes.Length == 1 ? 0 : random.Next(shapes.Length)];
        dispatcher.SubmitMany(count, resources: shape, lasts: shape is null ? 0 : random.Next(3) * 4_000);
        Demand(dispatcher);
    }

    /// <summary>Ends a running attempt, as the worker reports it.</summary>
    public bool EndOne(CoreRig dispatcher)
    {
        TaskId[] leased = [.. dispatcher.Store.Leased.Select(static task => task.Row.Id)];
        if (leased.Length == 0)
            return false;
        var id = leased[random.Next(leased.Length)];
        if (random.Next(4) == 0)
        {
            // A node that takes nothing up rests, and no time passes for the dispatchers here.
            dispatcher.Start(id);
            dispatcher.Refuse(id);
        }
        else
            dispatcher.Exit(id);
        Demand(dispatcher);
        Offer();
        return true;
    }

    /// <summary>What a heartbeat makes the node's grain do. A worker whose network does no harm has its stream of commands.</summary>
    public void Beat()
    {
        isOpen |= !Faulty;
        Offer();
    }

    public void Pass(long milliseconds) => Now += milliseconds;

    public void Demand(CoreRig dispatcher)
    {
        foreach (var (_, demand) in dispatcher.Core.TakeDemands(Now))
        {
            Send(() =>
            {
                if (demand.Session != ledger.Session)
                    return;
                ledger.Want(demand, Now);
                Offer();
            });
        }
    }

    public void DeliverAll()
    {
        while (flying.Count > 0)
            Deliver();
    }

    private void Restart(CoreRig dispatcher)
    {
        dispatcher.Restart(withFleet: false);
        Tell(dispatcher, session, treesDead: false);
    }

    /// <summary>The worker registers anew. Mostly it goes on with what it runs; else all of that is dead.</summary>
    private void Register()
    {
        session++;
        var goesOn = random.Next(3) > 0;
        ledger = NewLedger();
        foreach (var dispatcher in dispatchers)
        {
            LeaseRef[] running = goesOn ? [.. dispatcher.Store.Leased.Select(task => dispatcher.LeaseOf(task.Row.Id))] : [];
            foreach (var lease in running)
                ledger.ReserveHeld(lease.Queue, dispatcher[lease.Task].Submission.Resources);
            dispatcher.RenewByList(Name, session, running);
            Tell(dispatcher, session, treesDead: !goesOn);
        }
    }

    /// <summary>The stream of commands breaks, and every slot that is not in use is taken back; or it is there again.</summary>
    private void BreakOrMend()
    {
        isOpen = !isOpen;
        if (isOpen)
            Offer();
        else
            foreach (var reclaim in ledger.TakeAllReclaims())
                Reclaim(ledger, reclaim);
    }

    private void Tell(CoreRig dispatcher, long current, bool treesDead)
    {
        dispatcher.Node(Name, Slots, credit: null, current, treesDead: treesDead, offers: false, resources: offers);
        Demand(dispatcher);
    }

    private void Offer() => Offer(ledger, alsoReclaim: true);

    private void Offer(SlotLedger mine, bool alsoReclaim)
    {
        if (!isOpen)
            return;
        foreach (var offer in mine.Grant(Now))
        {
            var dispatcher = Of(offer.Queue);
            Send(() =>
            {
                dispatcher.Round((core, _) => core.Relations.Offer(ByClockOf(dispatcher, offer)));
                Demand(dispatcher);
            });
        }

        if (!alsoReclaim)
            return;
        foreach (var reclaim in mine.TakeReclaims(SeenAtTheWorker, Now))
            Reclaim(mine, reclaim);
    }

    /// <summary>How many attempts of a queue the worker has: fewer than its dispatcher has begun while those are on their way.</summary>
    private int SeenAtTheWorker(string queue, ResourceVector shape)
    {
        var begun = Of(queue).Store.Leased.Count(task => (task.Resources ?? ResourceVector.None) == shape);
        return Faulty ? random.Next(begun + 1) : begun;
    }

    /// <summary>A call: the request or the answer can get lost, and then the caller is told so; a lost request may still arrive.</summary>
    private void Reclaim(SlotLedger mine, SlotOffer reclaim)
    {
        var dispatcher = Of(reclaim.Queue);
        var fate = Faulty ? random.Next(6) : 5;
        flying.Add(() =>
        {
            SlotReturn? answer = null;
            if (fate != 0)
                dispatcher.Round((core, _) => answer = core.Relations.Reclaim(ByClockOf(dispatcher, reclaim)));
            flying.Add(() =>
            {
                var isFreed = fate > 1 && mine.Reclaimed(answer!, Now);
                mine.ReclaimFailed(reclaim);
                if (fate == 0)
                    flying.Add(() => dispatcher.Round((core, _) => core.Relations.Reclaim(reclaim)));
                Offer(mine, alsoReclaim: isFreed);
            });
        });
    }

    private void Send(Action message)
    {
        var fate = Faulty ? random.Next(10) : 9;
        if (fate == 0)
            return;
        flying.Add(message);
        if (fate == 1)
            flying.Add(message);
    }

    private void Deliver()
    {
        if (flying.Count == 0)
            return;
        var next = Faulty ? random.Next(flying.Count) : 0;
        var message = flying[next];
        flying.RemoveAt(next);
        message();
    }

    private SlotLedger NewLedger() => new(Name, session, Slots, Offered, Running);

    /// <summary>
    /// The attempts, some of which have a known end. They may end later, as attempts on a slow machine do.
    /// </summary>
    private IEnumerable<RunningAttempt> Running() => dispatchers
        .SelectMany(static dispatcher => dispatcher.Store.Leased)
        .Where(static task => task.Resources is not null)
        .Select(task => new RunningAttempt(task.Resources!, task.Lasts > 0 ? Now + task.Lasts : long.MaxValue));

    private SlotOffer ByClockOf(CoreRig dispatcher, SlotOffer offer) =>
        offer.EndsBy == 0 ? offer : offer with { EndsBy = offer.EndsBy - Now + dispatcher.Now };

    private CoreRig Of(string queue) => dispatchers.Single(dispatcher => dispatcher.Queue == queue);
}
