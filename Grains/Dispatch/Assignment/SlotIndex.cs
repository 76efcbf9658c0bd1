using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Maps ids of tasks and chunk runs to slots of the <see cref="TaskTable"/> (places in an array, not room on a node).
/// An open-addressing hash table with linear probing. An entry takes eight bytes: 32 bits of the id's hash and the
/// slot. Ids with equal hashes are compared in the table, which must therefore keep an id in its slot from before
/// <see cref="Add"/> until after <see cref="Remove"/>. Not thread-safe.
/// </summary>
/// <remarks>
/// Removal shifts later entries back (D. Knuth, TAOCP vol. 3, 6.4, algorithm R), so no tombstones slow lookups. The
/// index grows before it is more than three quarters full, so every search ends at an empty entry. It never shrinks.
/// </remarks>
internal sealed class SlotIndex(Func<int, TaskId> idOf)
{
    // Lengths are powers of two, so that a mask replaces a division. The first is short: thousands of queues may have a
    // task each.
    private const int InitialLength = 16;
    private Entry[] entries = new Entry[InitialLength];

    public int Count { get; private set; }

    /// <summary>Finds the slot of an id. Returns false, with slot -1, if the index lacks it.</summary>
    public bool TryFind(TaskId id, out int slot)
    {
        var hash = Hash(id);
        var mask = (uint)entries.Length - 1;
        for (var at = hash & mask; entries[at].SlotPlusOne != 0; at = (at + 1) & mask)
        {
            slot = entries[at].SlotPlusOne - 1;
            if (entries[at].Hash == hash && idOf(slot) == id)
                return true;
        }

        slot = -1;
        return false;
    }

    /// <summary>
    /// Adds a new id, which must already be in its slot. The same id with the same slot is not detected and would
    /// create a second entry, so the table checks for it first.
    /// </summary>
    /// <exception cref="ArgumentException">The id has another slot: a bug in the caller.</exception>
    public void Add(TaskId id, int slot)
    {
        if (TryFind(id, out var known) && known != slot)
            throw new ArgumentException($"Task {id} is already in the table.", nameof(id));
        if (4L * (Count + 1) > 3L * entries.Length)
            Grow();
        Place(new Entry(Hash(id), slot + 1));
        Count++;
    }

    /// <summary>Removes an id, which must still be in its slot. Does nothing if the index lacks it.</summary>
    public void Remove(TaskId id)
    {
        var hash = Hash(id);
        var mask = (uint)entries.Length - 1;
        var hole = hash & mask;
        while (entries[hole].SlotPlusOne == 0 || entries[hole].Hash != hash || idOf(entries[hole].SlotPlusOne - 1) != id)
        {
            if (entries[hole].SlotPlusOne == 0)
                return;
            hole = (hole + 1) & mask;
        }

        Count--;
        for (var next = (hole + 1) & mask; entries[next].SlotPlusOne != 0; next = (next + 1) & mask)
        {
            // Fill the hole, unless the entry's home (the place its hash gives) lies after the hole: a lookup starts at
            // the home and would not reach the hole.
            var home = entries[next].Hash & mask;
            if (((next - home) & mask) < ((next - hole) & mask))
                continue;
            entries[hole] = entries[next];
            hole = next;
        }

        entries[hole] = default;
    }

    private void Grow()
    {
        var old = entries;
        entries = new Entry[2 * old.Length];
        foreach (var entry in old)
        {
            if (entry.SlotPlusOne != 0)
                Place(entry);
        }
    }

    private void Place(Entry entry)
    {
        var mask = (uint)entries.Length - 1;
        var at = entry.Hash & mask;
        while (entries[at].SlotPlusOne != 0)
            at = (at + 1) & mask;
        entries[at] = entry;
    }

    // The finalizer of MurmurHash3 (A. Appleby) over both halves, low 32 bits. The factor of the high half, 2^64
    // divided by the golden ratio, keeps similar halves from cancelling each other.
    private static uint Hash(TaskId id)
    {
        var mixed = id.Low ^ (id.High * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDUL;
        mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return (uint)(mixed ^ (mixed >> 33));
    }

    // An entry is empty if SlotPlusOne is 0, as in a new array.
    private readonly record struct Entry(uint Hash, int SlotPlusOne);
}
