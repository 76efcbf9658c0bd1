using OrleansTasks.Simulation.Worker;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Sees every process: no task runs twice at a time, no attempt twice at all, no worker more than its slots.
/// </summary>
internal sealed class ProcessWatch(Func<int, int> slotsOf, Coverage coverage, Action<Exception> fail) : IProcessWatch
{
    /// <summary>How the ids of second runs begin.</summary>
    private const string SecondRuns = "c08";

    private readonly Dictionary<(string Task, int Attempt), string> started = [];
    private readonly Dictionary<string, (int Worker, SimTree Tree)> alive = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Began(int worker, SimTree tree, int living)
    {
        try
        {
            Violation.Unless(
                living <= slotsOf(worker),
                $"Worker {worker} runs {living} trees on {slotsOf(worker)} slots.");
            var isFirst = started.TryAdd((tree.Task, tree.Attempt), $"worker {worker} at {tree.Began:HH:mm:ss.fff}");
            Violation.Unless(
                isFirst,
                $"{tree.Task} begins its attempt {tree.Attempt} on worker {worker}, and began it on "
                + $"{started[(tree.Task, tree.Attempt)]}");
            if (alive.TryGetValue(tree.Task, out var other))
            {
                // An agent that stands still cannot kill; its late result is refused by its token.
                Violation.Unless(
                    other.Tree.WasFrozen,
                    $"{tree.Task} attempt {tree.Attempt} begins on worker {worker} while attempt "
                    + $"{other.Tree.Attempt} runs on worker {other.Worker}.");
                coverage.Fire("overlap of a frozen worker");
            }

            alive[tree.Task] = (worker, tree);
        }
        catch (Violation violation)
        {
            fail(violation);
        }
    }

    /// <inheritdoc/>
    public void ChunkBegan(int worker, string task, int living)
    {
        coverage.Fire(task.StartsWith(SecondRuns, StringComparison.Ordinal) ? "chunk run twice" : "chunk run");
        if (living > slotsOf(worker))
            fail(new Violation($"Worker {worker} has {living} trees and chunks on {slotsOf(worker)} slots."));
    }

    /// <inheritdoc/>
    public void Ended(int worker, SimTree tree)
    {
        if (alive.TryGetValue(tree.Task, out var known) && known.Tree == tree)
            alive.Remove(tree.Task);
    }

    /// <summary>A worker's agent stands still from now on.</summary>
    public void Froze(int worker)
    {
        foreach (var (_, (where, tree)) in alive)
            tree.WasFrozen |= where == worker;
    }
}
