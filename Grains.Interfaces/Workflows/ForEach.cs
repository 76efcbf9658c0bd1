namespace OrleansTasks.Workflows;

/// <summary>The <c>forEach</c> of a workflow's node, which runs one task for each item of a list.</summary>
/// <param name="Node">
/// The index of the node whose task provides the list; it must be in the node's <c>after</c>.
/// </param>
/// <param name="From">Where in that task's output the list is.</param>
/// <param name="Select">
/// The JSON pointer (RFC 6901) to the array in the result, or the pattern of the artifacts' paths. Empty if the result
/// itself is the array, if the items are lines, or for all artifacts.
/// </param>
public sealed record ForEach(int Node, ItemsFrom From, string Select)
{
    /// <summary>Maximum number of items of a node.</summary>
    public const int MostItems = ServiceLimits.Items;

    /// <summary>
    /// Maximum bytes of an item: Linux's 128 KiB, minus 11 for <c>TASK_ITEM=</c> and the terminating zero.
    /// </summary>
    public const int MostItemBytes = (128 << 10) - 11;

    /// <summary>The variable with the item: a string as it is, any other value as JSON.</summary>
    public const string ItemVariable = "TASK_ITEM";

    /// <summary>The variable with the item's index, from 0.</summary>
    public const string IndexVariable = "TASK_ITEM_INDEX";
}
