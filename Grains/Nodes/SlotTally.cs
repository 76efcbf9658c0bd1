namespace OrleansTasks.Nodes;

/// <summary>
/// Counts the slots of one node: <c>Free + Reserved = Slots</c>. Every account reports each change of its reservation
/// here.
/// </summary>
internal sealed class SlotTally(int slots)
{
    /// <summary>The number of slots that the node has.</summary>
    public int Slots { get; private set; } = slots;

    /// <summary>The number of slots that are reserved for partitions.</summary>
    public int Reserved { get; private set; }

    /// <summary>
    /// The number of slots that are not reserved; negative when more slots are reserved than the node has.
    /// </summary>
    public int Free => Slots - Reserved;

    /// <summary>An upper bound of the number of leases that have existed at one time.</summary>
    public int MostLeases { get; private set; } = slots;

    /// <summary>Changes the number of slots.</summary>
    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    /// <summary>Adds <paramref name="by"/> to the number of reserved slots; negative to subtract.</summary>
    public void Change(int by)
    {
        Reserved += by;
        NoteMost();
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
