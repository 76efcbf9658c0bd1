using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which tasks pass a larger one for which a node keeps what becomes free.</summary>
public sealed class ReservationTests
{
    private const string A = "a";
    private const string B = "b";
    private const string Cores = "cpu=2000";
    private static readonly DispatchOptions Options =
        new() { Lease = TimeSpan.FromDays(10), ReserveAfter = TimeSpan.FromSeconds(5) };

    private readonly List<RunningAttempt> running = [];
    private readonly SlotLedger ledger;
    private long now = 1_000;

    public ReservationTests() =>
        ledger = new SlotLedger("n", 3, 8, ResourceVector.Parse("cpu=8000 gpu=2"), () => running);

    [Theory]
    [InlineData(30_000, true)]
    [InlineData(30_001, false)]
    [InlineData(0, false)]
    public void Grant_BesideAReservation_ShortTaskPassesOnlyIfItEndsBefore(long lasts, bool passes)
    {
        // Four cores are free, but the large task needs all eight. The first attempts end by 31 s.
        Use(A, Cores, 2, endsBy: now + 30_000);
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();

        Want("c", 5, Cores, lasts: lasts);

        var offer = ledger.Grant(now).SingleOrDefault(static offer => offer is { Queue: "c", Limit: > 0 });
        Assert.Equal(passes ? (2, now + 30_000) : default, offer is null ? default : (offer.Limit, offer.EndsBy));
    }

    [Fact]
    public void Grant_AnAttemptThatKeepsTheLargeTaskHasNoKnownEnd_NobodyPasses()
    {
        Use(A, Cores, 1, endsBy: now + 10_000);
        Use(A, Cores, 1, endsBy: long.MaxValue);
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();

        Want("c", 5, Cores, lasts: 1);

        Assert.DoesNotContain(ledger.Grant(now), static offer => offer is { Queue: "c", Limit: > 0 });
    }

    [Fact]
    public void Grant_ThatLeavesEnoughForTheLargeTask_HasNoBound()
    {
        // The large task waits for a GPU and needs two cores: the other six are not kept for it.
        Use(A, "gpu=1", 2, endsBy: now + 60_000);
        Want(B, 1, "cpu=2000 gpu=1", reserves: true);
        Settle();

        Want("c", 5, Cores);

        var offer = Assert.Single(ledger.Grant(now), static offer => offer is { Queue: "c", Limit: > 0 });
        Assert.Equal((3, 0), (offer.Limit, offer.EndsBy));
    }

    [Fact]
    public void Grant_TheLargeTaskHasStarted_LiftsTheBound()
    {
        Use(A, Cores, 2, endsBy: now + 30_000);
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();
        Want("c", 5, Cores, lasts: 10_000);
        Assert.Single(ledger.Grant(now), static offer => offer is { Queue: "c", EndsBy: > 0 });
        Want(B, 0, "cpu=8000");

        var offer = Assert.Single(ledger.Grant(now), static offer => offer.Queue == "c");

        Assert.Equal(0, offer.EndsBy);
    }

    [Fact]
    public void Reclaim_AnAccountWithABound_KeepsItsLeases()
    {
        Use(A, Cores, 2, endsBy: now + 30_000);
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();
        Want("c", 2, Cores, lasts: 10_000);
        ledger.Grant(now);
        ledger.NoteUse("c", ResourceVector.Parse(Cores));
        running.AddRange(Enumerable.Repeat(new RunningAttempt(ResourceVector.Parse(Cores), now + 10_000) { Queue = "c" }, 2));

        Assert.Empty(ledger.TakeReclaims(static (_, _) => 2, now));
    }

    [Fact]
    public void Reclaim_ALeaseWithABoundThatIsTooEarlyForItsQueue_GoesToATaskThatPasses()
    {
        Use(A, Cores, 2, endsBy: now + 30_000);
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();
        Want("c", 2, Cores, lasts: 10_000);
        Assert.Equal(2, Assert.Single(ledger.Grant(now), static offer => offer is { Queue: "c", EndsBy: > 0 }).Limit);
        now += 25_000;
        Want(B, 1, "cpu=8000", reserves: true);
        Want("c", 3, Cores, lasts: 10_000);
        Want("d", 1, Cores, lasts: 1_000);

        var reclaim = Assert.Single(ledger.TakeReclaims((queue, _) => running.Count(one => one.Queue == queue), now));

        Assert.Equal(("c", 1), (reclaim.Queue, reclaim.Limit));
        ledger.Reclaimed(new SlotReturn("c", 1, 3, reclaim.Version, 1, 3, reclaim.Shape, Lasts: 10_000), now);
        Assert.Equal(1, Assert.Single(ledger.Grant(now), static offer => offer.Queue == "d").Limit);
        Assert.Equal((B, 31_000), (ledger.Reservation!.Holder.Queue, ledger.Reservation.StartsAt));
    }

    [Fact]
    public void Reclaim_ForTheLargeTask_AsksForTheLeasesThatEndFirst_NotForThoseOfTheLargestHolder()
    {
        Use(A, Cores, 3, endsBy: now + 3_600_000);
        Use("c", "cpu=2000", 1, endsBy: now + 1_000);
        Want(B, 1, "cpu=2000 gpu=1", reserves: true);

        Settle();

        ledger.Grant(now);
        Assert.Equal((B, now + 1_000), (ledger.Reservation!.Holder.Queue, ledger.Reservation.StartsAt));
        Assert.Equal(
            [(A, 3), ("c", 0)],
            ledger.Accounts.All.Where(static one => one.Reserved > 0).Select(static one => (one.Queue, one.Kept)));
    }

    [Fact]
    public void Reclaim_OfAnotherTaskThatWaitsLonger_TheHolderKeepsItsPlaceUntilItStarts()
    {
        Use(A, Cores, 4, endsBy: now + 10_000);
        Want("z", 1, "cpu=4000");
        now += 1;
        Want(B, 1, "cpu=8000", reserves: true);
        Settle();
        Assert.Equal(B, ledger.Reservation!.Holder.Queue);

        Want("z", 1, "cpu=4000", reserves: true);
        ledger.Grant(now);

        Assert.Equal(B, ledger.Reservation!.Holder.Queue);
    }

    [Fact]
    public void Match_ABoundedOffer_TakesTheTaskThatEndsInTime_AlthoughALongerOneCameFirst()
    {
        var rig = new CoreRig(Options);
        rig.Node("n", slots: 8, credit: 0, resources: "cpu=8000");
        var longer = rig.Submit(resources: Cores, lasts: 60_000);
        var shorter = rig.Submit(resources: Cores, lasts: 10_000);

        rig.Offer("n", 2, shape: Cores, endsBy: rig.Now + 30_000);

        Assert.Equal((TaskState.Queued, TaskState.Assigned), (rig.State(longer), rig.State(shorter)));
        rig.Offer("n", 2, shape: Cores);
        Assert.Equal(TaskState.Assigned, rig.State(longer));
    }

    [Fact]
    public void Demand_TheOfferThatLiftsABoundIsLost_IsMadeAgainAndBringsIt()
    {
        var rig = new CoreRig(Options);
        rig.Node("n", slots: 8, credit: 0, resources: "cpu=8000");
        var longer = rig.Submit(resources: Cores, lasts: 60_000);
        Assert.Single(rig.Core.TakeDemands(rig.Now));
        var endsBy = rig.Now + 30_000;
        rig.Offer("n", 1, shape: Cores, endsBy: endsBy);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));

        // The bound holds, and then is over.
        for (var i = 0; i < 8; i++)
        {
            rig.Pass(5_000);
            var demand = Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand;
            Assert.Equal((0, 1), (demand.Held, demand.Count));
            rig.Offer("n", 1, shape: Cores, endsBy: endsBy);
            // The answer triggers no demand; otherwise demands and answers would follow each other endlessly.
            Assert.Empty(rig.Core.TakeDemands(rig.Now));
        }

        Assert.Equal(TaskState.Queued, rig.State(longer));
        rig.Offer("n", 1, shape: Cores);
        Assert.Equal(TaskState.Assigned, rig.State(longer));
    }

    [Fact]
    public void Demand_OfSeveralLengths_IsOneForAll_AndSaysTheShortest()
    {
        var rig = new CoreRig(Options);
        rig.Node("n", slots: 8, credit: 0, resources: "cpu=8000");
        rig.SubmitMany(2, resources: Cores, lasts: 65_536);
        rig.SubmitMany(1, resources: Cores, lasts: 8_192);

        var demand = Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand;

        Assert.Equal((3, 8_192), (demand.Count, demand.Lasts));
        rig.Submit(resources: Cores, lasts: 4_096);
        Assert.Equal(4_096, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Lasts);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(17, 18)]
    [InlineData(65_000, 65_536)]
    [InlineData(3_605_000, 3_670_016)]
    [InlineData(0, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void RoundUp_ATime_IsNotShorter_AndAtMostAnEighthLonger(long time, long expected) =>
        Assert.Equal(expected, OrleansTasks.Dispatch.Table.SignatureGroup.RoundUp(time));

    [Fact]
    public void LargeTask_AmongASteadyStreamOfSmallOnes_StartsWithinItsReservation_AndNodesStayInUse()
    {
        var alone = new Stream(Options, isKnown: true, large: 0);
        var mixed = new Stream(Options, isKnown: true, large: 4);

        Assert.All(mixed.Waits, static wait => Assert.InRange(wait, 0, 5_000 + 3_000));
        Assert.True(
            mixed.Utilisation >= 0.95 * alone.Utilisation,
            $"{mixed.Utilisation:0.000} with large tasks, {alone.Utilisation:0.000} without.");
    }

    [Fact]
    public void LargeTask_AmongTasksOfDifferentLengths_ShortOnesUseWhatIsKeptForIt()
    {
        var known = new Stream(Options, isKnown: true, large: 2, longOnes: true);
        var unknown = new Stream(Options, isKnown: false, large: 2, longOnes: true);

        Assert.All(known.Waits, static wait => Assert.InRange(wait, 0, 5_000 + 23_000));
        Assert.True(
            known.Utilisation > unknown.Utilisation + 0.03,
            $"{known.Utilisation:0.000} with timeouts, {unknown.Utilisation:0.000} without.");
    }

    private void Use(string queue, string shape, int count, long endsBy)
    {
        Want(queue, count, shape, held: running.Count(one => one.Queue == queue && one.Shape == ResourceVector.Parse(shape)));
        ledger.Grant(now);
        ledger.NoteUse(queue, ResourceVector.Parse(shape));
        running.AddRange(Enumerable.Repeat(new RunningAttempt(ResourceVector.Parse(shape), endsBy) { Queue = queue }, count));
    }

    // Queues answer that all their leases are in use.
    private void Settle()
    {
        ledger.Grant(now);
        foreach (var reclaim in ledger.TakeReclaims((_, shape) => running.Count(one => one.Shape == shape), now))
        {
            var kept = running.Count(one => one.Shape == reclaim.Shape);
            ledger.Reclaimed(new SlotReturn(reclaim.Queue, 1, 3, reclaim.Version, kept, 0, reclaim.Shape), now);
        }
    }

    private void Want(string queue, int count, string shape, int held = 0, bool reserves = false, long lasts = 0) =>
        ledger.Want(new SlotDemand(queue, 1, 3, count, held, 1, ResourceVector.Parse(shape), reserves, lasts), now);

    // Four nodes of eight cores, one queue that always has small tasks of one core, and one with tasks of eight cores.
    private sealed class Stream
    {
        private const long Length = 60_000;

        public Stream(DispatchOptions options, bool isKnown, int large, bool longOnes = false)
        {
            var fleet = new ResourceFleet(
                4, 8, "cpu=8000", options, QueueSettings.DefaultOf("small"), QueueSettings.DefaultOf("large"));
            var begin = fleet.Now;
            var no = 0;
            void Refill()
            {
                while (fleet.Queued("small") < 64)
                {
                    var length = longOnes && no % 16 == 0 ? 20_000 : 950 + (no * 37 % 100);
                    fleet.Submit("small", 1, "cpu=1000", length, isKnown ? length + 1_000 : 0);
                    no++;
                }
            }

            Refill();
            fleet.Every(100, Refill);
            var tasks = new List<(TaskId Id, long At)>();
            for (var i = 0; i < large; i++)
            {
                fleet.At(
                    begin + 5_000 + (i * (longOnes ? 27_000 : 12_000)),
                    () => tasks.Add((fleet.Submit("large", 1, "cpu=8000", 2_000, 3_000)[0], fleet.Now)));
            }

            fleet.RunUntil(begin + Length);
            Waits = [.. tasks.Select(task => (fleet.StartedAt("large", task.Id) ?? begin + Length) - task.At)];
            Utilisation = fleet.Used.Values.Sum() / (32_000.0 * Length);
        }

        public long[] Waits { get; }

        public double Utilisation { get; }
    }
}
