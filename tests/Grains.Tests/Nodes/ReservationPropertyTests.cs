namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>What a node's reservations keep, whatever tasks arrive and however long their messages take.</summary>
public sealed class ReservationPropertyTests
{
    [Theory]
    [InlineData(1, false, true)]
    [InlineData(3, false, true)]
    [InlineData(3, false, false)]
    [InlineData(5, false, false)]
    [InlineData(3, true, true)]
    [InlineData(4, true, false)]
    public void Reservations_AnyTasks_BeginWhenTheyWerePromised_AndEveryTaskStarts(int queues, bool faulty, bool allKnown)
    {
        var (promises, passed) = (0, 0);
        for (var seed = 0; seed < 30; seed++)
        {
            var node = new ReservedNode(seed, faulty, allKnown);
            var arrivals = new Random(seed + 1_000);
            try
            {
                while (node.Now < 60_000)
                {
                    node.RunUntil(node.Now + arrivals.Next(20, 400));
                    if (node.Queued < 30)
                        node.Submit(queues);
                    if (faulty && arrivals.Next(100) == 0)
                        node.Register();
                }

                node.Faulty = false;
                var end = node.Now + 300_000;
                while (node.Queued > 0 && node.Now < end)
                    node.RunUntil(node.Now + 1_000);
                Assert.True(node.Queued == 0, $"{node.Queued} tasks never start.");
                Assert.True(node.Reclaims < 40 * node.Submitted, $"{node.Reclaims} reclaims for {node.Submitted} tasks.");
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}: {e.Message}");
            }

            (promises, passed) = (promises + node.Promises, passed + node.PassedBefore);
        }

        // The referee has seen what it is about.
        Assert.True(promises > 30 && passed > 0, $"{promises} reservations, {passed} tasks passed.");
    }
}
