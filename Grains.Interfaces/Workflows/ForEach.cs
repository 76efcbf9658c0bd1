namespace OrleansTasks.Workflows;

/// <summary>What makes a node of a workflow one task for each item of a list.</summary>
/// <param name="Node">The index of the node whose task has the list: one of the node's <c>after</c>.</param>
/// <param name="From">Where the list is.</param>
/// <param name="Select">
/// The place of the array in a result, a JSON pointer (RFC 6901); empty for the result as a whole, and for lines.
/// </param>
public sealed record ForEach(int Node, ItemsFrom From, string Select)
{
    /// <summary>The most items of a node.</summary>
    public const int MostItems = ServiceLimits.Items;

    /// <summary>
    /// The most bytes of an item. With the variable's name and the zero at its end, Linux allows 128 KiB.
    /// </summary>
    public const int MostItemBytes = (128 << 10) - 11;

    /// <summary>The variable that has the item: a text as it is, else its JSON.</summary>
    public const string ItemVariable = "TASK_ITEM";

    /// <summary>The variable that has the item's index, from 0.</summary>
    public const string IndexVariable = "TASK_ITEM_INDEX";
}
