namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which part of the slots' time queues get by their weights.</summary>
public sealed class SlotShareTests
{
    private readonly Random random = new(1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 8)]
    [InlineData(4, 2)]
    [InlineData(1, 3)]
    public void Weights_OneTwoFive_EachGetsItsPartOfTheTimeWhateverItsTasksLength(int count, int slots)
    {
        var nodes = new SharedNodes(count, slots);
        // The queue with the smallest weight has the longest tasks, so most tasks are others'.
        int[] weights = [1, 2, 5];
        (int Least, int Most)[] lengths = [(500, 4_000), (5, 100), (20, 900)];
        for (var i = 0; i < weights.Length; i++)
        {
            var (least, most) = lengths[i];
            nodes.Submit(nodes.Add(weights[i], () => random.Next(least, most)), 1_000_000);
        }

        // The first queue had all slots until the others came.
        nodes.RunUntil(10_000);
        long[] before = [.. nodes.Queues.Select(static queue => queue.SlotTime)];
        var done = nodes.Queues.Sum(static queue => queue.Done);
        while (nodes.Queues.Sum(static queue => queue.Done) - done < 10_000)
            nodes.RunUntil(nodes.Now + 10_000);

        long[] times = [.. nodes.Queues.Select((queue, i) => queue.SlotTime - before[i])];
        var all = (double)times.Sum();
        for (var i = 0; i < weights.Length; i++)
        {
            var part = times[i] / all * 8 / weights[i];
            Assert.True(part is > 0.9 and < 1.1, $"Queue {i} got {part:P1} of its share: {times[i]:N0} of {all:N0} ms.");
        }

        // A slot moves only after a turn of 100 ms, and is never left for it.
        Assert.True(nodes.Idle < 0.001 * all, $"Idle: {nodes.Idle:N0} of {all:N0} ms.");
    }

    [Fact]
    public void Weights_Equal_EachHasAsManySlotsAsTheOthers()
    {
        var nodes = new SharedNodes(1, 6);
        for (var i = 0; i < 3; i++)
            nodes.Submit(nodes.Add(1, () => random.Next(10, 1_000)), 1_000_000);
        nodes.RunUntil(3_000);
        long[] before = [.. nodes.Queues.Select(static queue => queue.SlotTime)];
        nodes.RunUntil(60_000);

        Assert.All(nodes.Queues.Select((queue, i) => queue.SlotTime - before[i]), static time => Assert.Equal(2 * 57_000, time));
    }

    [Fact]
    public void Weight_ChangedWhileQueuesWait_CountsAtOnce()
    {
        var nodes = new SharedNodes(1, 8);
        for (var i = 0; i < 2; i++)
            nodes.Submit(nodes.Add(1, () => random.Next(10, 50)), 1_000_000);
        nodes.RunUntil(2_000);
        nodes.Queues[1].Weight = 7;
        // Demands are repeated after five seconds; a dispatcher does so at once.
        nodes.RunUntil(6_100);
        var before = nodes.Queues[1].SlotTime;
        nodes.RunUntil(16_100);

        Assert.Equal(7 * 10_000, nodes.Queues[1].SlotTime - before);
    }

    [Fact]
    public void Queue_ThatComesAndGoes_GetsNoMoreThanItsShare()
    {
        var nodes = new SharedNodes(1, 1);
        nodes.Submit(nodes.Add(1, () => random.Next(500, 1_500)), 1_000_000);
        // It has one long task at a time, and the next one comes a moment after that has ended.
        var guest = nodes.Add(1, () => 10_000);
        var come = 0;
        for (var time = 2_000; time < 1_000_000; time += 100)
        {
            nodes.RunUntil(time);
            if (guest.Done != come || guest.Queued > 0)
                continue;
            come++;
            nodes.Submit(guest, 1);
        }

        Assert.InRange(guest.SlotTime / 1_000_000.0, 0.4, 0.51);
    }

    [Fact]
    public void Queue_ThatWentWhileItWaited_HasNoClaimWhenItComesBack()
    {
        var nodes = new SharedNodes(1, 1);
        var length = 20_000L;
        var host = nodes.Add(1, () => length);
        nodes.Submit(host, 1_000_000);
        var guest = nodes.Add(1, static () => 10);
        nodes.RunUntil(2_000);
        nodes.Submit(guest, 1_000_000);
        nodes.RunUntil(20_000);
        nodes.Cancel(guest);
        length = 10;
        nodes.RunUntil(100_000);
        var before = (Host: host.SlotTime, Guest: guest.SlotTime);

        nodes.Submit(guest, 1_000_000);
        nodes.RunUntil(102_000);

        Assert.InRange(guest.SlotTime - before.Guest, 700, 1_300);
        Assert.InRange(host.SlotTime - before.Host, 700, 1_300);
    }

    [Fact]
    public void Queue_ThatComesAfterAnotherUsedAllSlots_GetsItsShareAndNoMore()
    {
        var nodes = new SharedNodes(1, 1);
        var host = nodes.Add(1, static () => 100);
        nodes.Submit(host, 1_000_000);
        nodes.RunUntil(500_000);
        var guest = nodes.Add(1, static () => 100);
        nodes.Submit(guest, 1_000_000);
        nodes.RunUntil(510_000);

        Assert.InRange(guest.SlotTime, 4_500, 5_500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Wait_IsBoundedByTheLastHoldAndTheOthers(int seed)
    {
        const int Turn = 100;
        var lengths = new Random(seed);
        var nodes = new SharedNodes(1, 1);
        int[] weights = [1, 2, 5, 1];
        foreach (var weight in weights)
            nodes.Submit(nodes.Add(weight, () => lengths.Next(5) == 0 ? lengths.Next(2_000) + 1 : lengths.Next(50) + 1), 1_000_000);
        nodes.RunUntil(600_000);

        foreach (var queue in nodes.Queues)
        {
            // A hold is a turn and the task that runs at its end.
            var others = nodes.Queues.Where(other => other != queue).Sum(static other => other.Waits.Max(static wait => wait.Hold));
            Assert.True(queue.Waits.Count > 30);
            foreach (var (hold, wait) in queue.Waits.Skip(1))
            {
                var most = ((hold + Turn) * ((9.0 / queue.Weight) - 1)) + others;
                Assert.True(wait <= most, $"A queue of weight {queue.Weight} waited {wait} ms after {hold} ms; {most:F0} ms are allowed.");
            }
        }
    }

    [Fact]
    public void Slots_OneQueueWantsLittle_OthersGetTheRest()
    {
        var nodes = new SharedNodes(1, 8);
        for (var i = 0; i < 2; i++)
            nodes.Submit(nodes.Add(1, () => random.Next(10, 200)), 1_000_000);
        var modest = nodes.Add(100, static () => 1_000);
        for (var time = 2_000; time < 60_000; time += 1_000)
        {
            nodes.Submit(modest, 1);
            nodes.RunUntil(time);
        }

        Assert.InRange(modest.Done, 54, 58);
        Assert.InRange(nodes.Idle, 0, 0.01 * 8 * nodes.Now);
        Assert.InRange(nodes.Queues[0].SlotTime / (double)nodes.Queues[1].SlotTime, 0.95, 1.05);
    }
}
