using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The items of a workflow's node with <c>forEach</c>, as the store has them.</summary>
/// <param name="Items">The items.</param>
/// <param name="Tasks">Their tasks, in order.</param>
internal sealed record LoadedItems(StoredItems Items, ImmutableArray<WorkflowNodeRow> Tasks)
{
    /// <summary>The same, with nothing dealt with in the workflow's present run.</summary>
    public LoadedItems Reset() =>
        this with { Items = Items with { Row = Items.Row with { Next = 0, StoppedAt = 0 } } };

    /// <summary>Reads those of all nodes of a workflow.</summary>
    public static async Task<ImmutableArray<LoadedItems>> Of(IWorkflowStore store, TaskId workflow)
    {
        var found = ImmutableArray.CreateBuilder<LoadedItems>();
        foreach (var items in await store.Items(workflow))
        {
            found.Add(new LoadedItems(
                items, items.Row.Made == 0 ? [] : await store.ItemTasks(workflow, items.Node)));
        }

        return found.DrainToImmutable();
    }
}
