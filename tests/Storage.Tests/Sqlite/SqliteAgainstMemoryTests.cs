using OrleansTasks.Queues;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Random lives of tasks, written to both stores: whatever is read afterwards must be the same.</summary>
public sealed class SqliteAgainstMemoryTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomLives_GiveTheSameAnswers(int seed)
    {
        var random = new Random(seed);
        var memory = new MemoryTaskStore(data.Clock);
        var lives = new RandomLives(
            random, data.Clock, [new PartitionKey("a", 0), new PartitionKey("b", 0), new PartitionKey("b", 1)]);
        ITaskStore[] stores = [data.Store, memory];
        await lives.TakeOver(stores);
        for (var step = 0; step < 120; step++)
        {
            var plan = lives.NextCommit();
            var outcomes = (await Task.WhenAll(stores.Select(s => s.Commit(plan)))).Select(r => r.Outcome).ToList();
            Assert.True(outcomes[0] == outcomes[1],
                $"Seed {seed}, step {step}: SQLite {outcomes[0]}, memory {outcomes[1]}.");
            lives.Settle(plan, outcomes[0]);
            if (random.Next(25) == 0)
            {
                data.Close();
                stores = [data.Store, memory];
                await lives.TakeOver(stores);
            }

            if (random.Next(12) == 0)
                await CompareUpkeep(stores, lives, random, seed, step);
            data.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(5)));
        }

        await StoreComparison.AssertEqual(stores[0], stores[1], lives.Ids, $"Seed {seed}");
    }

    private async Task CompareUpkeep(ITaskStore[] stores, RandomLives lives, Random random, int seed, int step)
    {
        var context = $"Seed {seed}, step {step}";
        var before = data.Clock.Now - random.Next(60);
        var pruned = await Task.WhenAll(stores.Select(s => s.Prune(before, before - 20, 1000)));
        Assert.True(pruned[0].Order().SequenceEqual(pruned[1].Order()), $"{context}: pruned differently.");
        lives.Forget(pruned[0]);
        var keep = random.Next(2000);
        var dropped = await Task.WhenAll(stores.Select(s => s.DropOutput(keep, 1000)));
        Assert.True(dropped[0].Order().SequenceEqual(dropped[1].Order()), $"{context}: dropped differently.");
        await StoreComparison.AssertEqual(stores[0], stores[1], lives.Ids, context);
    }
}
