namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What the ledger and the dispatchers keep together, whatever becomes of their messages.</summary>
public sealed class SlotLedgerPropertyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    [InlineData(5, 8)]
    public void Slots_AnySequenceOfMessages_AreNeverExceededAndNeverLost(int queues, int slots)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var network = new SlotNetwork(seed, queues, slots);
            for (var step = 0; step < 600; step++)
            {
                network.Step();
                Assert.True(network.Held.Sum() <= slots, $"Seed {seed}, step {step}: {string.Join('+', network.Held)} of {slots}.");
            }

            AssertAllCanBeUsed(network, seed);
        }
    }

    [Fact]
    public void Slots_TwoBusyQueues_ShareThemEvenly()
    {
        var network = new SlotNetwork(1, queues: 2, slots: 4) { Faulty = false };
        network.Submit(network.Dispatchers[0], 1_000);
        network.DeliverAll();
        Assert.Equal([4, 0], network.Held);
        network.Submit(network.Dispatchers[1], 1_000);
        int[] done = [0, 0];
        for (var step = 0; step < 400; step++)
        {
            network.Pass(100);
            for (var i = 0; i < 2; i++)
            {
                network.Demand(network.Dispatchers[i]);
                network.DeliverAll();
                done[i] += network.EndOne(network.Dispatchers[i]) ? 1 : 0;
                network.DeliverAll();
            }

            Assert.Equal(4, network.Held.Sum());
            if (step > 10)
                Assert.Equal([2, 2], network.Held);
        }

        Assert.InRange(done[0] - done[1], -20, 20);
    }

    [Fact]
    public void Slots_MoreQueuesThanSlots_EachGetsItsTurn()
    {
        var network = new SlotNetwork(1, queues: 3, slots: 1) { Faulty = false };
        foreach (var dispatcher in network.Dispatchers)
            network.Submit(dispatcher, 1_000);
        int[] done = [0, 0, 0];
        for (var step = 0; step < 300; step++)
        {
            network.Pass(100);
            for (var i = 0; i < 3; i++)
            {
                network.Demand(network.Dispatchers[i]);
                network.DeliverAll();
                done[i] += network.EndOne(network.Dispatchers[i]) ? 1 : 0;
                network.DeliverAll();
            }
        }

        Assert.All(done, count => Assert.True(count >= done.Sum() / 5, $"Done: {string.Join(", ", done)}."));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 4)]
    public void Slots_AfterAnySequenceOfMessages_BusyQueuesShareThemEvenly(int queues, int slots)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var network = new SlotNetwork(seed, queues, slots);
            for (var step = 0; step < 200; step++)
            {
                // All are busy all the time.
                foreach (var dispatcher in network.Dispatchers)
                    network.Submit(dispatcher, 3);
                network.Step();
            }

            network.Faulty = false;
            // Offers that were lost are asked for again when half a wish's term is over, and one of a session's first slots not before
            // what held it has ended.
            for (var i = 0; i < 3; i++)
            {
                Settle(network);
                foreach (var dispatcher in network.Dispatchers)
                    network.EndOne(dispatcher);
            }

            var done = new int[queues];
            for (var round = 0; round < 60; round++)
            {
                network.Pass(100);
                for (var i = 0; i < queues; i++)
                {
                    network.Demand(network.Dispatchers[i]);
                    network.DeliverAll();
                    done[i] += network.EndOne(network.Dispatchers[i]) ? 1 : 0;
                    network.DeliverAll();
                }
            }

            Assert.True(done.Min() == 60, $"Seed {seed}: {string.Join('+', done)} done in 60 rounds.");
        }
    }

    [Fact]
    public void Slots_AfterAnySequenceOfMessages_BusyQueuesHaveTheirSharesByWeight()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var network = new SlotNetwork(seed, 3, 8, 1, 2, 5);
            for (var step = 0; step < 150; step++)
            {
                foreach (var dispatcher in network.Dispatchers)
                    network.Submit(dispatcher, 4);
                network.Step();
            }

            network.Faulty = false;
            // As above; and what a queue has beyond its share comes back as its attempts end.
            for (var i = 0; i < 8; i++)
            {
                Settle(network);
                foreach (var dispatcher in network.Dispatchers)
                    network.EndOne(dispatcher);
            }

            Settle(network);
            Assert.True(network.Held is [1, 2, 5], $"Seed {seed}: {string.Join('+', network.Held)} are held.");
        }
    }

    [Fact]
    public void Slots_AfterAnySequenceOfMessages_TurnsGiveEachItsPartOfTheTime()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var network = new SlotNetwork(seed, 2, 1, 1, 3);
            for (var step = 0; step < 150; step++)
            {
                foreach (var dispatcher in network.Dispatchers)
                    network.Submit(dispatcher, 4);
                network.Step();
            }

            network.Faulty = false;
            for (var i = 0; i < 3; i++)
                Settle(network);
            long[] slotTime = [0, 0];
            for (var round = 0; round < 1_500; round++)
            {
                // Long tasks of the one, short ones of the other.
                var (before, length) = (network.Held, network.Held[0] > 0 ? 900 : 150);
                network.Pass(length);
                network.Beat();
                network.DeliverAll();
                for (var i = 0; i < 2; i++)
                {
                    // At first, debts from before are paid.
                    slotTime[i] += round < 600 ? 0 : before[i] * length;
                    network.Submit(network.Dispatchers[i], 1);
                    network.EndOne(network.Dispatchers[i]);
                    network.DeliverAll();
                }
            }

            var part = slotTime[0] / (double)slotTime.Sum();
            Assert.True(part is > 0.22 and < 0.28, $"Seed {seed}: {part:P1}, {string.Join('+', slotTime)} ms.");
        }
    }

    /// <summary>Once the network is quiet, any one queue can have every slot: none was lost on the way.</summary>
    private static void AssertAllCanBeUsed(SlotNetwork network, int seed)
    {
        network.Faulty = false;
        foreach (var dispatcher in network.Dispatchers)
        {
            for (var i = 0; network.Held.Sum() + network.Queued > 0; i++)
            {
                Assert.True(i < 20_000, $"Seed {seed}: {network.Queued} tasks wait, {string.Join('+', network.Held)} are held.");
                Settle(network);
                foreach (var other in network.Dispatchers)
                    network.EndOne(other);
            }

            network.Pass(20_000);
            network.Submit(dispatcher, network.Slots);
            for (var i = 0; i < 10; i++)
                Settle(network);
            Assert.True(
                dispatcher.Core.Status.Running == network.Slots,
                $"Seed {seed}: {dispatcher.Queue} got {dispatcher.Core.Status.Running} of {network.Slots} slots.");
        }
    }

    private static void Settle(SlotNetwork network)
    {
        network.Pass(5_000);
        network.DeliverAll();
        network.Beat();
        foreach (var dispatcher in network.Dispatchers)
            network.Demand(dispatcher);
        network.DeliverAll();
    }
}
