using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The open tasks and chunk runs of a queue, in memory, found by id. Each occupies a numbered slot of this table (not a
/// slot of a node) until <see cref="Remove"/>. <see cref="OpenTasks"/> owns the table.
/// </summary>
/// <remarks>
/// Slots live in pages that are never moved or freed. A <c>ref</c> to a slot therefore survives <see cref="Add"/>, and
/// <see cref="ReadyQueue"/> and <see cref="TaskTimes"/> may read a slot by its number after its task has gone. They
/// also keep the task's <see cref="TaskSlot.Order"/>: if the slot has a different one, it was freed or reused.
/// </remarks>
internal sealed class TaskTable
{
    // 16 slots per page: there may be thousands of queues with few tasks each, and each takes at least one page.
    private const int PageBits = 4;
    private const int PageSize = 1 << PageBits;
    private readonly List<TaskSlot[]> pages = [];
    private readonly Stack<int> free = new();
    private readonly SlotIndex byId;

    private int used;

    public TaskTable() => byId = new SlotIndex(slot => this[slot].Id);

    public int Count => byId.Count;

    /// <summary>A slot that <see cref="Add"/> returned. After a removal, it is empty or holds another task.</summary>
    public ref TaskSlot this[int slot] => ref pages[slot >> PageBits][slot & (PageSize - 1)];

    /// <summary>All slots in use, in arbitrary order: no decision may depend on it.</summary>
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

    /// <summary>
    /// Adds a task, whose number must not be 0. The caller sets the other fields of the returned slot.
    /// </summary>
    /// <exception cref="ArgumentException">The task is in the table already. The table is unchanged.</exception>
    public int Add(TaskId id, long no)
    {
        if (byId.TryFind(id, out _))
            throw new ArgumentException($"Task {id} is already in the table.", nameof(id));
        if (!free.TryPop(out var slot))
        {
            slot = used++;
            if (slot >> PageBits == pages.Count)
                pages.Add(new TaskSlot[PageSize]);
        }

        // Before byId.Add: the index reads the ids from the slots.
        ref var task = ref this[slot];
        task.Id = id;
        task.No = no;
        byId.Add(id, slot);
        return slot;
    }

    /// <summary>
    /// Frees a slot in use. Freeing a slot twice is not detected, and two later tasks would then share it.
    /// </summary>
    public void Remove(int slot)
    {
        byId.Remove(this[slot].Id);
        this[slot] = default;
        free.Push(slot);
    }
}
