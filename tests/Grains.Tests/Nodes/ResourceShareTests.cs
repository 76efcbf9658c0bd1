using OrleansTasks.Queues;
using OrleansTasks.Resources;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which part of nodes' resources queues get by their weights, with dispatchers, in virtual time.</summary>
public sealed class ResourceShareTests
{
    private const string A = "a";
    private const string B = "b";
    private const long Minute = 60_000;

    [Theory]
    // One GPU and another task's cores: 3.2 leases each.
    [InlineData(1, "cpu=16000 gpu=4", "cpu=1000 gpu=1", "cpu=4000", 1, 1)]
    [InlineData(3, "cpu=16000 gpu=4", "cpu=1000 gpu=1", "cpu=4000", 1, 1)]
    // The same resource, with different amounts.
    [InlineData(1, "cpu=16000 gpu=4", "cpu=1000", "cpu=4000", 1, 1)]
    [InlineData(1, "cpu=16000 gpu=4", "cpu=1000", "cpu=1000", 1, 3)]
    // One GPU, in turns.
    [InlineData(1, "cpu=16000 gpu=1", "gpu=1", "cpu=2000 gpu=1", 1, 1)]
    [InlineData(1, "cpu=16000 gpu=1", "gpu=1", "cpu=2000 gpu=1", 1, 4)]
    // Either one or the other fits.
    [InlineData(1, "cpu=16000 gpu=2", "cpu=1000 gpu=1", "cpu=16000", 1, 1)]
    [InlineData(2, "cpu=16000 memory=64", "cpu=1000 memory=16", "cpu=6000 memory=4", 2, 1)]
    public void Shares_OfTwoBusyQueues_AreWithinFivePercentOverAMinute(
        int nodes, string offers, string ofA, string ofB, int weightOfA, int weightOfB)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var run = new TwoQueues(nodes, offers, (ofA, weightOfA, 100, 900), (ofB, weightOfB, 300, 700), seed);

            var (a, b) = (run.ShareOf(A), run.ShareOf(B));

            Assert.True(
                a / weightOfA / (b / weightOfB) is > 0.95 and < 1.05,
                $"Seed {seed}: the shares are {a:0.000} and {b:0.000} with the weights {weightOfA} and {weightOfB}.");
        }
    }

    [Fact]
    public void Shares_TasksOfVeryDifferentLength_AreEvenAllTheSame()
    {
        var run = new TwoQueues(
            1, "cpu=8000 gpu=1", ("gpu=1", 1, 50, 100), ("gpu=1", 1, 3_000, 5_000), seed: 1, minutes: 3);

        Assert.InRange(run.ShareOf(A) / run.ShareOf(B), 0.95, 1.05);
    }

    [Fact]
    public void Shares_AQueueThatWantsGpus_DoesNotPayForCoresThatNobodyElseWants()
    {
        // The other queue leaves enough cores for all GPUs.
        var run = new TwoQueues(
            1, "cpu=16000 gpu=4", ("cpu=2000 gpu=1", 1, 200, 900), ("cpu=1000", 1, 500, 900), seed: 1, most: 8);

        Assert.InRange(run.ShareOf(A), 0.97, 1);
    }

    [Fact]
    public void Shares_OfBusyQueues_LeaveNothingUnused()
    {
        var run = new TwoQueues(
            1, "cpu=16000 gpu=4", ("cpu=1000", 1, 100, 900), ("cpu=4000", 1, 100, 900), seed: 1);

        Assert.InRange(run.UsedOf("cpu"), 0.93, 1);
    }

    // Two queues that always have tasks, or at most as many as given for the second one.
    private sealed class TwoQueues
    {
        private const int Slots = 32;
        private readonly ResourceFleet fleet;
        private readonly ResourceVector offered;
        private readonly Dictionary<(string Queue, string Resource), double> before = [];
        private readonly long length;
        private readonly int nodes;

        public TwoQueues(
            int nodes, string offers, (string Shape, int Weight, int Least, int Most) ofA,
            (string Shape, int Weight, int Least, int Most) ofB, int seed, int minutes = 1, int most = 64)
        {
            var random = new Random(seed);
            var options = new DispatchOptions
            {
                Lease = TimeSpan.FromDays(10),
                ReserveAfter = TimeSpan.FromSeconds(30),
            };
            (this.nodes, offered, length) = (nodes, ResourceVector.Parse(offers), minutes * Minute);
            fleet = new ResourceFleet(
                nodes, Slots, offers, options, QueueSettings.DefaultOf(A) with { Weight = ofA.Weight },
                QueueSettings.DefaultOf(B) with { Weight = ofB.Weight });
            void Refill(string queue, (string Shape, int Weight, int Least, int Most) tasks, int open)
            {
                while (fleet.Open(queue) < open)
                    fleet.Submit(queue, 1, tasks.Shape, random.Next(tasks.Least, tasks.Most), lasts: 0);
            }

            void RefillAll()
            {
                Refill(A, ofA, 64 * nodes);
                Refill(B, ofB, most * nodes);
            }

            RefillAll();
            fleet.Every(100, RefillAll);
            fleet.RunUntil(fleet.Now + 20_000);
            foreach (var (key, used) in fleet.Used)
                before[key] = used;
            fleet.RunUntil(fleet.Now + length);
        }

        public double ShareOf(string queue) => offered.Amounts.Max(one => PartOf(queue, one.Name));

        public double UsedOf(string resource) => PartOf(A, resource) + PartOf(B, resource);

        private double PartOf(string queue, string resource) =>
            (fleet.Used.GetValueOrDefault((queue, resource)) - before.GetValueOrDefault((queue, resource)))
            / ((double)offered[resource] * nodes * length);
    }
}
