
namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Decides which queued tasks with one concurrency key may start, so that those at nodes never exceed their limits.
/// Those that may start now are <em>admitted</em> to the ready queues, from which <see cref="Matching"/> takes them;
/// the others are <em>parked</em>: queued, but in no ready queue. The gate admits tasks in matching order (priority
/// from 9 down, then order), and none while a task that comes before it is parked. A step takes O(log n) for n waiting
/// tasks.
/// </summary>
/// <remarks>
/// Each task has its own limit. The first task decides: while its limit holds it back, the tasks behind it wait, even
/// those with a larger limit; otherwise a task with a small limit could wait forever. Admitted tasks may start in any
/// order, because they may need different nodes. The admitted tasks and those at nodes together therefore never exceed
/// the smallest limit among the admitted.
/// </remarks>
internal sealed class ConcurrencyGate(TaskTable tasks, string key)
{
    /// <summary>
    /// How many entries <see cref="parked"/> may have in addition to twice the number of parked tasks.
    /// </summary>
    private const int FewEntries = 64;

    /// <summary>How many tasks <see cref="CountParkedBefore"/> examines before it estimates.</summary>
    private const int MostLookedAt = 4096;

    /// <summary>The admitted tasks that have not started, in matching order.</summary>
    private readonly SortedSet<Place> admitted = [];

    /// <summary>How many admitted tasks have each limit.</summary>
    private readonly SortedDictionary<int, int> limits = [];

    /// <summary>
    /// The parked tasks, in matching order. Stale entries are dropped at the front, or when they outnumber the others.
    /// A task that was parked twice may have two entries, which become stale together.
    /// </summary>
    private readonly PriorityQueue<Place, Place> parked = new();

    public string Key { get; } = key;

    /// <summary>How many open tasks have the key. Only <see cref="ConcurrencyGates"/> changes it.</summary>
    public int Tasks { get; set; }

    /// <summary>How many tasks with the key are assigned or running.</summary>
    public int Running { get; private set; }

    public int ParkedCount { get; private set; }

    /// <summary>
    /// Admits or parks a task that has become queued. It may displace admitted tasks that come after it (one, if all
    /// limits are equal).
    /// </summary>
    public void Queued(ref TaskSlot task, int slot)
    {
        var place = PlaceOf(in task, slot);
        if (MayAdmit(in task) && !(TryFirstParked(out var first) && first.CompareTo(place) < 0))
        {
            Admit(ref task, place);
            return;
        }

        Park(ref task, place);
        while (admitted.Count > 0 && place.CompareTo(admitted.Max) < 0 && !MayAdmit(in task))
            ParkLast();
        AdmitFirst();
    }

    /// <summary>Removes a queued task that starts or ends. The caller changes its state afterwards.</summary>
    public void Left(ref TaskSlot task, int slot)
    {
        if (task.IsParked)
        {
            task.IsParked = false;
            ParkedCount--;
            if (parked.Count > (2 * ParkedCount) + FewEntries)
                DropStale();
            return;
        }

        Dismiss(in task, PlaceOf(in task, slot));
    }

    /// <summary>Counts a task that was assigned to a node, or that is found there after a restart.</summary>
    public void Started() => Running++;

    /// <summary>
    /// Stops counting a task that is no longer at a node. The caller then calls <see cref="AdmitFirst"/>.
    /// </summary>
    public void Ended() => Running--;

    /// <summary>Admits parked tasks while the first of them may start. Returns whether it admitted any.</summary>
    public bool AdmitFirst()
    {
        var hasAdmitted = false;
        while (TryFirstParked(out var first))
        {
            ref var task = ref tasks[first.Slot];
            if (!MayAdmit(in task))
                break;
            parked.Dequeue();
            task.IsParked = false;
            ParkedCount--;
            Admit(ref task, first);
            hasAdmitted = true;
        }

        return hasAdmitted;
    }

    /// <summary>
    /// Returns how many tasks with the key come before a parked task and have not started, admitted tasks included.
    /// An estimate, as <see cref="CountParkedBefore"/> is.
    /// </summary>
    public int CountBefore(in TaskSlot task)
    {
        var place = PlaceOf(in task, slot: 0);
        return CountParkedBefore(in task) + admitted.Take(MostLookedAt).Count(other => other.CompareTo(place) < 0);
    }

    /// <summary>
    /// Returns how many parked tasks come before a parked task. Examines some thousands and estimates the rest; a task
    /// with two entries counts twice.
    /// </summary>
    public int CountParkedBefore(in TaskSlot task)
    {
        // Any slot will do: places compare by priority and order.
        var place = PlaceOf(in task, slot: 0);
        var (looked, before) = (0L, 0L);
        foreach (var (other, _) in parked.UnorderedItems.Take(MostLookedAt))
        {
            looked++;
            if (IsParkedAt(other) && other.CompareTo(place) < 0)
                before++;
        }

        if (parked.Count > looked)
            before = before * parked.Count / looked;
        return (int)Math.Min(before, ParkedCount - 1);
    }

    // Tasks of one key may give different limits. The smallest limit among the admitted tasks and this task applies.
    private bool MayAdmit(in TaskSlot task) =>
        Running + admitted.Count < Math.Min(task.KeyLimit, limits.Count == 0 ? int.MaxValue : limits.First().Key);

    private void Admit(ref TaskSlot task, Place place)
    {
        admitted.Add(place);
        limits[task.KeyLimit] = limits.GetValueOrDefault(task.KeyLimit) + 1;
        ReadyIndex.Push(in task, place.Slot);
    }

    private void Dismiss(in TaskSlot task, Place place)
    {
        admitted.Remove(place);
        if (--limits[task.KeyLimit] == 0)
            limits.Remove(task.KeyLimit);
        ReadyIndex.Leave(in task);
    }

    private void Park(ref TaskSlot task, Place place)
    {
        task.IsParked = true;
        ParkedCount++;
        parked.Enqueue(place, place);
    }

    private void ParkLast()
    {
        var last = admitted.Max;
        ref var task = ref tasks[last.Slot];
        Dismiss(in task, last);
        Park(ref task, last);
    }

    private bool TryFirstParked(out Place first)
    {
        while (parked.TryPeek(out first, out _))
        {
            if (IsParkedAt(first))
                return true;
            parked.Dequeue();
        }

        return false;
    }

    /// <summary>Drops the entries of tasks that are no longer parked, and duplicates.</summary>
    private void DropStale()
    {
        var current = parked.UnorderedItems.Select(static item => item.Element).Where(IsParkedAt).Distinct().ToArray();
        parked.Clear();
        parked.EnqueueRange(current.Select(static place => (place, place)));
    }

    /// <summary>Returns whether an entry still represents a parked task. The slot may be free or reused.</summary>
    private bool IsParkedAt(Place place)
    {
        ref var task = ref tasks[place.Slot];
        return task.Order == place.Order && task.IsParked;
    }

    private static Place PlaceOf(in TaskSlot task, int slot) => new(task.Priority, task.Order, slot);

    private readonly record struct Place(byte Priority, long Order, int Slot) : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            Priority != other.Priority ? other.Priority.CompareTo(Priority) : Order.CompareTo(other.Order);
    }
}
