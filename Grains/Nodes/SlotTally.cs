namespace OrleansTasks.Nodes;

/// <summary>A node's slots counted: <c>Free + Reserved = Slots</c>, where every account's change is told here.</summary>
internal sealed class SlotTally(int slots)
{
    public int Slots { get; private set; } = slots;

    /// <summary>How many slots are some partition's.</summary>
    public int Reserved { get; private set; }

    /// <summary>How many slots are nobody's; negative when more are reserved than there are.</summary>
    public int Free => Slots - Reserved;

    /// <summary>The most leases that there may ever have been.</summary>
    public int MostLeases { get; private set; } = slots;

    public void Resize(int newSlots)
    {
        Slots = newSlots;
        NoteMost();
    }

    /// <summary>An account has that many more, or fewer.</summary>
    public void Change(int by)
    {
        Reserved += by;
        NoteMost();
    }

    private void NoteMost() => MostLeases = Math.Max(MostLeases, Math.Max(Slots, Reserved));
}
