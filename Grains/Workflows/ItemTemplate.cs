using System.Globalization;
using System.Text;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>
/// Creates the tasks of the items of a node with <c>forEach</c>: each is like the node's own task as submitted, with
/// the item in its environment.
/// </summary>
internal sealed class ItemTemplate
{
    /// <summary>Limit on the total bytes of the specs of all tasks of one node: 64 MiB.</summary>
    public const long MostBytes = 64L << 20;

    // Approximate bytes that the variables of one item need in addition to the item itself.
    private const int Around = 64;
    private readonly WorkflowItem none;
    private readonly TaskId workflow;
    private readonly string node;
    private readonly StoredSpec stored;
    private readonly TaskSpec spec;
    private readonly TaskId? source;

    /// <summary>
    /// Reads the spec of the node's own task. Throws <see cref="FormatException"/> if it cannot be read.
    /// </summary>
    /// <param name="workflow">The workflow's id.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="stored">The spec.</param>
    /// <param name="source">The task whose artifacts the items are; null if they are none.</param>
    public ItemTemplate(TaskId workflow, string node, StoredSpec stored, TaskId? source = null)
    {
        (this.workflow, this.node, this.stored, this.source) = (workflow, node, stored, source);
        spec = TaskSpecReader.ReadStored(stored.Spec.Span, stored.SecretEnv.Span);
        none = new WorkflowItem(stored.Id, 0);
    }

    /// <summary>Returns the approximate total bytes of the specs of all tasks.</summary>
    public long SizeOf(ImmutableArray<string> list)
    {
        var each = (long)stored.Spec.Length + stored.SecretEnv.Length + Around;
        // An item that is a file is also the path and the pattern of an entry in files.
        var times = source is null ? 1 : 3;
        return list.Sum(item => each + times * Encoding.UTF8.GetByteCount(item));
    }

    /// <summary>Creates the task of the item with this index, by which its name differs from the others'.</summary>
    public TaskSubmission Make(TaskId id, int index, string item)
    {
        var name = NameOf(index);
        ImmutableArray<TaskFile>? files = source is { } task
            ? [.. spec.Files, new TaskFile { Path = item, Task = task, Artifacts = PathPattern.Escape(item) }]
            : null;
        return new TaskSubmission(
            id, name, spec.Priority, 0, spec.ExpiresAt, spec.Retry, spec.Labels, spec.Requires,
            spec.Needs | (files is null ? Limits.None : Limits.Files),
            NodeSpecText.Write(
                stored.Spec, workflow, node, spec, name,
                [
                    (ForEach.ItemVariable, item),
                    (ForEach.IndexVariable, index.ToString(CultureInfo.InvariantCulture)),
                ],
                files),
            stored.SecretEnv, spec.Concurrency, null, node)
        {
            Files = spec.KeptFiles,
            Item = none with { Index = index },
            Resources = spec.Asks,
            Lasts = spec.Lasts,
        };
    }

    // NAME[INDEX], with the name cut if the two are too long.
    private string NameOf(int index)
    {
        var end = $"[{index.ToString(CultureInfo.InvariantCulture)}]";
        var room = SpecRules.LongestName - end.Length;
        return (spec.Name.Length <= room ? spec.Name : string.Concat(spec.Name.EnumerateRunes().Take(room))) + end;
    }
}
