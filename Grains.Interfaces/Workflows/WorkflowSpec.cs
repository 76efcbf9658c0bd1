using System.Buffers;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// What a caller asks for: a validated WorkflowSpec with the contract's defaults in place of what was left out.
/// </summary>
public sealed record WorkflowSpec
{
    /// <summary>The most nodes.</summary>
    public const int MostNodes = ServiceLimits.WorkflowNodes;

    /// <summary>The most items of <c>after</c> of all nodes together.</summary>
    public const int MostEdges = ServiceLimits.WorkflowEdges;

    /// <summary>For people; by default the first node's name.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>The queue of all nodes.</summary>
    public string Queue { get; internal set; } = QueueSettings.DefaultQueue;

    /// <summary>The workflow's own labels; sorted by key.</summary>
    public ImmutableArray<Label> Labels { get; internal set; } = [];

    /// <summary>What it does when a node fails.</summary>
    public FailureRule OnFailure { get; internal set; }

    /// <summary>The nodes, in the order given.</summary>
    public ImmutableArray<WorkflowNode> Nodes { get; internal set; } = [];

    /// <summary>Which nodes wait for which, by their indexes in <see cref="Nodes"/>.</summary>
    public WorkflowGraph Graph { get; internal set; } = new([]);

    /// <summary>The first byte of the spec in the document that it was read from.</summary>
    public int Start { get; internal set; }

    /// <summary>The byte after the spec in that document.</summary>
    public int End { get; internal set; }

    /// <summary>A copy of a part of the document, without the <c>secretEnv</c> of nodes.</summary>
    /// <param name="document">What the spec was read from.</param>
    /// <param name="start">The part's first byte; not after the spec's.</param>
    /// <param name="end">The byte after the part; not before the spec's.</param>
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
