namespace OrleansTasks.Tasks;

/// <summary>The open tasks of a partition: slots in pages, found by id. A slot's number stays valid until it is removed.</summary>
internal sealed class TaskTable
{
    private const int PageBits = 12;
    private const int PageSize = 1 << PageBits;
    private readonly List<TaskSlot[]> pages = [];
    private readonly Dictionary<TaskId, int> byId = new(ById.Instance);
    private readonly Stack<int> free = new();
    private int used;

    public int Count => byId.Count;

    public ref TaskSlot this[int slot] => ref pages[slot >> PageBits][slot & (PageSize - 1)];

    public bool TryFind(TaskId id, out int slot) => byId.TryGetValue(id, out slot);

    /// <summary>Makes room for a task that is not in the table.</summary>
    public int Add(TaskId id)
    {
        if (!free.TryPop(out var slot))
        {
            slot = used++;
            if (slot >> PageBits == pages.Count)
                pages.Add(new TaskSlot[PageSize]);
        }

        byId.Add(id, slot);
        this[slot].Id = id;
        return slot;
    }

    public void Remove(int slot)
    {
        byId.Remove(this[slot].Id);
        this[slot] = default;
        free.Push(slot);
    }

    public void Reserve(int count) => byId.EnsureCapacity(count);

    /// <summary>Every open task's slot, in no order that may decide anything.</summary>
    public IEnumerable<int> Slots => byId.Values;

    private sealed class ById : IEqualityComparer<TaskId>
    {
        public static readonly ById Instance = new();

        public bool Equals(TaskId x, TaskId y) => x.Low == y.Low && x.High == y.High;

        public int GetHashCode(TaskId id) => (int)(id.Low ^ (id.High * 0x9E3779B97F4A7C15UL >> 32));
    }
}
