using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a workflow may add to its queue and to the store: items on demand, within the bounds of all.</summary>
public sealed class GrowthTests
{
    private readonly CoreRig rig = new(new DispatchOptions { MaxOpenItems = 4, MaxWorkflowTasks = 40 });

    [Fact]
    public void Items_BeyondTheWindow_AreMadeAsOthersEnd()
    {
        rig.Node("n", slots: 1);
        var (list, each) = Submit();
        Leave(list, 10);
        Assert.Equal(4, Items(each).Length);
        for (var ended = 0; ended < 10; ended++)
        {
            Assert.InRange(Items(each).Count(IsOpen), 1, 4);
            rig.Exit(Items(each)[ended]);
        }

        Assert.Equal((10, TaskState.Succeeded), (Items(each).Length, rig.State(each)));
    }

    [Fact]
    public void Items_OfAQueueWithADepth_StayWithinIt_AndGetOn()
    {
        rig.Node("n", slots: 1);
        var (list, each) = Submit();
        rig.Configure(QueueSettings.DefaultOf("default") with { MaxDepth = 5 });
        Leave(list, 10);
        for (var ended = 0; ended < 10; ended++)
        {
            Assert.InRange(rig.Core.Status.Queued + rig.Core.Status.Scheduled, 0, 5);
            rig.Exit(Items(each)[ended]);
        }

        Assert.Equal(TaskState.Succeeded, rig.State(each));
    }

    [Fact]
    public void Items_OfAFullQueue_RunOneByOne()
    {
        rig.Node("n", slots: 1);
        var (list, each) = Submit();
        rig.Configure(QueueSettings.DefaultOf("default") with { MaxDepth = 1 });
        Leave(list, 3);
        for (var ended = 0; ended < 3; ended++)
        {
            Assert.Equal(ended + 1, Items(each).Length);
            rig.Exit(Items(each)[ended]);
        }

        Assert.Equal(TaskState.Succeeded, rig.State(each));
    }

    [Fact]
    public void Items_MoreThanAWorkflowMayHave_FailTheNodeWithWhy()
    {
        rig.Node("n");
        var (list, each) = Submit();
        Leave(list, 39);
        Assert.Equal((TaskState.Failed, EndReason.BadResult), (rig.State(each), rig[each].Row.Reason));
        Assert.Equal(
            "With these 39 items, the workflow would have 42 tasks; at most 40 are allowed.",
            rig.Store.Workflows.Items[rig[each].Row.No].Fault);
        Assert.Empty(Items(each));
    }

    [Fact]
    public void Cancel_OfANodeWithItemsThatAreNotMade_WritesNoRowsForThem()
    {
        rig.Node("n", slots: 1);
        var (list, each) = Submit();
        Leave(list, 10);
        rig.Cancel(each);
        rig.Exit(Items(each)[0]);
        Assert.Equal((4, TaskState.Cancelled), (Items(each).Length, rig.State(each)));
    }

    [Fact]
    public void LowSpace_MakesNoItems_UntilThereIsRoom()
    {
        rig.Node("n", slots: 1);
        var (list, each) = Submit();
        rig.Core.Space = StoreHealth.LowSpace;
        Leave(list, 3);
        Assert.Empty(Items(each));
        Assert.Equal(TaskState.Scheduled, rig.State(each));
        rig.Core.Space = StoreHealth.Healthy;
        rig.Round();
        Assert.Equal(3, Items(each).Length);
    }

    [Fact]
    public void NoSpace_StartsNothing_AndStillEndsAndCancels()
    {
        rig.Node("n", slots: 1);
        var (running, waiting, other) = (rig.Submit(), rig.Submit(), rig.Submit());
        rig.Core.Space = StoreHealth.NoSpace;
        rig.Exit(running);
        Assert.Equal(ControlOutcome.Changed, rig.Cancel(other));
        Assert.Equal(
            (TaskState.Succeeded, TaskState.Queued, TaskState.Cancelled),
            (rig.State(running), rig.State(waiting), rig.State(other)));
        rig.Core.Space = StoreHealth.LowSpace;
        rig.Round();
        Assert.Equal(TaskState.Assigned, rig.State(waiting));
    }

    private (TaskId List, TaskId Each) Submit()
    {
        var (_, list, each, _) = ForEachTests.Submit(rig, FailureRule.Continue, mayFail: false);
        return (list, each);
    }

    private TaskId[] Items(TaskId each) => ForEachTests.Items(rig, each);

    private bool IsOpen(TaskId id) => !rig.State(id).IsFinal();

    private void Leave(TaskId list, int items)
    {
        rig.Lists[list] = [.. Enumerable.Range(0, items).Select(static item => $"i{item}")];
        rig.Exit(list);
    }
}
