using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Simulation.Worker;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Looks at what attempts have of their machines: no GPU belongs to two living trees, and no node gives queues more than
/// it offers, or more than its worker brought into the session.
/// </summary>
internal sealed class ResourceReferee(Func<int, ResourceVector> offerOf, Coverage coverage)
{
    private readonly Dictionary<int, List<SimTree>> alive = [];

    /// <summary>A tree lives from now on.</summary>
    public void Began(int worker, SimTree tree)
    {
        if (tree.Cpus == 0 && tree.Gpus.Length == 0)
            return;
        if (!alive.TryGetValue(worker, out var living))
            alive.Add(worker, living = []);
        foreach (var other in living)
        {
            Violation.Unless(
                !other.Gpus.Intersect(tree.Gpus).Any(),
                $"{tree.Task} begins on worker {worker} with the GPUs {string.Join(',', tree.Gpus)}, and {other.Task} has {string.Join(',', other.Gpus)}.");
        }

        living.Add(tree);
        var offers = offerOf(worker);
        Violation.Unless(
            tree.Gpus.All(index => index >= 0 && index < offers[ResourceName.Gpu]),
            $"{tree.Task} has the GPUs {string.Join(',', tree.Gpus)} of worker {worker}, which has {offers[ResourceName.Gpu]}.");
        coverage.Fire("task with resources");
        if (living.Sum(static one => one.Gpus.Length) == offers[ResourceName.Gpu])
            coverage.Fire("all GPUs of a worker in use");
    }

    /// <summary>A tree is dead.</summary>
    public void Ended(int worker, SimTree tree)
    {
        if (alive.TryGetValue(worker, out var living))
            living.Remove(tree);
    }

    /// <summary>Looks at what a node has given to queues.</summary>
    public void Look(SlotLedger ledger)
    {
        foreach (var (name, offered, reserved) in ledger.Resources)
        {
            Violation.Unless(
                reserved >= 0 && reserved <= ledger.MostOf(name),
                $"A node has given queues {reserved} of {offered} {name}; its worker brought at most {ledger.MostOf(name)}.");
        }
    }
}
