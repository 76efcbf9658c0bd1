using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Assignment;

/// <summary>
/// Maps the id of a task or of a run of a chunk to the number of its slot in the <see cref="TaskTable"/>, which owns
/// the index. (A slot of the table is a place in an array, not room on a node.) A hash table with open addressing and
/// linear probing, eight bytes an entry. An entry has 32 bits of the id's hash and the slot's number, not the id: where
/// the hashes are equal, the id is read from the table and compared. The table must therefore keep the id in its slot
/// from before <see cref="Add"/> until after <see cref="Remove"/>. Not safe for use from several threads.
/// </summary>
/// <remarks>
/// Removal shifts later entries back (D. Knuth, TAOCP vol. 3, 6.4, algorithm R), so that there are no tombstones to
/// slow later lookups. <see cref="Add"/> doubles the index before it would be more than three quarters full, so every
/// search ends at an empty entry. The index never shrinks.
/// </remarks>
/// <param name="idOf">Returns the id that the table has in a slot.</param>
internal sealed class SlotIndex(Func<int, TaskId> idOf)
{
    /// <summary>
    /// The first length of <see cref="entries"/>. Every length is a power of two, so that a mask replaces a division.
    /// </summary>
    private const int InitialLength = 1024;
    private Entry[] entries = new Entry[InitialLength];

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
    /// The id is in the index with another slot: a defect of the caller. The same id with the same slot is not detected
    /// and would make a second entry; the table checks for that before it calls.
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
            // Move the entry into the hole, unless its home (the place that its hash gives) comes after the hole on the
            // way to the entry: a lookup starts at the home, and would not reach the hole.
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

    /// <summary>
    /// Mixes both halves of the id with the finalizer of MurmurHash3 (A. Appleby), and returns the low 32 bits. The
    /// factor of the high half, 2^64 divided by the golden ratio, keeps similar halves from cancelling each other.
    /// </summary>
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
