namespace OrleansTasks.Tasks;

/// <summary>
/// Finds a task's slot in the task table by its id: open addressing with linear probing, eight bytes an entry. The ids themselves are
/// read from the table, and only where 32 bits of their hash agree: a slot must hold its id from before <see cref="Add"/> until
/// after <see cref="Remove"/>. Removal shifts later entries back (D. Knuth, TAOCP vol. 3, 6.4, algorithm R), so there are no
/// tombstones and a lookup never slows down. The index doubles when three quarters full and never shrinks.
/// </summary>
/// <param name="idOf">Gives the id that the table has in a slot.</param>
internal sealed class SlotIndex(Func<int, TaskId> idOf)
{
    /// <summary>A power of two, as every length of <see cref="entries"/> is: a mask takes the place of a division.</summary>
    private const int LeastEntries = 1024;
    private Entry[] entries = new Entry[LeastEntries];

    /// <summary>How many ids are in the index.</summary>
    public int Count { get; private set; }

    /// <summary>Finds the slot of an id; false, with slot -1, when the id is not in the index.</summary>
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

    /// <summary>Adds an id that is not in the index; its slot already holds it.</summary>
    /// <exception cref="ArgumentException">
    /// The id is in the index with another slot: a defect of the caller. The same id and slot added twice go unnoticed.
    /// </exception>
    public void Add(TaskId id, int slot)
    {
        if (TryFind(id, out var known) && known != slot)
            throw new ArgumentException($"Task {id} is in the table already.", nameof(id));
        if (4L * (Count + 1) > 3L * entries.Length)
            Grow();
        Place(new Entry(Hash(id), slot + 1));
        Count++;
    }

    /// <summary>Removes an id, whose slot still holds it; does nothing when the id is not in the index.</summary>
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
            // An entry may fill the hole unless its own place lies cyclically behind the hole.
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

    /// <summary>The finalizer of MurmurHash3 (A. Appleby) over both halves.</summary>
    private static uint Hash(TaskId id)
    {
        var mixed = id.Low ^ (id.High * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDUL;
        mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return (uint)(mixed ^ (mixed >> 33));
    }

    /// <summary>An entry of the index; empty when <paramref name="SlotPlusOne"/> is 0.</summary>
    private readonly record struct Entry(uint Hash, int SlotPlusOne);
}
