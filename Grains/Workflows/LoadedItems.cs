using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>A <c>forEach</c> node's items and their tasks, in order, as the store has them.</summary>
internal sealed record LoadedItems(StoredItems Items, ImmutableArray<WorkflowNodeRow> Tasks)
{
    /// <summary>Returns the same items without any progress in the workflow's current run.</summary>
    public LoadedItems Reset() =>
        this with { Items = Items with { Row = Items.Row with { Next = 0, StoppedAt = 0 } } };

    /// <summary>Reads the items of all nodes of a workflow.</summary>
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
