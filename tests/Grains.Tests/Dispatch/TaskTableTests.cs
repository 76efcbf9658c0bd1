using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The table of a queue's open tasks.</summary>
public sealed class TaskTableTests
{
    private readonly TaskTable table = new();

    [Fact]
    public void Add_AnIdThatIsInTheTable_ThrowsAndLeavesNoGhost()
    {
        var id = new TaskId(1, 2);
        var slot = table.Add(id, 1);
        Assert.Throws<ArgumentException>(() => table.Add(id, 2));
        Assert.Equal(slot, Assert.Single(table.Slots));
        Assert.Equal((1, 1L), (table.Count, table[slot].No));
    }

    [Fact]
    public void Add_AfterAnIdThatWasRefused_UsesTheFreeSlot()
    {
        var (id, other) = (new TaskId(1, 2), new TaskId(1, 3));
        table.Add(id, 1);
        var freed = table.Add(other, 2);
        table.Remove(freed);
        Assert.Throws<ArgumentException>(() => table.Add(id, 3));
        Assert.Equal(freed, table.Add(other, 4));
    }

    [Fact]
    public void Add_TheFirstTask_TakesLittleMemory()
    {
        // There may be thousands of queues, each with a table of its own.
        var before = GC.GetAllocatedBytesForCurrentThread();
        new TaskTable().Add(new TaskId(1, 2), 1);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 4 * 1024);
    }
}
