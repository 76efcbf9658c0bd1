using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>
/// A node's ledger and the queues that use it, whose tasks ask for resources, run for different times, and say how long
/// at most, or nothing. Messages take time; where <see cref="Faulty"/>, they are also lost, and the worker registers
/// again. Time is virtual, in milliseconds; a seed repeats a run.
/// </summary>
internal sealed class ReservedNode
{
    public const long ReserveAfter = 2_000;
    private const int Slots = 12;

    // How long a freed lease takes to reach the holder: a reclaim, its answer, an offer, and a look at the node.
    private const long Delay = 200;

    // After lost messages, the node looks again within two seconds.
    private const long Repair = 2_500;

    private static readonly ResourceVector Offered = ResourceVector.Parse("cpu=8000 gpu=2 memory=64");

    private static readonly ResourceVector[] Shapes =
    [
        .. ((string[])["cpu=1000", "cpu=8000", "gpu=1", "cpu=3000 gpu=1", "memory=40", "cpu=2000 memory=16", "cpu=6000"])
            .Select(ResourceVector.Parse),
    ];

    private readonly Random random;
    private readonly bool allKnown;
    private readonly PriorityQueue<Action, (long At, long No)> events = new();
    private readonly Dictionary<(string Queue, ResourceVector Shape), Place> places = [];
    private readonly HashSet<Running> running = [];
    private SlotLedger ledger = null!;
    private long session;
    private long eventNo;
    private long repairedAt;
    private long lookAt = long.MaxValue;

    // The account for which the node keeps what becomes free, its leases, and by when it has one more; 0 if unknown.
    private SlotAccount? holder;
    private int holderHas;
    private long promise;

    public ReservedNode(int seed, bool faulty, bool allKnown)
    {
        (random, Faulty, this.allKnown) = (new Random(seed), faulty, allKnown);
        Register();
        Every(2_000, Share);
        Every(500, () => Each(DemandDue));
    }

    public bool Faulty
    {
        get;
        set
        {
            if (field && !value)
                repairedAt = Now + Repair;
            field = value;
        }
    }

    public long Now { get; private set; } = 1_000;

    public int Queued => places.Values.Sum(static place => place.Queued.Count);

    public int Submitted { get; private set; }

    public int Reclaims { get; private set; }

    public int Promises { get; private set; }

    public int PassedBefore { get; private set; }

    public void Submit(int queues)
    {
        var place = Of($"q{random.Next(queues)}", Shapes[random.Next(Shapes.Length)]);
        var length = random.Next(8) == 0 ? random.Next(2_000, 8_000) : random.Next(50, 1_000);
        var lasts = !allKnown && random.Next(4) == 0 ? 0 : length + random.Next(length);
        place.Queued.Add(new Waiting(Now, length, lasts));
        Submitted++;
        Start(place);
        DemandDue(place);
    }

    /// <summary>The worker registers again with the attempts that it has, whose times nobody knows then.</summary>
    public void Register()
    {
        (holder, promise) = (null, 0);
        ledger = new SlotLedger("n", ++session, Slots, Offered, () => running.Select(
            static one => new RunningAttempt(one.Place.Shape, one.EndsBy) { Queue = one.Place.Queue }));
        foreach (var one in running)
        {
            one.EndsBy = long.MaxValue;
            ledger.ReserveHeld(one.Place.Queue, one.Place.Shape);
        }

        Each(place =>
        {
            (place.Limit, place.Version, place.EndsBy, place.Session) = (0, 0, 0, session);
            Demand(place);
        });
    }

    public void RunUntil(long time)
    {
        while (events.TryPeek(out _, out var next) && next.At <= time)
        {
            var action = events.Dequeue();
            Now = next.At;
            action();
            Check();
        }

        Now = time;
    }

    private void Check()
    {
        foreach (var (name, amount) in Offered.Amounts)
        {
            var used = running.Sum(one => one.Place.Shape[name]);
            Assert.True(used <= amount, $"At {Now}, {used} of {amount} {name} are in use.");
        }

        Assert.True(running.Count <= Slots, $"At {Now}, {running.Count} attempts run in {Slots} slots.");
        CheckPromise();
    }

    // The first begin that is known holds: whatever the node computes later, the holder starts by then.
    private void CheckPromise()
    {
        if (Faulty || Now < repairedAt
            || ledger.Reservation is not { } reservation || !reservation.Holder.Asks(Now, Slots))
        {
            (holder, promise) = (null, 0);
            return;
        }

        if (holder != reservation.Holder || holder.Reserved != holderHas)
            (holder, holderHas, promise) = (reservation.Holder, reservation.Holder.Reserved, 0);
        // Where no slot is free, the begin says nothing about slots.
        if (promise == 0 && reservation.StartsAt > 0 && ledger.Free > 0)
            (promise, Promises) = (Math.Max(Now, reservation.StartsAt), Promises + 1);
        Assert.True(
            promise == 0 || Now <= promise + Delay,
            $"At {Now}, {reservation.Holder.Queue} still waits for {reservation.Holder.Shape}, promised by {promise}: "
            + $"{string.Join(", ", running.Select(static one => $"{one.Place.Queue} {one.Place.Shape} until {one.EndsBy}"))}; "
            + $"{string.Join(", ", ledger.Accounts.All.Where(static one => one.Reserved > 0).Select(static one => Describe(one)))}.");
    }

    private static string Describe(SlotAccount account) =>
        $"{account.Queue} {account.Shape} {account.Reserved}/{account.Limit} by {account.EndsBy}"
        + (account.IsGiving ? ", gives" : "") + (account.IsReclaiming ? ", is asked" : "");

    private void Each(Action<Place> action)
    {
        foreach (var place in places.Values.ToArray())
            action(place);
    }

    private Place Of(string queue, ResourceVector shape)
    {
        if (!places.TryGetValue((queue, shape), out var place))
            places.Add((queue, shape), place = new Place(queue, shape) { Session = session });
        return place;
    }

    private void Start(Place place)
    {
        while (place.Running < place.Limit && place.Next(Now) is { } task)
        {
            place.Queued.Remove(task);
            place.Running++;
            PassedBefore += place.EndsBy > 0 ? 1 : 0;
            var attempt = new Running(place, task.Lasts > 0 ? Now + task.Lasts : long.MaxValue);
            running.Add(attempt);
            ledger.NoteUse(place.Queue, place.Shape);
            At(Now + task.Length, () =>
            {
                running.Remove(attempt);
                place.Running--;
                Start(place);
                DemandDue(place);
                Send(Share, mayFail: false);
            });
        }
    }

    private void DemandDue(Place place)
    {
        if (place.Queued.Count != place.Demanded || Reserves(place) != place.Reserves || Now - place.DemandedAt >= 5_000)
            Demand(place);
    }

    private bool Reserves(Place place) => place.Queued.Count > 0 && Now - place.Queued[0].Since >= ReserveAfter;

    private void Demand(Place place)
    {
        place.Reserves = Reserves(place);
        (place.Demanded, place.DemandedAt) = (place.Queued.Count, Now);
        var demand = new SlotDemand(
            place.Queue, 1, place.Session, place.Queued.Count, place.Running, 1, place.Shape, place.Reserves,
            place.Shortest);
        Send(() =>
        {
            if (demand.Session != session)
                return;
            ledger.Want(demand, Now);
            Share();
        });
    }

    private void Share()
    {
        Offer();
        var reclaims = ledger.TakeReclaims(
            (queue, shape) => running.Count(one => one.Place.Queue == queue && one.Place.Shape == shape), Now);
        foreach (var reclaim in reclaims)
            Reclaim(reclaim);
        if (ledger.LookAgainAt is var at and < long.MaxValue)
            LookAt(Math.Max(at, Now + 1));
    }

    // Replaces an earlier request, as the node grain's timer does: each look would else bring another for ever.
    private void LookAt(long time)
    {
        lookAt = time;
        At(time, () =>
        {
            if (lookAt != Now)
                return;
            lookAt = long.MaxValue;
            Share();
        });
    }

    private void Offer()
    {
        foreach (var offer in ledger.Grant(Now))
        {
            Send(() =>
            {
                var place = Of(offer.Queue, offer.Shape!);
                Take(place, offer);
                Start(place);
                DemandDue(place);
            });
        }
    }

    private void Reclaim(SlotOffer reclaim)
    {
        Reclaims++;
        var ofLedger = ledger;
        void Fail() => ofLedger.ReclaimFailed(reclaim);
        Send(
            () =>
            {
                var place = Of(reclaim.Queue, reclaim.Shape!);
                Take(place, reclaim);
                var answer = new SlotReturn(
                    place.Queue, 1, place.Session, reclaim.Version, Math.Max(place.Limit, place.Running),
                    place.Queued.Count, place.Shape, place.Shortest);
                Send(
                    () =>
                    {
                        var isFreed = ofLedger.Reclaimed(answer, Now);
                        Fail();
                        if (ofLedger != ledger)
                            return;
                        if (isFreed)
                            Share();
                        else
                            Offer();
                    },
                    failed: Fail);
            },
            failed: Fail);
    }

    private static void Take(Place place, SlotOffer offer)
    {
        if (offer.Session != place.Session || offer.Version <= place.Version)
            return;
        (place.Version, place.Limit, place.EndsBy) = (offer.Version, offer.Limit, offer.EndsBy);
    }

    // A call whose failure the sender sees fails late.
    private void Send(Action message, bool mayFail = true, Action? failed = null)
    {
        if (mayFail && Faulty && random.Next(10) == 0)
        {
            if (failed is not null)
                At(Now + 100, failed);
            return;
        }

        At(Now + random.Next(1, Faulty ? 40 : 15), message);
    }

    private void At(long time, Action action) => events.Enqueue(action, (time, ++eventNo));

    private void Every(long period, Action action) => At(Now + period, () =>
    {
        action();
        Every(period, action);
    });

    private sealed record Waiting(long Since, long Length, long Lasts);

    private sealed class Running(Place place, long endsBy)
    {
        public Place Place { get; } = place;

        public long EndsBy { get; set; } = endsBy;
    }

    // A queue's leases of one shape.
    private sealed class Place(string queue, ResourceVector shape)
    {
        public string Queue { get; } = queue;

        public ResourceVector Shape { get; } = shape;

        public List<Waiting> Queued { get; } = [];

        public int Running { get; set; }

        public int Limit { get; set; }

        public long Version { get; set; }

        public long EndsBy { get; set; }

        public long Session { get; set; }

        public int Demanded { get; set; }

        public long DemandedAt { get; set; }

        public bool Reserves { get; set; }

        public long Shortest =>
            Queued.Where(static task => task.Lasts > 0).Select(static task => task.Lasts).DefaultIfEmpty().Min();

        public Waiting? Next(long now) =>
            Queued.FirstOrDefault(task => EndsBy == 0 || (task.Lasts > 0 && now + task.Lasts <= EndsBy));
    }
}
