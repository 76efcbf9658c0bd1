using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Draws what workers offer and what some tasks ask for, in half of the seeds, from a generator of its own. Every worker
/// has room for every task, if nothing else is there.
/// </summary>
internal sealed class ResourceDraws(int seed)
{
    private static readonly string[] Shapes =
        ["gpu=1", "gpu=2", "cpu=500", "cpu=1500", "cpu=4000", "license=1", "cpu=250 gpu=1", "cpu=1000 license=2 memory=1073741824"];

    private readonly SimRandom chance = new(seed, "resources");
    private readonly bool isOn = new SimRandom(seed, "whether there are resources").Next(2) == 0;

    /// <summary>Returns what a worker offers.</summary>
    public ResourceVector OfferOf(int worker)
    {
        var own = new SimRandom(seed, $"resources of worker {worker}");
        return !isOn ? ResourceVector.None : ResourceVector.Of(
        [
            new(ResourceName.Cpu, own.Next(4, 9) * 1_000), new(ResourceName.Gpu, own.Next(2, 5)),
            new(ResourceName.Memory, own.Next(1, 4) * (1L << 30)), new("license", own.Next(2, 4)),
        ]);
    }

    /// <summary>Null for most tasks.</summary>
    public ResourceVector? Draw() => isOn && chance.Next(3) == 0 ? ResourceVector.Parse(Shapes[chance.Next(Shapes.Length)]) : null;
}
