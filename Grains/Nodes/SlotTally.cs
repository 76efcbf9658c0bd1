namespace OrleansTasks.Nodes;

/// <summary>
/// Counts the slots of a node session: <c>Free + Reserved = Slots</c>. Each <see cref="SlotAccount"/> reports its
/// changes here, so the sum needs no search.
/// </summary>
internal sealed class SlotTally(int slots)
{
    /// <summary>Number of slots, including those for tasks that are sent ahead.</summary>
    public int Slots { get; private set; } = slots;

    public int Reserved { get; private set; }

    /// <summary>Free slots; negative if the worker brought too many attempts, or after <see cref="Resize"/>.</summary>
    public int Free => Slots - Reserved;

    /// <summary>An upper bound on the leases at any one time; read by the simulator's checks.</summary>
    public int MostLeases { get; private set; } = slots;

    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    public void Change(int by)
    {
        Reserved += by;
        NoteMost();
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
