using System.Buffers;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A validated WorkflowSpec with the contract's defaults for omitted fields.</summary>
public sealed record WorkflowSpec
{
    /// <summary>Maximum number of nodes.</summary>
    public const int MostNodes = ServiceLimits.WorkflowNodes;

    /// <summary>Maximum number of items in the <c>after</c> of all nodes together.</summary>
    public const int MostEdges = ServiceLimits.WorkflowEdges;

    /// <summary>The human-readable name; by default the first node's name.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The queue of all nodes.</summary>
    public string Queue { get; internal set; } = QueueSettings.DefaultQueue;

    /// <summary>The workflow's own labels; sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; internal set; } = [];

    /// <summary>What the workflow does when a node fails.</summary>
    public FailureRule OnFailure { get; internal set; }

    /// <summary>The nodes, in the order given.</summary>
    public ImmutableArray<WorkflowNode> Nodes { get; internal set; } = [];

    /// <summary>Which nodes wait for which, by their indexes in <see cref="Nodes"/>.</summary>
    public WorkflowGraph Graph { get; internal set; } = new([]);

    /// <summary>The offset of the spec's first byte in the document from which it was read.</summary>
    public int Start { get; internal set; }

    /// <summary>The offset of the byte after the spec in that document.</summary>
    public int End { get; internal set; }

    /// <summary>Copies a part of the document without the <c>secretEnv</c> of nodes.</summary>
    /// <param name="document">The document from which the spec was read.</param>
    /// <param name="start">The offset of the part's first byte; at most <see cref="Start"/>.</param>
    /// <param name="end">The offset of the byte after the part; at least <see cref="End"/>.</param>
    public byte[] CopyWithoutSecrets(ReadOnlySpan<byte> document, int start, int end)
    {
        var copy = new ArrayBufferWriter<byte>(end - start);
        foreach (var node in Nodes)
        {
            var (from, to) = node.Extent.SecretRange(document);
            if (to == 0)
                continue;
            copy.Write(document[start..from]);
            start = to;
        }

        copy.Write(document[start..end]);
        return copy.WrittenSpan.ToArray();
    }
}
