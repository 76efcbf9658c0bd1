using OrleansTasks.Client.Queues;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Those who look after the fleet, at the gateway: they drain one node at a time, let it take tasks again, and forget nodes that seem to be
/// gone. Every drained node is in use again when the turmoil is over. They also pause and limit one queue at a time for a while, and give
/// it another weight.
/// </summary>
internal sealed class Operators(
    SimCluster cluster, SimSilo gateway, Plan plan, IReadOnlyList<string> nodes, Coverage coverage, Strictness strictness,
    Referee referee, ShareReferee shares)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(12);
    private readonly SimProcess process = gateway.NewProcess("operators");
    private readonly SimRandom chance = new(plan.Seed, "operators");
    private readonly SimRandom limits = new(plan.Seed, "limits");
    private readonly SimRandom weights = new(plan.Seed, "weights");

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        process.Run(Drain);
        process.Run(Forget);
        process.Run(Limit);
    }

    private async Task Drain()
    {
        while (true)
        {
            await Wait(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));
            if (Now >= plan.Turmoil)
                return;
            var node = nodes[chance.Next(nodes.Count)];
            if (await Try(() => Set(node, true)) is true)
                coverage.Fire("node drained");
            await Wait(TimeSpan.FromSeconds(1), LongestDrain);
            // Whether the first call was heard nobody knows: this one is repeated until it is.
            while (await Try(() => Set(node, false)) is null)
                await Task.Delay(Again, process.Clock);
        }
    }

    private async Task Forget()
    {
        while (Now < plan.Turmoil)
        {
            await Wait(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));
            var node = nodes[chance.Next(nodes.Count)];
            if (await Try(() => gateway.Grains.GetGrain<IFleetGrain>("fleet").Forget(node)) is true)
                coverage.Fire("node forgotten");
        }
    }

    private async Task Limit()
    {
        while (true)
        {
            await Task.Delay(limits.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15)), process.Clock);
            if (Now >= plan.Turmoil)
                return;
            var queue = Users.NameOf(limits.Next(plan.Queues));
            var change = limits.Next(3) switch
            {
                0 => new QueueChange((Placement?)null) { Paused = true },
                1 => new QueueChange((Placement?)null) { MaxRunning = limits.Next(1, 4) },
                _ => new QueueChange((Placement?)null) { RatePerSecond = limits.Next(1, 20), Burst = limits.Next(1, 5) },
            };
            // Weights stay when the limit goes.
            var weight = weights.Next(weights.Next(4) == 0 ? 100 : 5) + 1;
            shares.Asked(queue, weight);
            if (await Put(queue, change with { Weight = weight }) is true)
                coverage.Fire("queue limited");
            await Task.Delay(limits.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6)), process.Clock);
            // Whether the first call was heard nobody knows: this one is repeated until it is.
            var freed = new QueueChange((Placement?)null) { Paused = false, MaxRunning = 0, RatePerSecond = 0, Burst = 0 };
            while (await Put(queue, freed) is not true)
                await Task.Delay(Again, process.Clock);
        }
    }

    private Task<bool?> Put(string queue, QueueChange change)
    {
        referee.LimitsChange(queue);
        return Try(async () =>
        {
            var reader = gateway.Grains.GetGrain<IQueueReaderGrain>("reader");
            var reply = await QueueVersions.Put(
                reader, queue, change, asked => gateway.Grains.GetGrain<IQueueGrain>(queue).Put(asked));
            if (!reply.IsConflict)
                referee.LimitsHold(reply.Settings!);
            return !reply.IsConflict;
        });
    }

    private Task<bool> Set(string node, bool isDraining) => gateway.Grains.GetGrain<INodeGrain>(node).SetDraining(isDraining);

    private async Task<bool?> Try(Func<Task<bool>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception failure)
        {
            strictness.Judge("An operator", failure);
            return null;
        }
    }

    private Task Wait(TimeSpan least, TimeSpan most) => Task.Delay(chance.Between(least, most), process.Clock);
}
