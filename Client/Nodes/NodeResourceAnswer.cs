using System.ComponentModel;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;

namespace OrleansTasks.Client.Nodes;

/// <summary>One resource of a node, as the HTTP contract shows it.</summary>
[Schema("NodeResource"), Description("One resource of a node.")]
internal sealed record NodeResourceAnswer(
    [property: Description("How much tasks may reserve.")] double Offered,
    [property: Description("How much is reserved: for tasks at the node, and for those that queues may send there.")] double Reserved)
{
    /// <summary>Returns the answer of a resource.</summary>
    public static NodeResourceAnswer Of(ResourceUse use) => new(Shown(use.Name, use.Offered), Shown(use.Name, use.Reserved));

    /// <summary>Returns an amount as it is shown: cores, bytes or units.</summary>
    public static double Shown(string name, long amount) => name == ResourceName.Cpu ? amount / 1_000.0 : amount;
}

/// <summary>A GPU of a node, as the HTTP contract shows it.</summary>
[Schema("NodeGpu"), Description("A GPU of a node.")]
internal sealed record NodeGpuAnswer(
    [property: Description("Its number on the machine, as in TASK_GPUS.")] int Index,
    [property: Description("The task that has it; null if none has.")] string? Task);
