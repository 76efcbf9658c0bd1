using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>Random lives of tasks, written to a store and to the one in memory: whatever is read afterwards must be the same.</summary>
public abstract class AgainstMemoryConformance : IDisposable
{
    /// <summary>The store under test; empty. Opened again after <see cref="Close"/>.</summary>
    protected abstract ITaskStore Store { get; }

    /// <summary>The store's clock.</summary>
    protected abstract TestClock Clock { get; }

    /// <summary>Closes the store.</summary>
    protected abstract void Close();

    /// <inheritdoc/>
    public abstract void Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomLives_GiveTheSameAnswers(int seed)
    {
        var random = new Random(seed);
        var memory = new MemoryTaskStore(Clock);
        var lives = new RandomLives(
            random, Clock, ["a", "b", "c"]);
        ITaskStore[] stores = [Store, memory];
        await lives.TakeOver(stores);
        for (var step = 0; step < 120; step++)
        {
            var plan = lives.NextCommit();
            var outcomes = (await Task.WhenAll(stores.Select(s => s.Commit(plan)))).Select(r => r.Outcome).ToList();
            Assert.True(outcomes[0] == outcomes[1],
                $"Seed {seed}, step {step}: store {outcomes[0]}, memory {outcomes[1]}.");
            lives.Settle(plan, outcomes[0]);
            if (random.Next(25) == 0)
            {
                Close();
                stores = [Store, memory];
                await lives.TakeOver(stores);
            }

            if (random.Next(12) == 0)
                await CompareUpkeep(stores, lives, random, seed, step);
            Clock.Advance(TimeSpan.FromMilliseconds(random.Next(5)));
        }

        await StoreComparison.AssertEqual(stores[0], stores[1], lives.Ids, $"Seed {seed}");
    }

    private async Task CompareUpkeep(ITaskStore[] stores, RandomLives lives, Random random, int seed, int step)
    {
        var context = $"Seed {seed}, step {step}";
        var before = Clock.Now - random.Next(60);
        var pruned = await Task.WhenAll(stores.Select(s => s.Prune(before, before - 20, 1000)));
        Assert.True(pruned[0].Order().SequenceEqual(pruned[1].Order()), $"{context}: pruned differently.");
        lives.Forget(pruned[0]);
        var keep = random.Next(2000);
        var dropped = await Task.WhenAll(stores.Select(s => s.DropOutput(keep, 1000)));
        Assert.True(dropped[0].Order().SequenceEqual(dropped[1].Order()), $"{context}: dropped differently.");
        await StoreComparison.AssertEqual(stores[0], stores[1], lives.Ids, context, stride: 7);
    }
}
