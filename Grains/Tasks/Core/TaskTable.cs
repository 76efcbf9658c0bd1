namespace OrleansTasks.Tasks;

/// <summary>
/// The open tasks and chunk runs of a partition, each in a numbered slot of this table (not a node's slot), found by id. A slot keeps its
/// number while its task is in the table; then it is cleared and may be given to another task.
/// </summary>
/// <remarks>
/// Pages neither move nor go: a reference to a slot survives <see cref="Add"/>, and the ready queues and the times may read a slot by
/// a number of before. They compare <see cref="TaskSlot.Order"/> to see whether it still holds their task.
/// </remarks>
internal sealed class TaskTable
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private readonly List<TaskSlot[]> pages = [];
    private readonly Stack<int> free = new();
    private readonly SlotIndex byId;

    /// <summary>How many slots were ever given out, free ones included.</summary>
    private int taken;

    public TaskTable() => byId = new SlotIndex(slot => this[slot].Id);

    /// <summary>How many tasks and chunk runs are in the table.</summary>
    public int Count => byId.Count;

    /// <summary>The slot with a number that <see cref="Add"/> returned; cleared when its task was removed.</summary>
    public ref TaskSlot this[int slot] => ref pages[slot >> PageBits][slot & (PageSize - 1)];

    /// <summary>The numbers of all slots in use. Their order is arbitrary: nothing may be decided by it.</summary>
    public IEnumerable<int> Slots
    {
        get
        {
            for (var slot = 0; slot < taken; slot++)
            {
                if (this[slot].No != 0)
                    yield return slot;
            }
        }
    }

    /// <summary>Finds the slot of a task; false when the task is not in the table.</summary>
    public bool TryFind(TaskId id, out int slot) => byId.TryFind(id, out slot);

    /// <summary>Adds a task that is not in the table and returns the task's slot.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="no">The task's number in the partition, at least 1, since 0 marks a free slot.</param>
    /// <exception cref="ArgumentException">The task is in the table already. The table is unchanged.</exception>
    public int Add(TaskId id, long no)
    {
        if (byId.TryFind(id, out _))
            throw new ArgumentException($"Task {id} is in the table already.", nameof(id));
        if (!free.TryPop(out var slot))
        {
            slot = taken++;
            if (slot >> PageBits == pages.Count)
                pages.Add(new TaskSlot[PageSize]);
        }

        ref var task = ref this[slot];
        task.Id = id;
        task.No = no;
        byId.Add(id, slot);
        return slot;
    }

    /// <summary>Removes the task of a slot in use. Twice would be a defect: the slot would be given to two tasks.</summary>
    public void Remove(int slot)
    {
        byId.Remove(this[slot].Id);
        this[slot] = default;
        free.Push(slot);
    }
}
