using OrleansTasks.Nodes;
using OrleansTasks.Resources;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>How a node divides what it offers besides slots.</summary>
public sealed class ResourceLedgerTests
{
    private const string A = "a";
    private const string B = "b";
    private static readonly ResourceVector Gpu = ResourceVector.Parse("gpu=1");
    private static readonly ResourceVector TwoCores = ResourceVector.Parse("cpu=2000");
    private static readonly ResourceVector Large = ResourceVector.Parse("cpu=4000");
    private readonly List<RunningAttempt> running = [];
    private readonly SlotLedger ledger;
    private long now = 1_000;

    public ResourceLedgerTests() => ledger = new("n", 3, 8, ResourceVector.Parse("cpu=4000 gpu=1"), () => running);

    [Fact]
    public void Grant_MoreThanIsOffered_StopsThere()
    {
        Want(A, 5, TwoCores);

        Assert.Equal(2, Assert.Single(ledger.Grant(now)).Limit);
        Assert.Equal(new ResourceUse("cpu", 4_000, 4_000), ledger.Resources[0]);
        Want(B, 5, TwoCores);
        Assert.Empty(ledger.Grant(now));
    }

    [Fact]
    public void Grant_OfOneShape_LeavesSlotsForTasksWithoutResources()
    {
        Want(A, 5, TwoCores);
        Want(B, 10, null);

        var offers = ledger.Grant(now);

        Assert.Equal((2, TwoCores), offers.Where(static offer => offer.Queue == A).Select(static offer => (offer.Limit, offer.Shape!)).Single());
        Assert.Equal((6, null), offers.Where(static offer => offer.Queue == B).Select(static offer => (offer.Limit, offer.Shape)).Single());
    }

    [Fact]
    public void Reclaim_UnusedGpu_GoesToTheQueueThatWantsIt()
    {
        Want(A, 1, Gpu);
        ledger.Grant(now);
        now += 20;
        Want(A, 0, Gpu);
        Want(B, 1, Gpu);

        Assert.DoesNotContain(ledger.Grant(now), static offer => offer.Queue == B);
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now));
        Assert.Equal((A, 0, Gpu), (reclaim.Queue, reclaim.Limit, reclaim.Shape!));
        Assert.True(ledger.Reclaimed(new SlotReturn(A, 1, 3, reclaim.Version, Kept: 0, Wanted: 0, Gpu), now));
        Assert.Equal((B, 1), Assert.Single(ledger.Grant(now)) is var offer ? (offer.Queue, offer.Limit) : default);
    }

    [Fact]
    public void Reclaim_UnusedButNotEnough_TakesNothing()
    {
        Want(A, 1, TwoCores);
        Want(B, 1, TwoCores);
        ledger.Grant(now);
        now += 20;
        Want(A, 0, TwoCores);
        Want(B, 0, TwoCores, held: 1);
        Want(A, 1, Large);

        Assert.Empty(ledger.TakeReclaims(static (queue, _) => queue == B ? 1 : 0, now));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reclaim_UnusedGpu_IsNotHeldUpByATaskThatWaitsLongerForMoreThanThereIs(bool reserves)
    {
        Func<string, ResourceVector, int> held = static (queue, _) => queue == "long" ? 1 : 0;
        Want("long", 1, TwoCores);
        Want(A, 1, Gpu);
        ledger.Grant(now);
        running.Add(new RunningAttempt(TwoCores, long.MaxValue) { Queue = "long" });
        now += 20;
        Want("long", 0, TwoCores, held: 1);
        Want(A, 0, Gpu);
        Want("large", 1, Large, reserves: reserves);
        // The lease is given when its attempt ends.
        if (reserves)
            Answer(Assert.Single(ledger.TakeReclaims(held, now)), kept: 1, wanted: 0);
        now += 1;
        Want(B, 1, Gpu);

        var reclaim = Assert.Single(ledger.TakeReclaims(held, now));

        Assert.Equal((A, 0, Gpu), (reclaim.Queue, reclaim.Limit, reclaim.Shape!));
        Answer(reclaim, kept: 0, wanted: 0);
        Assert.Equal(1, Assert.Single(ledger.Grant(now), static offer => offer.Queue == B).Limit);
    }

    [Fact]
    public void Reserve_LeasesThatTheWorkerBrought_AreGivenAlthoughTheirQueueHasDemandedNothing()
    {
        ledger.ReserveHeld(A, TwoCores);
        ledger.ReserveHeld(A, TwoCores);
        running.Add(new RunningAttempt(TwoCores, long.MaxValue) { Queue = A });
        Want(B, 1, Large, reserves: true);

        // This reclaim has no epoch, so the queue ignores its limit and answers with what it has.
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now)), kept: 1, wanted: 0);
        Assert.Empty(ledger.Grant(now));
        var reclaim = Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now));
        Assert.Equal((A, 1, 0), (reclaim.Queue, reclaim.Epoch, reclaim.Limit));
        Answer(reclaim, kept: 1, wanted: 0);

        running.Clear();
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now)), kept: 0, wanted: 0);
        Assert.Equal(1, Assert.Single(ledger.Grant(now), static offer => offer.Queue == B).Limit);
    }

    [Fact]
    public void Want_OfOneShape_SetsTheWeightOfTheQueueForAllShapes()
    {
        ledger.ReserveHeld(A, Gpu);
        Want(A, 1, TwoCores, weight: 3);
        Want(B, 1, TwoCores);
        Want(A, 1, Large, weight: 5);
        ledger.NoteUse(A);

        Assert.All(ledger.Accounts.All, static account => Assert.Equal(account.Queue == A ? 5 : 1, account.Weight));
        Assert.Equal(5, ledger.Accounts.All.Count);
    }

    [Fact]
    public void Reserve_UsedCores_AreKeptForTheLargeTaskAsTheyBecomeFree()
    {
        Want(A, 4, TwoCores);
        ledger.Grant(now);
        now += 20;
        Want(A, 4, TwoCores, held: 2);
        Want(B, 1, Large, reserves: true);
        running.AddRange(Enumerable.Repeat(new RunningAttempt(TwoCores, long.MaxValue) { Queue = A }, 2));

        // Both leases are in use: the queue may start no further attempt with them.
        var first = Assert.Single(ledger.TakeReclaims(static (_, _) => 2, now));
        Assert.Equal((A, 0), (first.Queue, first.Limit));
        Answer(first, kept: 2, wanted: 4);
        Assert.Empty(ledger.Grant(now));
        Assert.Empty(ledger.TakeReclaims(static (_, _) => 2, now));

        // One has ended. What it had is not given to the queue again, nor to another.
        running.RemoveAt(0);
        Want("c", 1, TwoCores);
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 1, now)), kept: 1, wanted: 4);
        Assert.DoesNotContain(ledger.Grant(now), static offer => offer.Limit > 0);

        running.Clear();
        Answer(Assert.Single(ledger.TakeReclaims(static (_, _) => 0, now)), kept: 0, wanted: 4);
        Assert.Equal((B, 1), Assert.Single(ledger.Grant(now), static offer => offer.Limit > 0) is var offer ? (offer.Queue, offer.Limit) : default);
    }

    [Fact]
    public void Accounts_OfManyShapes_AreForgottenWhenIdle()
    {
        for (var i = 1; i <= 1_000; i++)
        {
            Want(A, 1, ResourceVector.Parse($"cpu={i}"));
            var offer = Assert.Single(ledger.Grant(now), static offer => offer.Limit == 1);
            now += 20;
            Want(A, 0, offer.Shape, held: 1);
            foreach (var reclaim in ledger.TakeAllReclaims())
                Answer(reclaim, kept: 0, wanted: 0);
        }

        Assert.InRange(ledger.Accounts.All.Count(), 1, 70);
        Assert.Equal(new ResourceUse("cpu", 4_000, 0), ledger.Resources[0]);
    }

    [Fact]
    public void Register_AttemptsWithResources_KeepThem()
    {
        ledger.ReserveHeld(A, Gpu);
        Want(B, 1, Gpu);

        Assert.Empty(ledger.Grant(now));
        Assert.Equal(new ResourceUse("gpu", 1, 1), ledger.Resources[1]);
    }

    [Theory]
    [InlineData(1, 4, false)]
    [InlineData(3, 8, false)]
    [InlineData(3, 8, true)]
    [InlineData(5, 16, true)]
    public void Resources_AnySequenceOfMessages_AreNeverExceededAndNeverLost(int queues, int slots, bool reserves)
    {
        var options = SlotNetwork.Endless;
        // The dispatchers' clock stands still, so they reserve at once or never.
        options.ReserveAfter = reserves ? TimeSpan.FromDays(-100_000) : TimeSpan.FromDays(100_000);
        for (var seed = 0; seed < 40; seed++)
        {
            var network = new SlotNetwork(
                seed, queues, slots, "cpu=4000 gpu=2 license=3", [null, "cpu=1000", "cpu=4000", "gpu=1", "cpu=500 gpu=2", "license=1"], options);
            for (var step = 0; step < 600; step++)
            {
                network.Step();
                Assert.True(
                    network.HeldResources.FitsIn(network.Offered) && network.Held.Sum() <= slots,
                    $"Seed {seed}, step {step}: {network.HeldResources} of {network.Offered}.");
            }

            network.Faulty = false;
            for (var i = 0; network.Queued > 0 || network.Held.Sum() > 0; i++)
            {
                Assert.True(i < 20_000, $"Seed {seed}: {network.Queued} tasks wait, {network.HeldResources} are held.");
                network.Pass(1_000);
                network.Beat();
                foreach (var dispatcher in network.Dispatchers)
                {
                    network.Demand(dispatcher);
                    network.DeliverAll();
                    network.EndOne(dispatcher);
                    network.DeliverAll();
                }
            }
        }
    }

    private void Want(
        string queue, int count, ResourceVector? shape, int held = 0, bool reserves = false, int weight = 1) =>
        ledger.Want(new SlotDemand(queue, 1, 3, count, held, weight, shape, reserves), now);

    private void Answer(SlotOffer reclaim, int kept, int wanted) =>
        ledger.Reclaimed(new SlotReturn(reclaim.Queue, 1, 3, reclaim.Version, kept, wanted, reclaim.Shape), now);
}
