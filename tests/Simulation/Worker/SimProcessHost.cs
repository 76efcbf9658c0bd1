using OrleansTasks.Worker.Chunks;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// Runs a worker's commands in virtual time. Its trees live on while the agent stands still or is dead.
/// </summary>
internal sealed class SimProcessHost(
    SimCluster cluster, SimProcess agent, SimRandom chance, SimRandom chunkChance, IProcessWatch watch, int worker) : IProcessHost
{
    private readonly List<SimTree> living = [];
    private readonly SimChunks chunks = new(cluster, agent, chunkChance);

    /// <summary>How many trees live and chunks are evaluated.</summary>
    public int Living => living.Count + chunks.Count;

    /// <inheritdoc/>
    public bool IsEnding => false;

    /// <inheritdoc/>
    public IRunningProcess Start(StartRequest request)
    {
        var tree = new SimTree(cluster, agent, chance, request, Ended);
        living.Add(tree);
        watch.Began(worker, tree, Living);
        tree.Begin();
        return tree;
    }

    /// <summary>Evaluates a chunk, within the agent.</summary>
    public void Evaluate(InProcessRun run)
    {
        chunks.Begin(run);
        watch.ChunkBegan(worker, run.Lease.TaskId, Living);
    }

    /// <summary>The supervisor kills what a dead agent has left behind.</summary>
    public void KillAll(TimeSpan within)
    {
        foreach (var tree in living.ToArray())
            tree.Die(chance.Between(TimeSpan.Zero, within));
    }

    private void Ended(SimTree tree)
    {
        living.Remove(tree);
        watch.Ended(worker, tree);
    }
}
