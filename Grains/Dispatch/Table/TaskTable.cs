using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The open tasks and chunk runs of a queue, in memory, found by id. A chunk run is one execution of a data job's
/// chunk, and counts as a task here. Each task is in a numbered slot of this table (which is not a slot of a node), and
/// keeps its slot until <see cref="Remove"/>; then the slot is cleared and may be reused. <see cref="OpenTasks"/> owns
/// the table and sets the fields of the slots.
/// </summary>
/// <remarks>
/// Slots live in pages that are never moved or freed. So a <c>ref</c> to a slot stays valid after <see cref="Add"/>,
/// and <see cref="ReadyQueue"/> and <see cref="TaskTimes"/> may read a slot by a number they kept after its task has
/// gone. They also keep the task's <see cref="TaskSlot.Order"/>: if the slot has another, it was freed or reused.
/// </remarks>
internal sealed class TaskTable
{
    // 64 slots a page: there may be thousands of queues, most have few tasks, and each has a table with at least a page.
    private const int PageBits = 6;
    private const int PageSize = 1 << PageBits;
    private readonly List<TaskSlot[]> pages = [];
    private readonly Stack<int> free = new();
    private readonly SlotIndex byId;

    /// <summary>How many slots were ever used, those now free included: the number of the next new slot.</summary>
    private int used;

    public TaskTable() => byId = new SlotIndex(slot => this[slot].Id);

    /// <summary>How many tasks and chunk runs are in the table.</summary>
    public int Count => byId.Count;

    /// <summary>The slot of a number that <see cref="Add"/> gave. After a removal: empty, or another task's.</summary>
    public ref TaskSlot this[int slot] => ref pages[slot >> PageBits][slot & (PageSize - 1)];

    /// <summary>The numbers of all slots in use, in arbitrary order: no decision may depend on it.</summary>
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

    /// <summary>Finds the slot of a task; false when the task is not in the table.</summary>
    public bool TryFind(TaskId id, out int slot) => byId.TryFind(id, out slot);

    /// <summary>Adds a task and returns its slot, whose other fields are default: the caller sets them.</summary>
    /// <param name="id">The task's id.</param>
    /// <param name="no">The task's number in the queue, at least 1, since 0 marks a free slot.</param>
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

        // Before byId.Add: the index keeps no ids and reads them from the slots.
        ref var task = ref this[slot];
        task.Id = id;
        task.No = no;
        byId.Add(id, slot);
        return slot;
    }

    /// <summary>
    /// Removes the task of a slot in use. The caller must not remove it twice: that is not noticed, and two later tasks
    /// would share the slot.
    /// </summary>
    public void Remove(int slot)
    {
        byId.Remove(this[slot].Id);
        this[slot] = default;
        free.Push(slot);
    }
}
