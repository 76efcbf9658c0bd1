namespace OrleansTasks.Tasks;

/// <summary>
/// The open tasks of a partition: slots in pages, found by id. A slot's number stays valid until it is removed.
/// </summary>
internal sealed class TaskTable
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private readonly List<TaskSlot[]> pages = [];
    private readonly Stack<int> free = new();
    private readonly SlotIndex byId;
    private int used;

    public TaskTable() => byId = new SlotIndex(slot => this[slot].Id);

    public int Count => byId.Count;

    public ref TaskSlot this[int slot] => ref pages[slot >> PageBits][slot & (PageSize - 1)];

    /// <summary>The slot of every open task, in no order that may decide anything.</summary>
    public IEnumerable<int> Slots
    {
        get
        {
            for (var slot = 0; slot < used; slot++)
            {
                if (this[slot].No != 0)
                    yield return slot;
            }
        }
    }

    public bool TryFind(TaskId id, out int slot) => byId.TryFind(id, out slot);

    /// <summary>Adds a task that is not in the table and returns the task's slot.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="no">The task's number in the partition, from 1.</param>
    /// <exception cref="ArgumentException">The task is in the table already. The table is unchanged.</exception>
    public int Add(TaskId id, long no)
    {
        if (byId.TryFind(id, out _))
            throw new ArgumentException($"Task {id} is in the table already.", nameof(id));
        if (!free.TryPop(out var slot))
        {
            slot = used++;
            if (slot >> PageBits == pages.Count)
                pages.Add(new TaskSlot[PageSize]);
        }

        ref var task = ref this[slot];
        task.Id = id;
        task.No = no;
        byId.Add(id, slot);
        return slot;
    }

    public void Remove(int slot)
    {
        byId.Remove(this[slot].Id);
        this[slot] = default;
        free.Push(slot);
    }
}
