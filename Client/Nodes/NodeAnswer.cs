using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Nodes;

/// <summary>A node, as the HTTP contract shows it.</summary>
[Schema("Node"), Description("A worker and its machine.")]
internal sealed class NodeAnswer
{
    private readonly NodeView node;

    private NodeAnswer(NodeView node) => this.node = node;

    [Description("The worker's name.")]
    public string Id => node.Id;

    [Description("Whether it takes work. busy: all slots are taken. lost: it does not report. gone: its worker has left.")]
    public NodeState State => node.State;

    [Description("The commands that it runs at once.")]
    public int Slots => node.Slots;

    [Description("Tasks and chunks that it runs, or that are on their way to it.")]
    public int Running => node.Running;

    [Description("The labels that tasks may require.")]
    public LabelMap Labels => node.Labels;

    [Description("The version of the worker's program.")]
    public string Version => node.Version;

    [Description("The network address of the worker.")]
    public string Address => node.Address;

    [Description("When the worker last reported, or registered.")]
    public Timestamp LastReportAt => node.LastReportAt;

    [Description("The machine's load average over one minute.")]
    public double Load => double.IsFinite(node.Load) ? node.Load : 0;

    [Description("Memory available on the machine; 0 if the node is lost or gone.")]
    public long MemoryBytes => node.MemoryBytes;

    [Description("When the worker's process started, by its own clock; null if the node is lost or gone, or its worker does not say.")]
    public Timestamp? StartedAt => node.StartedAt == 0 ? null : node.StartedAt;

    [Description("Memory of the machine; null like startedAt.")]
    public long? MemoryTotalBytes => Known(node.MemoryTotalBytes);

    [Description("Free space where the worker keeps its data; null like startedAt.")]
    public long? DiskFreeBytes => Known(node.DiskFreeBytes);

    [Description("How often the node was lost, as far as the stored changes of nodes reach; null if they cannot be read.")]
    [Range(0, double.PositiveInfinity)]
    public long? Losses => node.Losses;

    [Description("What it offers besides slots, by name: cpu in cores, memory in bytes, others in units. Empty if the node is lost or gone.")]
    public SortedDictionary<string, NodeResourceAnswer> Resources => new(
        (node.Resources ?? []).ToDictionary(static one => one.Name, NodeResourceAnswer.Of), StringComparer.Ordinal);

    [Description("The GPUs that it gives out, and which tasks have them. Empty if the node is lost or gone.")]
    public ImmutableArray<NodeGpuAnswer> Gpus =>
        [.. (node.Gpus ?? []).Select(static gpu => new NodeGpuAnswer(gpu.Index, gpu.Task?.ToString()))];

    [Description("The limits of tasks that it can enforce.")]
    public Limits Enforces => node.Enforces;

    [Description("How it can isolate commands, as its worker proved after its start: sandbox, container, both or neither.")]
    public IReadOnlyList<IsolationKind> Isolates =>
        [.. ((IsolationKind[])[IsolationKind.Sandbox, IsolationKind.Container]).Where(kind => node.Enforces.HasFlag(kind.Needs()))];

    [Description("Whether it can give tasks cores to themselves: resources.pin.")]
    public bool Pins => node.Enforces.HasFlag(Limits.Pins);

    /// <summary>The example of the contract.</summary>
    public static NodeAnswer Example => Of(ExampleView);

    /// <summary>The node of the examples.</summary>
    public static NodeView ExampleView => new(
        "w1", NodeState.Ready, 4, 0, [new Label("gpu", "yes")], "0.1.0", "10.0.0.7", Examples.Time, 0.25, 4L << 30,
        Limits.CpuTime | Limits.OpenFiles, Examples.Time - 5_400_000, 8L << 30, 50L << 30, 0)
    {
        Resources = [new ResourceUse("cpu", 4_000, 1_500), new ResourceUse("gpu", 1, 1), new ResourceUse("memory", 7L << 30, 1L << 30)],
        Gpus = [new GpuUse(0, Examples.Id)],
    };

    /// <summary>Returns the answer of a node.</summary>
    public static NodeAnswer Of(NodeView node) => new(node);

    private static long? Known(long figure) => figure == 0 ? null : figure;
}
