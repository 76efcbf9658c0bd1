using OrleansTasks.Simulation.Engine;
using OrleansTasks.Simulation.Store;

namespace OrleansTasks.Simulation.Tests;

/// <summary>A transaction of the simulated store takes several writes, and a crash loses all of them or none.</summary>
public sealed class SimWriterTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);
    private readonly VirtualTimeProvider clock = new();
    private readonly List<string> told = [];

    [Fact]
    public void Writes_ThatWaitTogether_EndInOneTransaction()
    {
        var writer = NewWriter(1);
        foreach (var name in (string[])["a", "b", "c"])
            writer.Add(end => told.Add(name + end));
        clock.AdvanceToNext();
        Assert.Equal("aHeard", string.Join(" ", told));
        clock.AdvanceToNext();
        Assert.Equal("aHeard bHeard cHeard", string.Join(" ", told));
        Assert.Equal(1, writer.Merged);
    }

    [Fact]
    public void Crash_WhileATransactionIsUnsynced_LosesItAndWhatWaits()
    {
        var writer = NewWriter(1);
        writer.Add(end => told.Add("a" + end), Long);
        writer.Add(end => told.Add("b" + end));
        writer.Crash();
        writer.Add(end => told.Add("c" + end));
        while (clock.AdvanceToNext())
        {
        }

        Assert.Equal("bLost cHeard aLost", string.Join(" ", told));
    }

    [Fact]
    public void Crash_AtTheEndOfATransaction_LosesAllOfItOrSyncsAllOfIt()
    {
        var outcomes = new HashSet<string>();
        for (var seed = 1; seed <= 20; seed++)
        {
            told.Clear();
            var writer = NewWriter(seed);
            writer.Add(static _ => { });
            writer.Add(end => told.Add(end.ToString()));
            writer.Add(end => told.Add(end.ToString()), crash: writer.Crash);
            while (clock.AdvanceToNext())
            {
            }

            Assert.Equal(2, told.Count);
            Assert.Equal(told[0], told[1]);
            outcomes.Add(told[0]);
        }

        Assert.Equal("Lost Unheard", string.Join(" ", outcomes.Order()));
    }

    private SimWriter NewWriter(int seed) => new(clock, new SimRandom(seed, "writer"), static _ => { });
}
