using System.Globalization;
using System.Text;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>
/// Makes the tasks of the items of a node with <c>forEach</c>: each is as the node's own task was submitted, with the
/// item in its environment.
/// </summary>
internal sealed class ItemTemplate
{
    /// <summary>The most bytes that the specs of all tasks of one node may have in total: 64 MiB.</summary>
    public const long MostBytes = 64L << 20;

    // About what the names and values of the variables of one item need besides the item.
    private const int Around = 64;
    private readonly WorkflowItem none;
    private readonly TaskId workflow;
    private readonly string node;
    private readonly StoredSpec stored;
    private readonly TaskSpec spec;

    /// <param name="workflow">The workflow.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="stored">
    /// The spec of the node's own task. Throws <see cref="FormatException"/> if it cannot be read.
    /// </param>
    public ItemTemplate(TaskId workflow, string node, StoredSpec stored)
    {
        (this.workflow, this.node, this.stored) = (workflow, node, stored);
        spec = TaskSpecReader.ReadStored(stored.Spec.Span, stored.SecretEnv.Span);
        none = new WorkflowItem(stored.Id, 0);
    }

    /// <summary>About how many bytes the specs of all tasks have in total.</summary>
    public long SizeOf(ImmutableArray<string> list)
    {
        var each = (long)stored.Spec.Length + stored.SecretEnv.Length + Around;
        return list.Sum(item => each + Encoding.UTF8.GetByteCount(item));
    }

    /// <summary>Makes the task of an item.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="index">The item's index.</param>
    /// <param name="item">The item.</param>
    public TaskSubmission Make(TaskId id, int index, string item) => new(
        id, spec.Name, spec.Priority, 0, spec.ExpiresAt, spec.Retry, spec.Labels, spec.Requires, spec.Needs,
        NodeSpecText.Write(
            stored.Spec, workflow, node, spec,
            [
                (ForEach.ItemVariable, item),
                (ForEach.IndexVariable, index.ToString(CultureInfo.InvariantCulture)),
            ]),
        stored.SecretEnv, spec.Concurrency, null, node)
    {
        Item = none with { Index = index },
    };
}
