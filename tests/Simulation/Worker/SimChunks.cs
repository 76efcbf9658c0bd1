using OrleansTasks.Processing.Chunks;
using OrleansTasks.Simulation.Jobs;
using OrleansTasks.Worker.Chunks;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// Has an agent evaluate chunks, each after the virtual time that it takes. They stand still and die with the agent, being a part of it.
/// </summary>
internal sealed class SimChunks(SimCluster cluster, SimProcess agent, SimRandom chance)
{
    private static readonly TimeSpan StopTakes = TimeSpan.FromMilliseconds(5);
    private readonly HashSet<InProcessRun> running = [];

    /// <summary>How many are being evaluated.</summary>
    public int Count => running.Count;

    /// <summary>Begins to evaluate one.</summary>
    public void Begin(InProcessRun run)
    {
        running.Add(run);
        var began = agent.Clock.GetTimestamp();
        cluster.After(TimeOf(run), () => End(run, began));
        run.Stopped.Register(() => cluster.After(chance.Between(TimeSpan.Zero, StopTakes), () => End(run, began)));
    }

    private void End(InProcessRun run, long began)
    {
        if (running.Contains(run))
            agent.Post(() => Evaluate(run, began));
    }

    private void Evaluate(InProcessRun run, long began)
    {
        if (running.Remove(run))
            run.Evaluate(began);
    }

    /// <summary>Mostly by how many items there are; now and then one takes long for no reason.</summary>
    private TimeSpan TimeOf(InProcessRun run)
    {
        if (chance.Next(60) == 0)
            return chance.Between(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));
        // A large range has cheap items, whatever its chunks are cut to: were those of small chunks dear, chunks would never grow.
        var item = run.Chunk.Format == (int)ItemFormat.Range && run.Chunk.Items > JobDraws.LargestFixedSize ? 20 : 15_000;
        return TimeSpan.FromMicroseconds(200 + (run.Chunk.Items * chance.Next(item / 20, 2 * item)));
    }
}
